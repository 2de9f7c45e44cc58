"""The process that questions are answered in, one at a time, from the inside.

It ends when nobody asks any more: with the process that asks, or when it was not asked anything for a while; and when
so much is left in its memory that the next question would have too little.
"""

import faulthandler
import os
import pickle
import sys
import threading
from queue import Empty, SimpleQueue
from typing import Final

from backtrail import ceiling, piped
from backtrail.survey.journal import End, pack

__all__ = ["ANSWER", "BEGUN", "IDLED", "MISSING", "main"]

ANSWER: Final = 0
MISSING: Final = 1
BEGUN: Final = 2
"""The numbers of frames: an answer; why there can be none, since the function is not installed; the work begins now."""

IDLED: Final = 82
"""The code that it ends with by itself."""

_IDLE: Final = 60.0  # seconds
_GRACE: Final = 30.0  # seconds after its time that a question ends by itself, where nobody is there to end it


def main() -> None:
    """Be the process."""
    requests: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read, args=[requests], name="questions", daemon=True).start()
    with piped.answers() as answers, open(os.devnull, "wb") as nowhere:  # noqa: PTH123  both until the end
        while True:
            try:
                request = requests.get(timeout=_IDLE)
            except Empty:
                os._exit(IDLED)
            try:
                work, payload, seconds, memory = pickle.loads(request)  # noqa: S301  it is this program that asks
            except (ImportError, AttributeError) as error:
                piped.send(answers, MISSING, str(error).encode())
                continue
            piped.send(answers, BEGUN, b"")
            # The system's own thread ends what Python's threads do not get round to.
            faulthandler.dump_traceback_later(seconds + _GRACE, exit=True, file=nowhere)
            ceiling.refuse_beyond(memory)
            try:
                reply = End.ANSWERED, pack(work(payload)), ""
            except MemoryError:
                reply = End.OUT_OF_MEMORY, b"", ""
            except Exception as error:  # noqa: BLE001  whatever it is, it is said of this question alone
                reply = End.CRASHED, b"", f"{type(error).__name__}: {error}"
            faulthandler.cancel_dump_traceback_later()
            piped.send(answers, ANSWER, pickle.dumps(reply))
            if ceiling.used() > memory // 2:
                os._exit(IDLED)


def _read(requests: "SimpleQueue[bytes]") -> None:
    for _, request in piped.frames(sys.stdin.buffer):
        requests.put(request)
    os._exit(0)

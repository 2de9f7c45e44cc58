"""Kills the real program at some moment, and says what is wrong with the run after it."""

import signal
import time
from collections.abc import Iterable, Iterator, Sequence

from support.interrupts import Scene


def wrong_after_kills(scene: Scene, program: Sequence[str], moments: Iterable[float]) -> Iterator[list[str]]:
    """For each moment (seconds after the program began) what is wrong: with the answer after the kill, and the cache.

    The cache is that of all the runs before; the right answer is that of a run without one.
    """
    expected, _ = scene.run(program)
    cache = scene.folder / "cache"
    for path in cache.iterdir():
        path.unlink()
    for place, moment in enumerate(moments):
        with scene.started(program) as process:
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        found, _ = scene.run(program)
        loose = [path.name for path in cache.iterdir() if path.stat().st_mode & 0o077]
        yield [
            *([f"it ended with {found[0]} and said {found[1:]!r}"] if found != expected else ()),
            *(f"others may read {name}" for name in loose),
        ]
        if place % 3 == 2:  # begin with nothing now and then
            for path in cache.iterdir():
                path.unlink()

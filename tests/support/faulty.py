"""Ways in which servers misbehave, each made of the answer that a good one would give."""

import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from support.loopback import Answer, Fault

ANSWERED = ""
"""What is expected of a fault that a second look gets over, or that does no harm."""

BROKEN = (
    "reset|closed|disconnected|incomplete|end of file|without sending|peer|connection|body|decoding|message|protocol"
    "|parse|invalid|illegal|too long|too large|bad content|conflicting|read|operation"
)
"""What the clients say of a transfer that broke off, each in its own words."""

SLOW = "too slow|timed? ?out|timeout|operation"


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """A fault, and what is said of it where it befalls a page: a pattern, or `ANSWERED`.

    Of metadata, wheels and sdists the same is said as of what stands before them, unless it is given.
    """

    fault: Fault
    page: str
    metadata: str | None = None
    wheel: str | None = None
    sdist: str | None = None

    def says(self, kind: str) -> str:
        """What is expected for a kind of resource."""
        said = {"page": self.page, "metadata": self.metadata, "wheel": self.wheel, "sdist": self.sdist}
        names = list(said)
        given = [said[name] for name in names[: names.index(kind) + 1]]
        return next(one for one in reversed(given) if one is not None)


def raw(status: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it goes over the line."""
    return line(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def line(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """The same, with the names of headers as they are."""
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def good(answer: Answer, body: bytes | None = None, **headers: str) -> bytes:
    """The good answer, with another body or other headers; one that is empty is left out."""
    sent = answer.body if body is None else body
    named = {**answer.headers, "Content-Length": str(len(sent)), "Connection": "close"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    return line(answer.status, {name: value for name, value in named.items() if value}, sent)


def first(times: int, fault: Callable[[Answer], bytes]) -> Fault:
    """A fault that is over after some requests."""

    def answered(answer: Answer) -> Iterator[bytes]:
        yield good(answer) if answer.times >= times else fault(answer)

    return answered


def always(fault: Callable[[Answer], bytes]) -> Fault:
    """A fault that stays."""

    def answered(answer: Answer) -> Iterator[bytes]:
        yield fault(answer)

    return answered


def _reset(answer: Answer) -> Iterator[bytes]:
    yield good(answer)[:-5]
    raise ConnectionResetError


def _reset_once(answer: Answer) -> Iterator[bytes]:
    yield good(answer)[: None if answer.times else -5]
    if not answer.times:
        raise ConnectionResetError


def _stall(answer: Answer) -> Iterator[bytes]:
    yield good(answer)[:-5]
    answer.closing.wait(20)


def _silence(answer: Answer) -> Iterator[bytes]:
    answer.closing.wait(20)
    yield b""


def _drip(answer: Answer) -> Iterator[bytes]:
    sent = good(answer, Content_Length="100000")
    yield sent[: len(sent) - len(answer.body)]
    for _ in range(200):
        if answer.closing.wait(0.05):
            return
        yield b" "


def _dripping_head(answer: Answer) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 x\r\nX-A: "
    for _ in range(200):
        if answer.closing.wait(0.05):
            return
        yield b"x"


def _chunked(answer: Answer) -> bytes:
    head = good(answer, b"", Content_Length="", Transfer_Encoding="chunked")
    return head + b"%x\r\n" % len(answer.body) + answer.body + b"\r\n0\r\n\r\n"


def _wrong_part(answer: Answer) -> bytes:
    if answer.status != 206:
        return good(answer)
    return good(answer, Content_Range=f"bytes 1-{len(answer.body)}/{len(answer.body) + 9}")


def _short_part(answer: Answer) -> bytes:
    return good(answer, answer.body[:-7]) if answer.status == 206 else good(answer)


def _part_of_nothing(answer: Answer) -> bytes:
    return good(answer, Content_Range="") if answer.status == 206 else good(answer)


def _part_of_anything(answer: Answer) -> bytes:
    whole = answer.headers.get("Content-Range", "").rpartition("/")[0]
    return good(answer, Content_Range=f"{whole}/*") if answer.status == 206 else good(answer)


def _no_parts(answer: Answer) -> bytes:
    return raw(416, Content_Length="0", Connection="close") if "range" in answer.asked else good(answer)


def _status(status: int, **headers: str) -> Callable[[Answer], bytes]:
    return lambda _: raw(status, b"", Content_Length="0", Connection="close", **headers)


def moved(location: str) -> Callable[[Answer], bytes]:
    """A redirect."""
    return _status(302, Location=location)


def _gateway(_: Answer) -> bytes:
    return raw(200, b"<html>Sign in to the network</html>", Content_Type="text/html", Connection="close")


def _packed(answer: Answer) -> bytes:
    return good(answer, gzip.compress(answer.body), Content_Encoding="gzip")


def _packed_twice(answer: Answer) -> bytes:
    return good(answer, gzip.compress(gzip.compress(answer.body)), Content_Encoding="gzip, gzip")


def _cut_and_packed(answer: Answer) -> bytes:
    return good(answer, gzip.compress(answer.body)[:-9], Content_Encoding="gzip")


def _half(answer: Answer) -> bytes:
    return good(answer, answer.body[: len(answer.body) // 2])


def _no_chunks(answer: Answer) -> bytes:
    return _chunked(answer).replace(b"\r\n0\r\n", b"\r\nzz\r\n")


MISBEHAVIOURS: Mapping[str, Misbehaviour] = {
    "reset": Misbehaviour(_reset, BROKEN),
    "reset once": Misbehaviour(_reset_once, ANSWERED),
    "stall": Misbehaviour(_stall, SLOW),
    "silence": Misbehaviour(_silence, SLOW),
    "drip": Misbehaviour(_drip, SLOW),
    "dripping head": Misbehaviour(_dripping_head, SLOW),
    "nothing": Misbehaviour(always(lambda _: b""), BROKEN),
    "nothing once": Misbehaviour(first(1, lambda _: b""), ANSWERED),
    "no HTTP": Misbehaviour(always(lambda _: b"SSH-2.0-OpenSSH_9.6\r\n"), BROKEN),
    "no status": Misbehaviour(always(lambda _: b"HTTP/1.1 two\r\n\r\n"), BROKEN),
    "a head without end": Misbehaviour(always(lambda _: b"HTTP/1.1 200 x\r\nX: " + b"x" * 2_000_000), BROKEN),
    "headers without end": Misbehaviour(always(lambda _: b"HTTP/1.1 200 x\r\n" + b"X: x\r\n" * 300_000), BROKEN),
    "longer than it is": Misbehaviour(always(lambda a: good(a, Content_Length=str(len(a.body) + 9))), BROKEN),
    "longer than may be": Misbehaviour(always(lambda a: good(a, Content_Length="9" * 30)), f"bytes|{BROKEN}"),
    "no length": Misbehaviour(always(lambda a: good(a, Content_Length="")), ANSWERED),
    "two lengths": Misbehaviour(always(lambda a: good(a, Content_Length="5\r\nContent-Length: 6")), BROKEN),
    "chunks": Misbehaviour(always(_chunked), ANSWERED),
    "chunks cut short": Misbehaviour(always(lambda a: _chunked(a)[:-9]), BROKEN),
    "chunks that are none": Misbehaviour(always(_no_chunks), BROKEN),
    "HTTP/1.0": Misbehaviour(always(lambda a: good(a).replace(b"HTTP/1.1", b"HTTP/1.0", 1)), ANSWERED),
    "interim answers": Misbehaviour(always(lambda a: raw(103) * 20 + good(a)), ANSWERED),
    "401": Misbehaviour(always(_status(401)), "unauthorized|401"),
    "403": Misbehaviour(always(_status(403)), "forbidden|403"),
    "418": Misbehaviour(always(_status(418)), "418"),
    "429": Misbehaviour(always(_status(429, Retry_After="0")), "429"),
    "429 once": Misbehaviour(first(1, _status(429, Retry_After="0")), ANSWERED),
    "429 and a wrong pause": Misbehaviour(first(1, _status(429, Retry_After="Fri, 31 Dec 1999 23:59:59")), ANSWERED),
    "500": Misbehaviour(always(_status(500)), "500"),
    "500 twice": Misbehaviour(first(2, _status(500)), ANSWERED),
    "503 once": Misbehaviour(first(1, _status(503)), ANSWERED),
    "204": Misbehaviour(always(_status(204)), "204"),
    "304 to a first request": Misbehaviour(always(_status(304)), "304"),
    "206 of the whole": Misbehaviour(always(lambda a: good(a).replace(b" 200 ", b" 206 ", 1)), "206", wheel=ANSWERED),
    "another type": Misbehaviour(always(lambda a: good(a, Content_Type="image/png")), "type|image/png", ANSWERED),
    "no type": Misbehaviour(always(lambda a: good(a, Content_Type="")), "type|none", ANSWERED),
    "a page of a gateway": Misbehaviour(always(_gateway), "no files", "text/html"),
    "half of it": Misbehaviour(always(_half), "malformed|truncated", "hash"),
    "packed": Misbehaviour(always(_packed), ANSWERED, "Content-Encoding", sdist="hash"),
    "packed and cut short": Misbehaviour(always(_cut_and_packed), "cut short", "Content-Encoding", sdist="hash"),
    "packed, it says": Misbehaviour(
        always(lambda a: good(a, Content_Encoding="gzip")), "no gzip", "Content-Encoding", sdist=ANSWERED
    ),
    "packed twice": Misbehaviour(always(_packed_twice), "Content-Encoding", sdist="hash"),
    "packed otherwise": Misbehaviour(
        always(lambda a: good(a, Content_Encoding="br")), "Content-Encoding", sdist=ANSWERED
    ),
    "a mark that is no ASCII": Misbehaviour(always(lambda a: good(a, ETag="\xfcber")), ANSWERED),
    "a mark without end": Misbehaviour(always(lambda a: good(a, ETag="x" * 30_000)), ANSWERED),
    "a wrong clock": Misbehaviour(always(lambda a: good(a, Date="Fri, 31 Dec 9999 23:59:59", Age="9" * 20)), ANSWERED),
    "moved in a circle": Misbehaviour(always(moved("?")), "redirected"),
    "moved to a file": Misbehaviour(always(moved("file:///etc/passwd")), "redirected"),
    "moved to no URL": Misbehaviour(always(moved("http://[")), "redirected"),
    "moved nowhere": Misbehaviour(always(_status(302)), "redirected"),
    "moved to another scheme": Misbehaviour(always(moved("gopher://127.0.0.1/")), "redirected"),
    "moved to a port that is none": Misbehaviour(always(moved("http://127.0.0.1:99999/")), "redirected"),
    "another part": Misbehaviour(always(_wrong_part), ANSWERED),
    "less of the part": Misbehaviour(always(_short_part), ANSWERED),
    "a part of nothing": Misbehaviour(always(_part_of_nothing), ANSWERED),
    "a part of anything": Misbehaviour(always(_part_of_anything), ANSWERED),
    "no parts": Misbehaviour(always(_no_parts), ANSWERED),
}
"""By name."""

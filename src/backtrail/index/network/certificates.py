"""What is wrong with the certificate of a host: the same sentence, whichever client refused it."""

from typing import Final

__all__ = ["refusal"]

_SENTENCES: Final = (
    (
        ("unable to get local issuer", "self-signed", "self signed", "unknownissuer", "not trusted"),
        "its certificate is from an authority that is not trusted; --cert names a file of authorities",
    ),
    (("mismatch", "not valid for name", "not match"), "its certificate is for another host"),
    (("expired",), "its certificate has expired"),
    (("not yet valid", "not valid yet"), "its certificate is not valid yet"),
)
"""Beside each sentence the words for it of OpenSSL, of rustls, and of the system where that decides."""


def refusal(said: str) -> str:
    """The sentence for what the client's library says of a certificate; what has none stands as it was said."""
    words = said.lower()
    for marks, sentence in _SENTENCES:
        if any(mark in words for mark in marks):
            return sentence
    return f"its certificate is not valid: {said}"

"""Text from outside, as it is shown: without secrets, and with an end."""

import pytest

from backtrail.model.safe_text import shown, without_credentials, without_secrets


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("https://user@host/x", "https://host/x"),
        ("https://user:p@ss:w@host:8080/x@v1", "https://host:8080/x@v1"),
        ("https://user:pa/ss#w@host/x", "https://host/x"),
        ("https://user:pa ss/w@rd@host/x", "https://host/x"),
        ("https://user:12x/ss@host/x", "https://host/x"),
        ("git+ssh://git@host/x@main", "git+ssh://git@host/x@main"),
        ("git+ssh://alice:pw@host/x", "git+ssh://host/x"),
        ("https://host:8080/x@v1", "https://host:8080/x@v1"),
        ("https://git@corp:secret@host/x", "https://host/x"),
        ("a @ https://host/a@b", "a @ https://host/a@b"),
    ],
)
def test_credentials_are_taken_out_of_urls(text: str, bare: str) -> None:
    assert without_credentials(text) == bare


@pytest.mark.parametrize("name", ["token", "X-Amz-Signature", "private_token", "api_key", "sig", "PASSWORD"])
def test_parameters_that_are_secret_are_not_shown(name: str) -> None:
    assert without_secrets(f"https://host/x?a=1&{name}=hunter2&b=2#c") == f"https://host/x?a=1&{name}=…&b=2#c"


@pytest.mark.parametrize("piece", ["://a:", "://a", "?token", "&token=", "://a:@", "?key", "@"])
def test_what_is_secret_is_found_in_time_that_grows_with_the_text(piece: str) -> None:
    shown(piece * (2_000_000 // len(piece)))  # a text of 2 MB that takes quadratic time never ends


def test_what_is_too_long_to_read_is_shortened() -> None:
    assert shown("x" * 30_000_000) == "x" * 1000 + "… (30000000 characters)"

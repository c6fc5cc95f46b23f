"""A request is made by the worker; what it may carry is limited all the same."""

from __future__ import annotations

import pytest

from gateway.sandbox.protocol import (
    MAX_PASSWORD_CHARS,
    MAX_PASSWORDS,
    Request,
    check_passwords,
    decode_request,
    encode_request,
)


def test_a_request_comes_back_as_it_was_sent() -> None:
    asked = Request(
        op="clean", size=5, media_type="image/png", name="図.png", claimed_type="image/x",
        claimed_charset="cp932", method="text", options={"a": "b"}, offset=7, extras=3,
    )  # fmt: skip
    assert decode_request(encode_request(9, asked)) == (9, asked)


def test_a_request_that_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode_request(1, Request(op="clean", size=1, name="x" * 60_000))
    with pytest.raises(ValueError, match="operation"):
        Request(op="execute", size=1)


@pytest.mark.parametrize(
    "passwords",
    [("",), ("a" * (MAX_PASSWORD_CHARS + 1),), ("canary\n",), ("canary\0",), ("x",) * 51],
)
def test_passwords_are_few_and_short_and_never_quoted(passwords: tuple[str, ...]) -> None:
    assert MAX_PASSWORDS == 50
    with pytest.raises(ValueError, match="password") as raised:
        check_passwords(passwords)
    assert "canary" not in str(raised.value)
    with pytest.raises(ValueError, match="password"):
        Request(op="clean", size=1, passwords=passwords)

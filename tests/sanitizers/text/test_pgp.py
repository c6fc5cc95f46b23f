"""Armor goes and is said, signed text stays, everything that is no armor stays too."""

from __future__ import annotations

import pytest

from sanitizers.findings import Action, Findings, Kind
from sanitizers.text.pgp import ENCRYPTED_NOTE, KEY_NOTE, without_armor

LINE = "hQEMAwAAAAAAAAAAAQf/CANARYCANARYCANARYCANARYCANARYCANARYCANARY"


def block(kind: str, *, quote: str = "", tail: bool = True) -> str:
    lines = [f"-----BEGIN PGP {kind}-----", "Version: CANARY 1.0", "", LINE, LINE, "=njUN"]
    if tail:
        lines.append(f"-----END PGP {kind}-----")
    return "\n".join(quote + line for line in lines)


def cleaned(text: str) -> tuple[str, set[tuple[Kind, Action]]]:
    findings = Findings()
    return without_armor(text, findings), {(f.kind, f.action) for f in findings}


@pytest.mark.parametrize("kind", ["MESSAGE", "MESSAGE, PART 1/2", "MESSAGE, PART 3"])
@pytest.mark.parametrize("quote", ["", "> ", ">> "])
def test_an_encrypted_block_gives_way_to_a_note(kind, quote):
    text, found = cleaned(f"前\n{block(kind, quote=quote)}\n後")
    assert text == f"前\n{ENCRYPTED_NOTE}\n後"
    assert found == {(Kind.ENCRYPTION, Action.REMOVED)}


def test_two_blocks_are_two():
    text, _ = cleaned(f"{block('MESSAGE')}\n間\n{block('MESSAGE')}")
    assert text == f"{ENCRYPTED_NOTE}\n間\n{ENCRYPTED_NOTE}"


@pytest.mark.parametrize("kind", ["PUBLIC KEY BLOCK", "PRIVATE KEY BLOCK"])
def test_a_key_gives_way_to_a_note(kind):
    text, found = cleaned(block(kind))
    assert text == KEY_NOTE
    assert found == {(Kind.EMBEDDED_OBJECT, Action.REMOVED)}


def test_signed_text_stays_and_its_signature_goes():
    signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n本文\n- - 項目\n- -- \n署名\n"
    text, found = cleaned(signed + block("SIGNATURE") + "\n後")
    assert text == "本文\n- 項目\n-- \n署名\n\n後"
    assert found == {(Kind.SIGNED_MAIL, Action.REMOVED)}


def test_a_block_without_an_end_does_not_take_the_text_behind_it():
    text, _ = cleaned(block("MESSAGE", tail=False) + "\nここからは本文です。\n")
    assert text == f"{ENCRYPTED_NOTE}ここからは本文です。\n"
    text, _ = cleaned(block("MESSAGE", tail=False).removesuffix("\n=njUN"))
    assert text == ENCRYPTED_NOTE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN CERTIFICATE-----",
        "Write -----BEGIN PGP MESSAGE----- on a line.",
        "- a list\n- of things",
        "-----BEGIN PGP NONSENSE-----\nabc",
    ],
)
def test_other_text_stays_as_it_is(text):
    assert cleaned(text) == (text, set())


def test_many_heads_take_linear_time():
    text, _ = cleaned("-----BEGIN PGP MESSAGE-----\n" * 20_000)
    assert text.count(ENCRYPTED_NOTE) == 20_000

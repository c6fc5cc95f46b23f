"""Originals open for their item, their key, their order and their end, or not at all."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.store import sealing, unsealing
from gateway.store.errors import Corrupt

KEY = X25519PrivateKey.generate()
ITEM = "0123456789abcdefghjk"
OTHER = "0123456789abcdefghjm"
SMALL_CHUNK = 16


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of 16 bytes: many of them in little data."""
    patch_chunks(monkeypatch)


def patch_chunks(monkeypatch):
    monkeypatch.setattr(sealing, "CHUNK", SMALL_CHUNK)
    monkeypatch.setattr(unsealing, "_SEALED", SMALL_CHUNK + sealing.TAG)


def seal(plain: bytes, item_id=ITEM, step=7) -> tuple[bytes, bytes]:
    """(sealed bytes, wrapped key)."""
    work = sealing.Sealing(item_id, KEY.public_key())
    out = bytearray(work.header)
    for at in range(0, len(plain), step):
        out += work.update(plain[at : at + step])
    return bytes(out + work.finish()), work.wrapped


def unseal(sealed: bytes, wrapped: bytes, item_id=ITEM, key=KEY, step=1 << 20) -> bytes:
    pieces = (sealed[at : at + step] for at in range(0, len(sealed), step))
    return b"".join(unsealing.unseal(pieces, item_id, unsealing.unwrap(wrapped, item_id, key)))


MIB = 1 << 20


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 1])
def test_what_was_sealed_opens_at_every_chunk_boundary(size):
    plain = bytes(range(256)) * (size // 256) + b"e" * (size % 256)
    sealed, wrapped = seal(plain, step=300_000)
    assert len(sealed) == 12 + size + 16 * max(1, -(-size // MIB))
    assert unseal(sealed, wrapped) == plain
    assert unseal(sealed, wrapped, step=70_001) == plain


@settings(max_examples=150, deadline=None)
@given(
    plain=st.binary(max_size=80),
    write=st.integers(1, 40),
    read=st.integers(1, 60),
)
def test_any_bytes_in_any_pieces_come_back(plain, write, read):
    with pytest.MonkeyPatch.context() as monkeypatch:
        patch_chunks(monkeypatch)
        sealed, wrapped = seal(plain, step=write)
        assert unseal(sealed, wrapped, step=read) == plain


@pytest.mark.parametrize("size", [0, 5, 16, 33])
def test_every_flipped_bit_is_found(small_chunks, size):
    sealed, wrapped = seal(b"p" * size)
    for place in range(len(sealed)):
        for bit in (1, 0x80):
            changed = bytearray(sealed)
            changed[place] ^= bit
            with pytest.raises(Corrupt):
                unseal(bytes(changed), wrapped)


def test_every_flipped_bit_of_the_wrapped_key_is_found():
    sealed, wrapped = seal(b"plain")
    for place in range(len(wrapped)):
        changed = bytearray(wrapped)
        changed[place] ^= 1
        with pytest.raises(Corrupt):
            unseal(sealed, bytes(changed))


@pytest.mark.parametrize("size", [0, 5, 16, 32, 40])
def test_every_cut_is_found(small_chunks, size):
    sealed, wrapped = seal(b"p" * size)
    for length in range(len(sealed)):
        with pytest.raises(Corrupt):
            unseal(sealed[:length], wrapped)


def chunked(sealed: bytes) -> tuple[bytes, list[bytes]]:
    head, rest = sealed[:12], sealed[12:]
    step = SMALL_CHUNK + sealing.TAG
    return head, [rest[at : at + step] for at in range(0, len(rest), step)]


@pytest.mark.parametrize("size", [32, 64, 70])
def test_moved_dropped_repeated_and_added_chunks_are_found(small_chunks, size):
    sealed, wrapped = seal(bytes(range(size)))
    head, chunks = chunked(sealed)
    count = len(chunks)
    orders = [[*range(n), *range(n + 1, count)] for n in range(count)]
    orders += [[*range(n), n, *range(n, count)] for n in range(count)]
    for one in range(count - 1):
        swapped = list(range(count))
        swapped[one], swapped[one + 1] = one + 1, one
        orders.append(swapped)
    for order in orders:
        with pytest.raises(Corrupt):
            unseal(head + b"".join(chunks[n] for n in order), wrapped)
    for tail in (b"x", b"x" * 16, b"x" * 32, b"x" * 33):
        with pytest.raises(Corrupt):
            unseal(sealed + tail, wrapped)


def test_chunks_of_another_item_are_found(small_chunks):
    sealed, wrapped = seal(b"a" * 40)
    foreign, foreign_key = seal(b"b" * 40, OTHER)
    head, mine = chunked(sealed)
    _, theirs = chunked(foreign)
    for n in range(len(mine)):
        mixed = [*mine[:n], theirs[n], *mine[n + 1 :]]
        with pytest.raises(Corrupt):
            unseal(head + b"".join(mixed), wrapped)
    with pytest.raises(Corrupt):
        unseal(sealed, foreign_key, OTHER)
    with pytest.raises(Corrupt):
        unseal(foreign, foreign_key, ITEM)


def test_a_key_wrapped_for_an_item_opens_only_that_one():
    sealed, wrapped = seal(b"plain")
    with pytest.raises(Corrupt):
        unseal(sealed, wrapped, OTHER)
    data_key = unsealing.unwrap(wrapped, ITEM, KEY)
    with pytest.raises(Corrupt):
        list(unsealing.unseal([sealed], OTHER, data_key))


def test_another_private_key_opens_nothing():
    sealed, wrapped = seal(b"plain")
    with pytest.raises(Corrupt):
        unseal(sealed, wrapped, key=X25519PrivateKey.generate())


@pytest.mark.parametrize("wrapped", [b"", b"x" * 31, b"x" * 32, bytes(92), b"x" * 200])
def test_garbage_instead_of_a_wrapped_key_is_corrupt(wrapped):
    with pytest.raises(Corrupt):
        unsealing.unwrap(wrapped, ITEM, KEY)


def test_no_two_originals_share_a_key_or_a_nonce():
    first, second = seal(b"same"), seal(b"same")
    assert first[0] != second[0]
    keys = {unsealing.unwrap(wrapped, ITEM, KEY) for _, wrapped in (first, second)}
    assert len(keys) == 2

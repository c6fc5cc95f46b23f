"""DATA: where a mail ends and what its content is, compared with a byte-by-byte reading."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.internet.data import DataDecoder


def reference(stream: bytes, *, normalize: bool) -> tuple[bytes, bytes] | None:
    """RFC 5321 read slowly: (content, rest), or None while the end has not come."""
    raw_lines = []  # (text, ended by CRLF)
    start = 0
    while True:
        at = stream.find(b"\r\n", start)
        if at < 0:
            return None
        line = stream[start:at]
        start = at + 2
        if line == b".":
            break
        raw_lines.append(line[1:] if line.startswith(b".") else line)
    content = b"".join(line + b"\r\n" for line in raw_lines)
    if normalize:
        out = bytearray()
        at = 0
        while at < len(content):
            if content[at : at + 2] == b"\r\n":
                out += b"\r\n"
                at += 2
            elif content[at] in b"\r\n":
                out += b"\r\n"
                at += 1
            else:
                out.append(content[at])
                at += 1
        content = bytes(out)
    return content, stream[start:]


def decode(chunks: list[bytes], mode: str = "normalize") -> tuple[bytes, DataDecoder]:
    decoder = DataDecoder(bare_newline=mode)  # type: ignore[arg-type]
    content = bytearray()
    rest = bytearray()
    for chunk in chunks:
        if decoder.done:
            rest += chunk
        else:
            content += decoder.feed(chunk)
            rest += decoder.rest
    decoder.rest = bytes(rest)
    return bytes(content), decoder


PIECES = st.sampled_from(
    [b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\r\n.\r\n", b"\n.\n", b"a", b"\0", "語".encode()]
)
STREAMS = st.lists(PIECES, max_size=24).map(b"".join)


@settings(max_examples=600, deadline=None)
@given(stream=STREAMS, cuts=st.lists(st.integers(1, 7), max_size=40), normalize=st.booleans())
@example(stream=b".\r\nQUIT\r\n", cuts=[1] * 10, normalize=True)
@example(stream=b"\n.\n\r\n.\r\n", cuts=[1] * 10, normalize=True)
def test_any_chunks_give_what_the_slow_reading_gives(stream, cuts, normalize):
    chunks, start = [], 0
    for cut in cuts:
        chunks.append(stream[start : start + cut])
        start += cut
    chunks.append(stream[start:])
    content, decoder = decode([c for c in chunks if c], "normalize" if normalize else "reject")
    expected = reference(stream, normalize=normalize)
    if expected is None:
        assert not decoder.done
    else:
        assert decoder.done
        assert (content, decoder.rest) == expected
    if normalize:
        assert content.replace(b"\r\n", b"").translate(None, b"\r\n") == content.replace(
            b"\r\n", b""
        )


NOT_AN_END = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
    b"\r\n.\r\r\n",
    b"\n\r.\r\n",
    b"\r\n\x0b.\r\n",
    b"\r\n.\x85\r\n",
]


@pytest.mark.parametrize("trick", NOT_AN_END, ids=repr)
def test_only_crlf_dot_crlf_ends_a_mail_at_every_cut(trick):
    smuggled = b"MAIL FROM:<x@evil.example>\r\nRCPT TO:<y@example.jp>\r\nDATA\r\nboo\r\n"
    stream = b"Subject: a\r\n\r\ntext" + trick + smuggled + b".\r\n" + b"QUIT\r\n"
    whole, _ = decode([stream])
    assert b"MAIL FROM:<x@evil.example>" in whole
    for cut in range(1, len(stream)):
        content, decoder = decode([stream[:cut], stream[cut:]])
        assert content == whole
        assert decoder.rest == b"QUIT\r\n"


def test_normalizing_turns_a_smuggled_end_into_a_content_line():
    content, decoder = decode([b"one\n.\ntwo\r\n.\r\n"])
    assert content == b"one\r\n.\r\ntwo\r\n"
    assert decoder.bare


def test_rejecting_leaves_the_bytes_alone_and_says_so():
    content, decoder = decode([b"one\n.\rtwo\r\n.\r\n"], "reject")
    assert content == b"one\n.\rtwo\r\n"
    assert decoder.bare


def test_stuffed_dots_come_off_at_crlf_line_starts_only():
    content, _ = decode([b"..one\r\n...two\n..three\r\n.four\r\n.\r\n"])
    assert content == b".one\r\n..two\r\n..three\r\nfour\r\n"


def test_an_empty_mail_is_empty():
    content, decoder = decode([b".\r\nRSET\r\n"])
    assert (content, decoder.rest, decoder.done) == (b"", b"RSET\r\n", True)


def test_nul_and_eight_bit_stay():
    content, decoder = decode([b"a\0b\xff\xfe\r\n.\r\n"])
    assert content == b"a\0b\xff\xfe\r\n"
    assert not decoder.bare


@pytest.mark.parametrize("size", [1, 3, 7, 50, 1000])
def test_a_line_over_the_limit_is_noticed_in_any_chunks(size):
    for length, expected in ((100, False), (101, True)):
        stream = b"short\r\n" + b"x" * (length - 1) + b"\r\nshort\r\n.\r\n"
        decoder = DataDecoder(bare_newline="normalize", max_line=100)
        for at in range(0, len(stream), size):
            decoder.feed(stream[at : at + size])
        assert decoder.too_long is expected


def test_a_line_without_end_is_noticed_before_it_ends():
    decoder = DataDecoder(bare_newline="normalize", max_line=100)
    decoder.feed(b"x" * 60)
    assert not decoder.too_long
    decoder.feed(b"x" * 60)
    assert decoder.too_long

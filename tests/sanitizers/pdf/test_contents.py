"""Content streams: what is written is understood by the independent grammar, and says the same."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sanitizers.pdf import _contents
from sanitizers.pdf._contents import ContentWriter
from sanitizers.pdf._inline import InlineImage
from sanitizers.pdf._objects import Name
from sanitizers.verify._pdf_operators import check_operators

CANARY = b"cdr-canary"


class Names:
    """Every resource exists; one layer is hidden; one property list replaces text."""

    images: list[InlineImage]

    def __init__(self) -> None:
        self.images = []

    def font(self, name: Name) -> str | None:
        return "F1"

    def graphics_state(self, name: Name) -> str | None:
        return "G1"

    def colour_space(self, name: Name) -> str | None:
        return "C1"

    def pattern(self, name: Name) -> str | None:
        return "P1"

    def shading(self, name: Name) -> str | None:
        return "S1"

    def xobject(self, name: Name) -> str | None:
        return "X1"

    def inline_image(self, image: InlineImage) -> str | None:
        self.images.append(image)
        return "X1"

    def hidden(self, properties: object) -> bool:
        return properties == "off"

    def replacement(self, properties: object) -> bytes | None:
        return b"\xfe\xff\x00A" if properties == "said" else None


RESOURCES = {
    "Font": {"F1": 1}, "ExtGState": {"G1": 1}, "ColorSpace": {"C1": 1}, "Pattern": {"P1": 1},
    "Shading": {"S1": 1}, "XObject": {"X1": 1},
}  # fmt: skip


def rewritten(data: bytes, *, glyph: bool = False) -> bytes:
    """Rewrite, and let the independent grammar read it."""
    made = ContentWriter(data, Names(), glyph=glyph).rewrite()
    if made:
        check_operators(made, RESOURCES, glyph=glyph)
    return made


@pytest.mark.parametrize(
    ("given_", "made"),
    [
        (b"1 0 0 1 10.50 20 cm", b"1 0 0 1 10.5 20 cm"),
        (b"0.0 -.0 +1 rg", b"0 0 1 rg"),
        (b"1 2 3 m", b"2 3 m"),  # the last operands count
        (b"q BT /A 12 Tf (hi) Tj ET Q", b"q\nBT\n/F1 12 Tf\n(hi) Tj\nET\nQ"),
        (b"BT/A 12 Tf(hi)Tj ET", b"BT\n/F1 12 Tf\n(hi) Tj\nET"),
        (b"(a\\(b) Tj", b"<612862> Tj"),
        (b"(a(b)c) Tj", b"<6128622963> Tj"),
        (b"<6a 6B7> Tj", b"(jkp) Tj"),
        (b"(line\r\nend) Tj", b"(line\nend) Tj"),
        (b"[(a) -20.0 <62>] TJ", b"[(a) -20 <62>] TJ"),
        (b"[ <6a> (b\\)) 1]TJ[]TJ", b"[ (j) <6229> 1] TJ [] TJ"),
        (b"(a) '", b"T*\n(a) Tj"),
        (b'1 2 (a) "', b"1 Tw 2 Tc T*\n(a) Tj"),
        (b"[3 2] 0 d", b"[3 2] 0 d"),
        (b"/Perceptual ri", b"/Perceptual ri"),
        (b"/DeviceRGB cs 1 0 0 sc", b"/DeviceRGB cs\n1 0 0 sc"),
        (b"/Cs1 cs .5 scn /Pat scn", b"/C1 cs\n.5 scn\n/P1 scn"),
        (b"/Sh sh /Gs gs /Im Do", b"/S1 sh\n/G1 gs\n/X1 Do"),
        (b"1 J 2 j 7 Tr", b"1 J\n2 j\n7 Tr"),
        (b"q", b"q\nQ"),
        (b"Q Q 1 w", b"1 w"),
        (b"BT BT", b"BT\nET\nBT\nET"),
        (b"--5 w", b"-5 w"),
        (b"1e9 w 2 w", b"1 w\n2 w"),
    ],
)
def test_operators_are_spelled_anew(given_, made):
    assert rewritten(given_).split() == made.split()


@pytest.mark.parametrize(
    "given_",
    [
        b"% comment cdr-canary",
        b"(cdr-canary) foo",
        b"/cdr-canary unknown",
        b"/cdr-canary MP",
        b"/cdr-canary << /K (cdr-canary) >> DP",
        b"/Span << /Lang (cdr-canary) /MCID 1 >> BDC EMC",
        b"BX (cdr-canary) future EX",
        b"/cdr-canary ri",
        b"(cdr-canary) 1 w",
        b"BI /W 1 /H 1 /BPC 8 /CS /G /cdr-canary 1 ID x EI",
        b"(cdr-canary",
        b"<< /cdr-canary 1",
        b"cdr-canary",
        b"/cdr-canary PS",
    ],
)
def test_what_is_not_drawn_does_not_cross(given_):
    assert CANARY not in rewritten(b"q " + given_ + b"\n Q")


def test_content_of_a_hidden_layer_is_not_painted():
    made = rewritten(b"/OC /off BDC 0 0 9 9 re f BT (x) Tj ET /Im Do EMC 1 1 2 2 re f")
    assert made == b"0 0 9 9 re\nn\nBT\nET\n1 1 2 2 re f"


def test_hidden_layers_nest():
    made = rewritten(b"/OC /off BDC /A BMC /OC /off BDC EMC EMC 1 1 2 2 re f EMC 3 3 4 4 re f")
    assert made.endswith(b"n\n3 3 4 4 re f")


def test_replacement_text_is_kept():
    made = rewritten(b"/Span /said BDC (x) Tj EMC")
    assert made == b"/Span << /ActualText <FEFF0041> >> BDC\n(x) Tj EMC"


def test_an_inline_image_becomes_a_resource():
    names = Names()
    data = b"BI /W 2 /H 2 /CS /RGB /BPC 8 ID 123456EI9012\nEI 1 w"
    assert ContentWriter(data, names).rewrite() == b"/X1 Do\n1 w"
    assert names.images[0].data == b"123456EI9012"
    assert names.images[0].entries["ColorSpace"] == "DeviceRGB"


def test_glyph_metrics_only_in_glyphs():
    assert rewritten(b"100 0 d0 1 w") == b"1 w"
    assert rewritten(b"100 0 d0 1 w", glyph=True) == b"100 0 d0\n1 w"


def test_nesting_is_bounded():
    assert rewritten(b"q " * 5_000).count(b"q") == 1_000
    assert rewritten(b"[" * 5_000 + b" 1 w") in (b"", b"1 w")


INSTRUCTIONS = st.sampled_from(
    [b"q", b"Q", b"BT", b"ET", b"EMC", b"/A 9.50 Tf", b"/gs gs", b"/Cs1 cs", b"/DeviceRGB CS",
     b"/Im Do", b"/P <</MCID 3>> BDC", b"/Span /said BDC", b"/A BMC", b"(a b) Tj", b"<6a6B7> Tj",
     b"(x\\)\r\n(y)) Tj", b"[(q Q)-3.0<5C6A>]TJ", b"[ ( /A 1 Tf ) ] TJ", b"1 0 0 1 5 0.50 cm",
     b"0 0 9 9 re f*", b"1 J", b"3 Tr", b"[3.0 2]0 d", b"0.2 g", b"(BDC)Tj", b"(\0)Tj", b"1 2 w"]
)  # fmt: skip


def meaning(made: bytes) -> list[bytes]:
    """The tokens, however they are set apart."""
    return re.sub(rb"([\[\]()<>])", rb" \1 ", made).split()


@settings(max_examples=300, deadline=None)
@given(st.lists(INSTRUCTIONS, max_size=40), st.sampled_from([b" ", b"\n", b" \r\n "]))
def test_a_run_means_what_its_tokens_mean_one_by_one(instructions, blank):
    data = blank.join(instructions)
    whole = rewritten(data)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RUN", "PLAIN_RUN"):
            patch.setattr(_contents, name, re.compile(rb"(?!)"))
        single = rewritten(data)
    assert meaning(whole) == meaning(single)


WORDS = st.sampled_from(
    b"q Q BT ET EMC BI ID EI BDC BMC Tj TJ Tf Do cm re f* W n sc scn cs gs sh d ri d0 d1 ' \" Tr J "
    b"/a /off /said /Span /OC ( ) < > << >> [ ] (x) <6A> 0 1 -2.50 .5 5. +3 % \\ "
    b"\r \n \0 true".split(b" ")
)


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS | st.binary(max_size=4), max_size=60))
def test_whatever_comes_in_the_independent_grammar_takes_what_comes_out(words):
    rewritten(b" ".join(words))
    rewritten(b" ".join(words), glyph=True)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_strings_mean_the_same_bytes(data):
    made = rewritten(b"<" + data.hex().encode() + b"> Tj")
    inner = made[: -len(b" Tj")]
    found = bytes.fromhex(inner[1:-1].decode()) if inner[:1] == b"<" else inner[1:-1]
    assert found == data


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200).filter(lambda d: b"q" not in d))
def test_rewriting_twice_changes_nothing_more(data):
    once = rewritten(data)
    twice = b"\n".join(rewritten(once).split())
    assert b"\n".join(once.split()) == twice

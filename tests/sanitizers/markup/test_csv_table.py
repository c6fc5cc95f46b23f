"""A table stays a table, with every character, and nothing in it runs."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify import Rejected
from tests.sanitizers.markup.helpers import VERIFIERS, clean

CSV = "text/csv"
TSV = "text/tab-separated-values"


def table(data, media_type=CSV):
    out, found = clean(data, media_type)
    assert out.startswith(b"\xef\xbb\xbf")
    return out[3:].decode(), found


@pytest.mark.parametrize("charset", ["cp932", "utf-8-sig", "utf-16", "euc-jp", "utf-8"])
def test_a_table_from_japanese_excel_keeps_every_character_and_number(charset):
    rows = '番号,氏名,金額,電話\r\n0012,髙橋 ｶﾅ,"1,234.50",03-1234-5678\r\n13,山田①,-5%,+81-90\r\n'
    text = rows.replace("髙", "高").replace("①", "1") if charset == "euc-jp" else rows
    assert table(text.encode(charset))[0] == text


@pytest.mark.parametrize(
    "cell",
    [
        "-12.5", "-1,234", "+5", "-5%", "+81-3-1234-5678", "+81 (90) 1234", "-", "+", "@tanaka",
        "- りんご", "-1e5", "====", "-----", "'=1+1", "a=1", "３−２", "2024-01-02", "-(1)",
    ],
)  # fmt: skip
def test_numbers_names_and_rulers_stay_as_they_are(cell):
    line = f'"{cell}",x\r\n' if "," in cell else f"{cell},x\r\n"
    text, found = table(line)
    assert text == line
    assert "formula" not in found


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "=cmd|' /C calc'!A0", "+A1", "-SUM(1)", "@SUM(A1)", "＝HYPERLINK(x)",
        "＋ＳＵＭ（1）", "＠ＡＢＳ(1)",
        "  =1+1", "\t=1+1", "\r=1+1", "=", "-2+cmd|' /C calc'!A0", "+R1C1", "-[b.xls]x",
        "﹦1+1", "−SUM(1)", "==1", "-A1", '"=1"',
    ],
)  # fmt: skip
def test_a_cell_that_would_run_becomes_text(cell):
    quoted = cell.replace('"', '""')
    text, found = table(f'a,"{quoted}"\n')
    (row,) = csv.reader(io.StringIO(text.replace("\r\n", "\n")))
    if cell == "=":
        assert row[1] == cell
        return
    assert "formula" in found
    assert row[1].replace("'", "", 1).split() == cell.split() or "'" in cell
    assert row[1].lstrip(' \t\n"')[0] == "'"


@pytest.mark.parametrize("cell", ["a;=1+1", "a\t=1+1", "a\n=1+1", "a,=1+1", 'say "=1+1"'])
def test_what_another_program_takes_for_the_start_of_a_cell_is_no_formula_either(cell):
    quoted = cell.replace('"', '""')
    text, found = table(f'x,"{quoted}"\n')
    (row,) = csv.reader(io.StringIO(text.replace("\r\n", "\n")))
    assert row[1] == cell.replace("=", "'=")
    assert "formula" in found


def test_delimiters_stay():
    assert table("a;b\n1;2,5\n3;4\n")[0] == "a;b\r\n1;2,5\r\n3;4\r\n"
    assert table("a\tb\n1,5\t2\n", TSV)[0] == "a\tb\r\n1,5\t2\r\n"
    assert table("a\tb\nc\td\n")[0] == "a\tb\r\nc\td\r\n"


def test_broken_quotes_lose_nothing():
    text, found = table('"5,内径\n6,外径\n')
    assert list(csv.reader(io.StringIO(text))) == [['"5', "内径"], ["6", "外径"]]
    assert "damaged" in found


def test_hidden_characters_do_not_survive():
    text, found = table("a\u202eb,c\u200bd\x00,e\n")
    assert text == "ab,cd,e\r\n"
    assert {"bidi_control", "zero_width", "control_character"} <= set(found)


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", ReasonCode.EMPTY), (bytes(range(256)) * 40, ReasonCode.DAMAGED)],
)
def test_garbage_is_refused(data, code):
    with pytest.raises(Withheld) as refused:
        clean(data, CSV)
    assert refused.value.code is code


@pytest.mark.parametrize(
    "table",
    ["=1\r\n", "a,=1\r\n", 'a,"b\r\n', "a\n", 'a,"=A1"\r\n', "-A1\r\n", "a;@SUM(1)\r\n", "a"],
)
def test_the_verifier_accepts_no_formula_and_no_broken_table(table):
    with pytest.raises(Rejected):
        VERIFIERS[CSV].verify(memoryview(table.encode()))


PIECES = st.sampled_from(
    ["=", "+", "-", "@", "＝", "(", ")", "A1", "cmd|", "!", "'", '"', ",", ";", "\t", "\n", " ",
     "1", "SUM", "漢", "．", "[", "−", "\u3000", "R1C1", "x"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=12).map("".join), st.sampled_from([CSV, TSV]))
def test_whatever_the_table_is_the_verifier_agrees(text, media_type):
    if text.strip():
        clean(text, media_type)


@given(st.lists(st.lists(st.text(st.characters(min_codepoint=0x30, max_codepoint=0x39)),
                         min_size=2, max_size=4), min_size=1, max_size=5))  # fmt: skip
def test_cells_of_digits_come_back(rows):
    made = io.StringIO()
    csv.writer(made).writerows(rows)
    if made.getvalue().strip():
        text, _ = table(made.getvalue())
        if all(any(row) for row in rows):
            assert list(csv.reader(io.StringIO(text))) == rows

"""Pictures and objects of OpenDocument files: cleaned, rebuilt, or their picture stays."""

import base64

import pytest

from tests.sanitizers.office.opendocuments import (
    FORMULA,
    ODS,
    PNG,
    chart,
    content,
    embed,
    flat,
    frame,
    picture,
    placed,
    sheet,
    text,
    value,
)
from tests.sanitizers.office.packages import clean


def test_a_picture_is_cleaned_and_shown():
    result = clean(text(picture(), {"Pictures/a.png": PNG}))
    assert 'xlink:href="Pictures/1.png"' in result.parts["content.xml"].decode()
    assert result.parts["Pictures/1.png"].startswith(b"\x89PNG")
    assert "withheld_part" not in result.kinds


def test_one_picture_shown_twice_crosses_once():
    result = clean(text(picture() * 2, {"Pictures/a.png": PNG}))
    assert [name for name in result.parts if name.startswith("Pictures/")] == ["Pictures/1.png"]


def test_a_picture_that_cannot_be_cleaned_leaves_a_grey_one():
    result = clean(text(picture(), {"Pictures/a.png": b"no picture"}))
    assert result.parts["Pictures/1.png"].startswith(b"\x89PNG")
    assert "withheld_part" in result.kinds


def test_a_chart_stays_a_chart():
    data = (
        '<table:table table:name="local-table"><table:table-rows><table:table-row>'
        f"{value('5')}</table:table-row></table:table-rows></table:table>"
    )
    series = (
        '<chart:series chart:values-cell-range-address="集計.B2:集計.B4" '
        'chart:label-cell-address="集計.B1" chart:class="chart:bar"/>'
    )
    cell = f"<table:table-cell>{frame(embed('object', './Object 1'))}</table:table-cell>"
    result = clean(sheet(cell, {"Object 1/content.xml": chart(series, data)}))
    assert 'draw:object xlink:href="./Object 1"' in result.parts["content.xml"].decode()
    inside = result.parts["Object 1/content.xml"].decode()
    assert "図表の題" in inside
    assert series in inside
    assert data in inside
    assert 'xlink:href=".."' in inside


def test_a_formula_stays_a_formula():
    result = clean(text(placed(embed("object", "./Object 1")),
                        {"Object 1/content.xml": FORMULA.format("")}))  # fmt: skip
    assert "<math:mn>42</math:mn>" in result.parts["Object 1/content.xml"].decode()


@pytest.mark.parametrize("inner", [chart(), FORMULA.format("")])
def test_an_object_in_the_text_itself_becomes_a_part(inner):
    root = inner.partition("?>")[2].strip().replace("document-content", "document")
    result = clean(flat(placed(f"<draw:object>{root}</draw:object>")))
    assert "Object 1/content.xml" in result.parts


def test_an_embedded_sheet_stays_a_document_with_its_picture():
    inner = content(f'<table:table table:name="中"><table:table-row>{value("8")}</table:table-row>'
                    "</table:table>", ODS)  # fmt: skip
    shown = embed("object", "./Object 1") + embed("image", "./ObjectReplacements/Object 1")
    files = {"Object 1/content.xml": inner, "ObjectReplacements/Object 1": PNG}
    result = clean(text(placed(shown), files))
    assert value("8") in result.parts["Object 1/content.xml"].decode()
    assert 'draw:image xlink:href="Pictures/1.png"' in result.parts["content.xml"].decode()


def test_of_an_object_that_is_not_known_its_picture_stays():
    shown = embed("object-ole", "./Object 1") + embed("image", "./ObjectReplacements/Object 1")
    files = {"Object 1": b"\0\1\2", "ObjectReplacements/Object 1": PNG}
    result = clean(text(placed(shown), files))
    assert "object-ole" not in result.parts["content.xml"].decode()
    assert 'xlink:href="Pictures/1.png"' in result.parts["content.xml"].decode()
    assert "embedded_object" in result.kinds


def test_a_file_in_an_object_goes_beside_the_document():
    shown = embed("plugin", "Media/a.pdf") + embed("image", "Pictures/a.png")
    result = clean(text(placed(shown), {"Media/a.pdf": b"%PDF-1.7", "Pictures/a.png": PNG}))
    assert result.beside == (b"%PDF-1.7",)


def test_a_picture_in_base64_becomes_a_part():
    inner = f"<office:binary-data>{base64.b64encode(PNG).decode()}</office:binary-data>"
    result = clean(flat(placed(f"<draw:image>{inner}</draw:image>")))
    assert result.parts["Pictures/1.png"].startswith(b"\x89PNG")

"""XML comes back as data: elements, attributes and text, with nothing that a program acts on."""

import pytest

from sanitizers.reasons import ReasonCode, Withheld
from sanitizers.verify import Rejected
from tests.sanitizers.markup.helpers import VERIFIERS, clean

XML = "application/xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
WEB = "http://www.w3.org/1999/xhtml"


def rebuilt(data):
    out, found = clean(data, XML)
    assert out.startswith(HEAD.encode())
    return out.decode().removeprefix(HEAD), found


@pytest.mark.parametrize("charset", ["shift_jis", "euc-jp", "utf-8", "utf-16"])
def test_elements_attributes_and_text_stay_whatever_the_charset(charset):
    body = '<申請 番号="１"><氏名>高橋</氏名>後ろ<空/></申請>'
    text = f'<?xml version="1.0" encoding="{charset}"?>{body}'
    assert rebuilt(text.encode(charset)) == (body + "\n", [])


def test_namespaces_of_data_stay():
    body = (
        '<j:r xmlns:j="http://xml.city.example.jp/r" xmlns:xsi='
        '"http://www.w3.org/2001/XMLSchema-instance"><j:v xsi:nil="true">&lt;1&gt;</j:v></j:r>'
    )
    assert rebuilt(body)[0] == body + "\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("<r><!-- CANARY --></r>", "comment"),
        ("<r/><!-- CANARY -->", "comment"),
        (f'<r><h:script xmlns:h="{WEB}">CANARY</h:script>x</r>', "embedded_object"),
        ('<r><i:include xmlns:i="http://www.w3.org/2001/XInclude" href="CANARY"/></r>',
         "embedded_object"),
        ('<r><s:svg xmlns:s="http://www.w3.org/2000/svg" onload="CANARY"/></r>', "embedded_object"),
        ('<r><t:x xmlns:t="HTTP://WWW.W3.org/1999/XSL/Transform">CANARY</t:x></r>',
         "embedded_object"),
        ('<r xmlns:x="http://www.w3.org/1999/xlink" x:href="http://CANARY/"/>',
         "external_reference"),
        ('<r xmlns:x="http://www.w3.org/2001/XMLSchema-instance" x:schemaLocation="a CANARY"/>',
         "external_reference"),
        ('<r xmlns:w="urn:schemas-microsoft-com:office:word" w:x="CANARY"/>', "unknown_data"),
    ],
)  # fmt: skip
def test_what_a_program_acts_on_or_nobody_sees_does_not_survive(text, kind):
    out, found = rebuilt(text)
    assert "CANARY" not in out
    assert kind in found


def test_instructions_unused_prefixes_and_sections_do_not_survive():
    out, _ = rebuilt(
        '<?xml version="1.0"?><?xml-stylesheet href="CANARY"?>'
        '<r xmlns:c="http://CANARY/"><?php CANARY?><![CDATA[<b>]]></r><?z CANARY?>'
    )
    assert out == "<r>&lt;b&gt;</r>\n"


def test_text_behind_what_is_removed_stays_in_its_place():
    out, _ = rebuilt(f'<r>a<b/>c<h:p xmlns:h="{WEB}">x</h:p>d<h:p xmlns:h="{WEB}"/>e</r>')
    assert out == "<r>a<b/>cde</r>\n"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", ReasonCode.EMPTY),
        ("garbage " * 100, ReasonCode.DAMAGED),
        ("<a><b></a>", ReasonCode.DAMAGED),
        ('<!DOCTYPE a SYSTEM "http://evil.example/x.dtd"><a/>', ReasonCode.DAMAGED),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', ReasonCode.DAMAGED),
        ("<a>&unknown;</a>", ReasonCode.DAMAGED),
        ("<a>" * 230 + "</a>" * 230, ReasonCode.TOO_DEEP),
        (f'<html xmlns="{WEB}"/>', ReasonCode.UNSUPPORTED_TYPE),
    ],
)
def test_what_is_no_data_is_refused(data, code):
    with pytest.raises(Withheld) as refused:
        clean(data, XML)
    assert refused.value.code is code


@pytest.mark.parametrize(
    "body",
    [
        "<r>", "<r/><r/>", "<r><!-- x --></r>", "<r><?x y?></r>", "<r><![CDATA[x]]></r>",
        f'<r xmlns="{WEB}"/>', '<r xmlns:x="https://WWW.w3.org/1999/xlink" x:href="y"/>',
        "<r>\u202e</r>", "<!DOCTYPE r><r/>", "<r>&x;</r>", "<a>" * 230 + "</a>" * 230,
    ],
)  # fmt: skip
def test_the_verifier_accepts_data_only(body):
    with pytest.raises(Rejected):
        VERIFIERS[XML].verify(memoryview((HEAD + body + "\n").encode()))

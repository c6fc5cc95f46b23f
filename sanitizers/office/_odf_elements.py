"""What elements of OpenDocument need beyond the tables (ODF 1.3 part 3).

Links, pictures, objects, fields and controls. A handler writes markup of our own making
around what the tables allow; it must never write a value of the file that was not checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Protocol

from sanitizers.findings import Action, Findings, Kind
from sanitizers.office._odf_filter import HREF, Handler, Writer, escaped, name, names, quoted
from sanitizers.office._values import is_name, is_text
from sanitizers.xmltree import Element

_SIMPLE: Final = ' xlink:type="simple"'
_EMBED: Final = _SIMPLE + ' xlink:show="embed" xlink:actuate="onLoad"'
#: A place in the same document (19.911, 18.3.6); macros are addresses too.
_PLACE: Final = re.compile(r"#[^\x00-\x1f<>\"\\]{1,300}")
_OBJECT: Final = name("draw:object")
_IMAGE: Final = name("draw:image")
_DATA: Final = name("office:binary-data")
_REPRESENTATIONS: Final = names(
    "draw:object draw:object-ole draw:image draw:plugin draw:applet draw:floating-frame"
)
#: 7: fields whose text stays as text; they run, ask a database, or tell of a person.
UNWRAPPED: Final = names(
    "text:execute-macro text:database-display text:database-name text:database-row-number "
    "text:dde-connection text:author-name text:author-initials text:creator text:creation-date "
    "text:creation-time text:description text:editing-cycles text:editing-duration "
    "text:initial-creator text:keywords text:modification-date text:modification-time "
    "text:print-date text:print-time text:printed-by text:subject text:user-defined text:file-name "
    "text:template-name text:sender-city text:sender-company text:sender-country "
    "text:sender-email text:sender-fax text:sender-firstname text:sender-initials "
    "text:sender-lastname text:sender-phone-private text:sender-phone-work text:sender-position "
    "text:sender-postal-code text:sender-state-or-province text:sender-street text:sender-title "
    "text:meta text:meta-field text:user-field-get text:user-field-input text:variable-get "
    "text:variable-set text:variable-input text:expression text:conditional-text "
    "text:table-formula text:text-input text:placeholder text:page-variable-get "
    "text:page-variable-set text:measure text:drop-down loext:content-control"
)
_FIELDMARK: Final = "{urn:openoffice:names:experimental:ooo-ms-interop:xmlns:field:1.0}"
_FORM: Final = "{urn:oasis:names:tc:opendocument:xmlns:form:1.0}"
_SCRIPT: Final = "{urn:oasis:names:tc:opendocument:xmlns:script:1.0}"
#: What the removal of elements is called that no table lists; unknown data otherwise.
NAMED: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(names("office:scripts office:script text:script"), Kind.MACRO),
    _SCRIPT + "event-listener": Kind.ACTION,
    **dict.fromkeys(
        names(
            "office:event-listeners presentation:event-listener presentation:play anim:command "
            "table:error-macro"
        ),
        Kind.ACTION,
    ),
    **dict.fromkeys(names("presentation:sound anim:audio"), Kind.EMBEDDED_FILE),
    **dict.fromkeys(
        names(
            "office:dde-source text:section-source table:table-source table:cell-range-source "
            "table:source-service table:database-source-query table:database-source-sql "
            "table:database-source-table table:dde-link table:dde-links "
            "text:dde-connection-decl text:dde-connection-decls text:database-next "
            "text:database-row-select text:alphabetical-index-auto-mark-file svg:font-face-src "
            "svg:definition-src"
        ),
        Kind.EXTERNAL_REFERENCE,
    ),
    **dict.fromkeys(names("office:forms text:label"), Kind.FORM),
    **dict.fromkeys(
        (_FIELDMARK + word for word in (
            "fieldmark-start", "fieldmark-separator", "fieldmark-end")),
        Kind.FORM,
    ),
    **dict.fromkeys(names("text:hidden-paragraph"), Kind.HIDDEN_TEXT),
    **dict.fromkeys(names("draw:image-map"), Kind.LINK),
    **dict.fromkeys(
        names(
            "office:meta office:settings text:user-field-decls text:variable-decls dc:title "
            "dc:subject dc:description dc:language table:scenario table:detective "
            "table:consolidation"
        ),
        Kind.METADATA,
    ),
}  # fmt: skip


class Outside(Protocol):
    """What handlers need of the file around the part (`_odf_builder`)."""

    findings: Findings

    def address(self, href: str) -> str: ...
    def picture(self, href: str, data: str | None, *, optional: bool = False) -> str: ...
    def stand_in(self) -> str: ...
    def embedded(self, element: Element) -> tuple[str, str]: ...
    def beside(self, element: Element) -> None: ...
    def control(self, identifier: str) -> str: ...


def sheets(root: Element) -> frozenset[str]:
    """The names of the sheets of a document that are kept."""
    found = (table.get(_TABLE_NAME, "") for table in root.iter(_TABLE))
    return frozenset(own for own in found if own and is_name(own))


def handlers(outside: Outside) -> dict[str, Handler]:
    """The handlers of all elements, by lxml's name."""
    elements = _Elements(outside)
    found: dict[str, Handler] = {
        name("text:a"): elements.link,
        name("draw:a"): elements.link,
        name("draw:frame"): elements.frame,
        name("draw:image"): elements.image,
        name("draw:fill-image"): elements.fill,
        name("style:background-image"): elements.fill,
        name("text:list-level-style-image"): elements.fill,
        name("draw:control"): elements.control,
        name("table:table"): elements.table,
        name("text:hidden-text"): elements.hidden,
        _FIELDMARK + "fieldmark": elements.fieldmark,
        name("chart:chart"): elements.chart,
        name("dc:date"): elements.date,
        name("draw:equation"): elements.equation,
        name("office:forms"): elements.forms,
        name("draw:object"): elements.loose,
        name("draw:object-ole"): elements.loose,
        name("draw:plugin"): elements.loose,
        name("draw:applet"): elements.loose,
        name("draw:floating-frame"): elements.loose,
    }
    found.update(dict.fromkeys(_ESSENTIAL, elements.whole))
    found.update(dict.fromkeys(UNWRAPPED, _unwrap))
    return found


def _unwrap(writer: Writer, element: Element) -> None:
    writer.findings.add(Kind.METADATA, Action.CONVERTED, where="field")
    writer.inside(element)


def _data_of(element: Element) -> str | None:
    """10.4.5, 16.33: bytes that lie in the part itself, in base64."""
    found: str | None = element.findtext(_DATA)
    return found


class _Elements:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside

    def link(self, writer: Writer, element: Element) -> None:
        """6.1.8, 10.4.12: the target by the profile; without one the label stays."""
        href = element.get(HREF, "")
        place = href if _PLACE.fullmatch(href) else self._outside.address(href)
        if not place:
            writer.inside(element)
            return
        writer.allowed(element, f" xlink:href={quoted(place)}{_SIMPLE}")

    def frame(self, writer: Writer, element: Element) -> None:
        """10.4.2: charts, formulas and tables are drawn without a picture; of others it is all."""
        wanted = shown = False
        inner = element.find(_OBJECT)
        place, kind = self._outside.embedded(inner) if inner is not None else ("", "")
        known = kind in _DRAWN or element.find(_TABLE) is not None
        optional = bool(place) or len(element.findall(_IMAGE)) > 1
        writer.put(f"<draw:frame{writer.attributes(element)}>")
        for child in element:
            if child.tag not in _REPRESENTATIONS:
                shown = shown or child.tag in _SHOWN
                writer.write(child)
                continue
            wanted = True
            if child.tag == _OBJECT and child is inner and place:
                ranges = writer.attributes(child, _LINK)
                writer.put(f"<draw:object{ranges} xlink:href={quoted(place)}{_EMBED}/>")
                shown = True
            elif child.tag == _IMAGE:
                shown = (not known and self._image(writer, child, optional=optional)) or shown
            else:
                self._replaced(writer, child)
        if wanted and not shown:
            writer.put(f"<draw:image xlink:href={quoted(self._outside.stand_in())}{_EMBED}/>")
        writer.put("</draw:frame>")

    def loose(self, writer: Writer, element: Element) -> None:
        """An object outside of a frame."""
        self._replaced(writer, element)

    def image(self, writer: Writer, element: Element) -> None:
        """10.4.4, outside of a frame."""
        self._image(writer, element)

    def fill(self, writer: Writer, element: Element) -> None:
        """16.42, 17.3, 16.33: pictures of styles; one without its picture means nothing."""
        href = element.get(HREF, "")
        data = _data_of(element)
        if not href and data is None:
            if element.tag == _BACKGROUND:
                writer.put("<style:background-image/>")
            return
        place = self._outside.picture(href, data)
        if not place:
            return
        bare = element.makeelement(element.tag, dict(element.items()))
        bare.attrib.pop(HREF, None)
        bare.extend(child for child in list(element) if child.tag != _DATA)
        writer.allowed(bare, f" xlink:href={quoted(place)}{_EMBED}")

    def control(self, writer: Writer, element: Element) -> None:
        """10.3.13: a form control becomes the text that it shows."""
        writer.drop(element, Kind.FORM, Action.CONVERTED)
        shown = self._outside.control(element.get(_CONTROL, ""))
        text = escaped(shown) if is_text(shown) else ""
        attributes = writer.attributes(element, frozenset((_CONTROL, _TEXT_STYLE)))
        writer.put(
            f"<draw:frame{attributes}><draw:text-box><text:p>{text}</text:p></draw:text-box>"
            "</draw:frame>"
        )

    def chart(self, writer: Writer, element: Element) -> None:
        """11.1: whether its values are those of the document around it, or its own."""
        own = element.get(HREF)
        writer.allowed(element, f" xlink:href={quoted(own)}{_SIMPLE}" if own in (".", "..") else "")

    def date(self, writer: Writer, element: Element) -> None:
        """14.3.2, of comments and changes: a date, or nothing."""
        day = (element.text or "").strip()
        if day and not _DATE.fullmatch(day):
            writer.drop(element, Kind.METADATA)
        elif day:
            writer.put(f"<dc:date>{escaped(day)}</dc:date>")

    def equation(self, writer: Writer, element: Element) -> None:
        """10.6.3: a part of an outline, which asks for it by this name."""
        if _EQUATION.fullmatch(element.get(_DRAW_NAME, "")):
            writer.allowed(element)
        else:
            writer.drop(element, Kind.METADATA)

    def whole(self, writer: Writer, element: Element) -> None:
        """What means another thing, or nothing, without its condition or its cells."""
        if writer.keeps(element, _ESSENTIAL[element.tag]):
            writer.allowed(element)
        else:
            writer.drop(element, Kind.FORMULA)

    def forms(self, writer: Writer, element: Element) -> None:
        """13.2: what its controls show is written where they stand; often there are none."""
        if len(element):
            writer.drop(element, Kind.FORM)

    def fieldmark(self, writer: Writer, element: Element) -> None:
        """LibreOffice: the boxes and the lists of Word's forms become what they show."""
        given = {
            param.get(_FIELDMARK + "name", ""): param.get(_FIELDMARK + "value", "")
            for param in element.iter(_FIELDMARK + "param")
        }
        kind = element.get(_FIELDMARK + "type", "").rpartition(".")[2]
        shown = ""
        if kind == "FORMCHECKBOX":
            shown = "☑" if given.get("Checkbox_Checked") == "true" else "☐"
        elif kind == "FORMDROPDOWN":
            entries = [
                param.get(_FIELDMARK + "value", "")
                for param in element.iter(_FIELDMARK + "param")
                if param.get(_FIELDMARK + "name") == "Dropdown_ListEntry"
            ]
            chosen = given.get("Dropdown_Selected", "")
            if chosen.isascii() and chosen.isdigit() and int(chosen[:6]) < len(entries):
                shown = entries[int(chosen[:6])]
        writer.drop(element, Kind.FORM, Action.CONVERTED)
        writer.text(shown if is_text(shown) else "")

    def hidden(self, writer: Writer, element: Element) -> None:
        """7.7.4: a text that its condition hides goes, one that it shows is text."""
        if element.get(_IS_HIDDEN) == "true":
            writer.drop(element, Kind.HIDDEN_TEXT)
        else:
            _unwrap(writer, element)

    def table(self, writer: Writer, element: Element) -> None:
        """9.1.2: a table that keeps what was read from another file goes."""
        if "file:" in element.get(_TABLE_NAME, "") or "://" in element.get(_TABLE_NAME, ""):
            writer.drop(element, Kind.EXTERNAL_REFERENCE)
            return
        writer.allowed(element)

    def _image(self, writer: Writer, element: Element, *, optional: bool = False) -> bool:
        href, data = element.get(HREF, ""), _data_of(element)
        place = self._outside.picture(href, data, optional=optional)
        if not place:
            return False
        writer.put(
            f"<draw:image{writer.attributes(element, frozenset((HREF, _MIME)))}"
            f" xlink:href={quoted(place)}{_EMBED}/>"
        )
        return True

    def _replaced(self, writer: Writer, element: Element) -> None:
        writer.drop(element, _OBJECTS[element.tag])
        self._outside.beside(element)


_BACKGROUND: Final = name("style:background-image")
_CONTROL: Final = name("draw:control")
_STYLE: Final = name("draw:style-name")
_TEXT_STYLE: Final = name("draw:text-style-name")
_TABLE_NAME: Final = name("table:name")
_EQUATION: Final = re.compile(r"f?\d{1,4}")
_DRAW_NAME: Final = name("draw:name")
_DATE: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[-+]\d\d:\d\d)?)?",
    re.ASCII,
)
_LINK: Final = frozenset((HREF,))
_MIME: Final = name("draw:mime-type")
_IS_HIDDEN: Final = name("text:is-hidden")
_TABLE: Final = name("table:table")
_ESSENTIAL: Final = {
    name("table:named-expression"): name("table:expression"),
    name("table:named-range"): name("table:cell-range-address"),
    name("table:database-range"): name("table:target-range-address"),
    name("style:map"): name("style:condition"),
    name("calcext:condition"): name("calcext:value"),
}
_DRAWN: Final = frozenset(("chart", "formula"))
_SHOWN: Final = names("draw:text-box table:table")
#: 10.4.6 to 10.4.10.
_OBJECTS: Final = {
    name("draw:object"): Kind.EMBEDDED_OBJECT,
    name("draw:object-ole"): Kind.EMBEDDED_OBJECT,
    name("draw:plugin"): Kind.EMBEDDED_FILE,
    name("draw:applet"): Kind.PROGRAM,
    name("draw:floating-frame"): Kind.EXTERNAL_REFERENCE,
}


def controls(root: Element) -> dict[str, str]:
    """What each form control shows (13.5), by its identifier; their styles get no filling."""
    styles = {control.get(_STYLE) for control in root.iter(name("draw:control"))}
    for section in root.iterfind(name("office:automatic-styles")):
        for style in section.iterfind(name("style:style")) if styles else ():
            if style.get(name("style:name")) in styles:
                for properties in style.iterfind(name("style:graphic-properties")):
                    properties.set(name("draw:fill"), "none")
                    properties.set(name("draw:stroke"), "none")
    found: dict[str, str] = {}
    for forms in root.iter(name("office:forms")):
        for control in forms.iter(f"{_FORM}*"):
            identifier = control.get(_FORM + "id") or control.get(name("xml:id"))
            if identifier:
                found[identifier] = _shown(control)
    return found


def _shown(control: Element) -> str:
    kind = control.tag[len(_FORM) :]
    label: str = control.get(_FORM + "label", "")
    if kind in ("checkbox", "radio"):
        marked = (
            control.get(_FORM + "current-state") == "checked"
            or control.get(_FORM + "current-selected") == "true"
        )
        return ("☑ " if marked else "☐ ") + label
    if kind in ("password", "hidden"):
        return ""
    if kind == "listbox":
        return ", ".join(
            option.get(_FORM + "label", "")
            for option in control.iter(_FORM + "option")
            if option.get(_FORM + "current-selected") == "true"
        )
    return control.get(_FORM + "current-value") or control.get(_FORM + "value") or label

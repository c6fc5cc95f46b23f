"""Documents with traps, written by code: flat OpenDocument in a ZIP, as LibreOffice reads it."""

from __future__ import annotations

import io
import zipfile

_NS = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0" '
    'xmlns:script="urn:oasis:names:tc:opendocument:xmlns:script:1.0" '
    'xmlns:ooo="http://openoffice.org/2004/office" '
    'xmlns:dom="http://www.w3.org/2001/xml-events" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2"'
)
_ODF = "application/vnd.oasis.opendocument."


def _document(
    kind: str, body: str, scripts: str = "", files: dict[str, str] | None = None
) -> bytes:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_NS}>'
        f"<office:scripts>{scripts}</office:scripts>"
        f"<office:body>{body}</office:body></office:document-content>"
    )
    files = {"content.xml": content, **(files or {})}
    rows = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in files
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODF}{kind}"/>{rows}'
        "</manifest:manifest>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("mimetype", _ODF + kind)
        for name, text in {**files, "META-INF/manifest.xml": manifest}.items():
            z.writestr(name, text)
    return out.getvalue()


def text(*paragraphs: str, more: str = "") -> bytes:
    """A text document."""
    lines = "".join(f"<text:p>{p}</text:p>" for p in paragraphs)
    return _document("text", f"<office:text>{lines}{more}</office:text>")


def text_with_links(file: str, address: str) -> bytes:
    """Reads `file` as a linked section and fetches `address` as a linked picture."""
    section = (
        '<text:section text:name="s"><text:section-source '
        f'xlink:href="file://{file}" xlink:type="simple" xlink:show="embed"/>'
        "<text:p>before</text:p></text:section>"
        '<text:p><draw:frame draw:name="p" svg:width="2cm" svg:height="2cm" '
        'text:anchor-type="as-char"><draw:image '
        f'xlink:href="{address}" xlink:type="simple" xlink:show="embed" '
        'xlink:actuate="onLoad"/></draw:frame></text:p>'
    )
    return text("visible", more=section)


_MODULE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1"
 script:language="StarBasic">Sub OnOpen
 ThisComponent.Sheets(0).getCellByPosition(0, 1).String = "MACRO RAN"
End Sub
</script:module>"""
_LIBRARY = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "library.dtd">
<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard"
 library:readonly="false" library:passwordprotected="false">
<library:element library:name="Module1"/></library:library>"""
_LIBRARIES = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE library:libraries PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN"
 "libraries.dtd">
<library:libraries xmlns:library="http://openoffice.org/2000/library"
 xmlns:xlink="http://www.w3.org/1999/xlink">
<library:library library:name="Standard" library:link="false"/></library:libraries>"""


def sheet_with_macro() -> bytes:
    """A spreadsheet whose macro writes "MACRO RAN" into a cell when it is opened."""
    body = (
        '<office:spreadsheet><table:table table:name="一"><table:table-row><table:table-cell '
        'office:value-type="string"><text:p>visible</text:p></table:table-cell>'
        "</table:table-row></table:table></office:spreadsheet>"
    )
    listener = (
        "<office:event-listeners><script:event-listener "
        'script:language="ooo:script" script:event-name="dom:load" xlink:href='
        '"vnd.sun.star.script:Standard.Module1.OnOpen?language=Basic&amp;location=document" '
        'xlink:type="simple"/></office:event-listeners>'
    )
    return _document(
        "spreadsheet",
        body,
        listener,
        {
            "Basic/script-lc.xml": _LIBRARIES,
            "Basic/Standard/script-lb.xml": _LIBRARY,
            "Basic/Standard/Module1.xml": _MODULE,
        },
    )

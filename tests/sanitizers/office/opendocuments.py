"""OpenDocument files made by code, as packages and flat."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping

from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.sanitizers.image.helpers import photo, saved

ODF = "application/vnd.oasis.opendocument."
ODT, ODS, ODP, ODG = (ODF + kind for kind in ("text", "spreadsheet", "presentation", "graphics"))
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES = {
    **{
        prefix: f"{_OASIS}{uri}:1.0"
        for prefix, uri in {
            "office": "office", "style": "style", "text": "text", "table": "table",
            "draw": "drawing", "fo": "xsl-fo-compatible", "meta": "meta", "number": "datastyle",
            "presentation": "presentation", "svg": "svg-compatible", "chart": "chart",
            "form": "form", "script": "script", "config": "config", "anim": "animation",
            "smil": "smil-compatible",
        }.items()
    },
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "math": "http://www.w3.org/1998/Math/MathML",
    "of": _OASIS + "of:1.2",
    "ooo": "http://openoffice.org/2004/office",
    "loext": "urn:org:documentfoundation:names:experimental:office:xmlns:loext:1.0",
    "calcext": "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
    "xhtml": "http://www.w3.org/1999/xhtml",
    "z": "urn:example:foreign",
}  # fmt: skip
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
VERSION = 'office:version="1.3"'
BODIES = {ODT: "text", ODS: "spreadsheet", ODP: "presentation", ODG: "drawing"}
PNG = saved(photo(), "PNG")


def content(body: str, kind: str = ODT, automatic: str = "", before: str = "") -> str:
    """content.xml; `before` follows the root's start tag."""
    word = BODIES.get(kind, kind)
    return (
        f"{HEAD}<office:document-content {DECLARED} {VERSION}>{before}"
        f"<office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:body><office:{word}>{body}</office:{word}></office:body>"
        "</office:document-content>"
    )


def styles(common: str = "", automatic: str = "", masters: str = "", fonts: str = "") -> str:
    """styles.xml."""
    return (
        f"{HEAD}<office:document-styles {DECLARED} {VERSION}>"
        f"<office:font-face-decls>{fonts}</office:font-face-decls>"
        f"<office:styles>{common}</office:styles>"
        f"<office:automatic-styles>{automatic}</office:automatic-styles>"
        f"<office:master-styles>{masters}</office:master-styles></office:document-styles>"
    )


def meta(inner: str) -> str:
    """meta.xml."""
    return (
        f"{HEAD}<office:document-meta {DECLARED} {VERSION}><office:meta>{inner}</office:meta>"
        "</office:document-meta>"
    )


def settings(inner: str) -> str:
    """settings.xml."""
    return (
        f"{HEAD}<office:document-settings {DECLARED} {VERSION}><office:settings>{inner}"
        "</office:settings></office:document-settings>"
    )


def manifest(inner: str = "") -> str:
    """META-INF/manifest.xml."""
    return (
        f'{HEAD}<manifest:manifest xmlns:manifest="{_OASIS}manifest:1.0" manifest:version="1.3">'
        f"{inner}</manifest:manifest>"
    )


def package(files: Mapping[str, str | bytes], kind: str = ODT, comment: bytes = b"") -> bytes:
    """The ZIP, its type first; `files` without it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        for name, data in {"META-INF/manifest.xml": manifest(), **files}.items():
            archive.writestr(name, data)
        archive.comment = comment
    return out.getvalue()


def text(body: str = "", files: Mapping[str, str | bytes] | None = None, **more: str) -> bytes:
    """A text whose body begins with a paragraph."""
    written = content(f"<text:p>本文</text:p>{body}", **more)
    return package({"content.xml": written, **(files or {})})


def sheet(
    cells: str = "", files: Mapping[str, str | bytes] | None = None, after: str = "",
    before: str = "", **more: str,
) -> bytes:  # fmt: skip
    """A spreadsheet with one row; `before` and `after` stand around its sheet."""
    body = (
        f'{before}<table:table table:name="集計"><table:table-row>{cells}</table:table-row>'
        f"</table:table>{after}"
    )
    return package({"content.xml": content(body, ODS, **more), **(files or {})}, ODS)


def slides(
    shapes: str = "", files: Mapping[str, str | bytes] | None = None, after: str = "", **more: str
) -> bytes:
    """A presentation with one slide; `after` follows its shapes."""
    body = f'<draw:page draw:name="一枚目">{frame(box("表題"))}{shapes}{after}</draw:page>'
    return package({"content.xml": content(body, ODP, **more), **(files or {})}, ODP)


def drawing(shapes: str = "", files: Mapping[str, str | bytes] | None = None) -> bytes:
    """A drawing with one page."""
    body = f'<draw:page draw:name="図">{frame(box("図形"))}{shapes}</draw:page>'
    return package({"content.xml": content(body, ODG), **(files or {})}, ODG)


def flat(body: str = "", kind: str = ODT, inner: str = "", attributes: str = "") -> bytes:
    """A flat file; `inner` stands before the body."""
    word = BODIES[kind]
    first = "<text:p>本文</text:p>" if kind == ODT else ""
    return (
        f'{HEAD}<office:document {DECLARED} {VERSION} office:mimetype="{kind}" {attributes}>'
        f"{inner}<office:body><office:{word}>{first}{body}</office:{word}></office:body>"
        "</office:document>"
    ).encode()


def frame(inner: str, attributes: str = "") -> str:
    """A frame of a page or a paragraph."""
    return f'<draw:frame svg:width="5cm" svg:height="3cm" {attributes}>{inner}</draw:frame>'


def box(words: str) -> str:
    """A text box."""
    return f"<draw:text-box><text:p>{words}</text:p></draw:text-box>"


def embed(element: str, href: str, inner: str = "") -> str:
    """An element that shows what `href` means."""
    return (
        f'<draw:{element} xlink:href="{href}" xlink:type="simple" xlink:show="embed" '
        f'xlink:actuate="onLoad">{inner}</draw:{element}>'
    )


def placed(inner: str, attributes: str = "") -> str:
    """A paragraph with a frame."""
    return f"<text:p>{frame(inner, attributes)}</text:p>"


def picture(href: str = "Pictures/a.png") -> str:
    """A paragraph with a picture."""
    return placed(embed("image", href))


def chart(inner: str = "", data: str = "") -> str:
    """content.xml of a chart."""
    return content(
        '<chart:chart chart:class="chart:bar" xlink:href=".." xlink:type="simple"><chart:title>'
        f"<text:p>図表の題</text:p></chart:title><chart:plot-area>{inner}</chart:plot-area>{data}"
        "</chart:chart>",
        "chart",
    )


FORMULA = (
    f'{HEAD}<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow><mi>x</mi><mo>=</mo>'
    "<mn>42</mn></mrow>{}</semantics></math>"
)


def value(number: str = "1", formula: str = "", words: str = "") -> str:
    """A cell with a number."""
    computed = f' table:formula="{formula}"' if formula else ""
    return (
        f'<table:table-cell{computed} office:value-type="float" office:value="{number}">'
        f"<text:p>{words or number}</text:p></table:table-cell>"
    )


def encrypted(files: Mapping[str, str], password: str, *, cipher: str = "aes") -> bytes:
    """A package as OpenOffice 3.4 ("aes") or ODF 1.1 ("blowfish") encrypts it (part 2, 3.4)."""
    out, rows = io.BytesIO(), []
    packed: dict[str, bytes] = {}
    for name, data in files.items():
        raw = data.encode()
        salt, vector = hashlib.sha256(name.encode()).digest()[:16], b"v" * 16
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        plain = deflater.compress(raw) + deflater.flush()
        packed[name], how = _CIPHERS[cipher](plain, password.encode(), salt, vector)
        rows.append(
            f'<manifest:file-entry manifest:full-path="{name}" manifest:size="{len(raw)}">{how}'
            "</manifest:file-entry>"
        )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("mimetype", ODT)
        for name, data in packed.items():
            archive.writestr(name, data)
        archive.writestr("META-INF/manifest.xml", manifest("".join(rows)))
    return out.getvalue()


def _how(algorithm: str, kind: str, digest: bytes, salt: bytes, vector: bytes, start: str) -> str:
    def b64(data: bytes) -> str:
        return base64.b64encode(data).decode()

    return (
        f'<manifest:encryption-data manifest:checksum-type="{kind}" '
        f'manifest:checksum="{b64(digest)}"><manifest:algorithm '
        f'manifest:algorithm-name="{algorithm}" manifest:initialisation-vector="{b64(vector)}"/>'
        f'{start}<manifest:key-derivation manifest:key-derivation-name="PBKDF2" '
        f'manifest:iteration-count="1024" manifest:salt="{b64(salt)}" {{size}}/>'
        "</manifest:encryption-data>"
    )


def _aes(plain: bytes, password: bytes, salt: bytes, vector: bytes) -> tuple[bytes, str]:
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha256(password).digest(), salt, 1024, 32)
    padding = 16 - len(plain) % 16
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    how = _how(
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc", f"{_OASIS}manifest:1.0#sha256-1k",
        hashlib.sha256(plain[:1024]).digest(), salt, vector,
        '<manifest:start-key-generation manifest:start-key-generation-name='
        '"http://www.w3.org/2000/09/xmldsig#sha256" manifest:key-size="32"/>',
    ).format(size='manifest:key-size="32"')  # fmt: skip
    return encryptor.update(plain + bytes([0] * (padding - 1) + [padding])), how


def _blowfish(plain: bytes, password: bytes, salt: bytes, vector: bytes) -> tuple[bytes, str]:
    key = hashlib.pbkdf2_hmac("sha1", hashlib.sha1(password).digest(), salt, 1024, 16)
    encryptor = Cipher(Blowfish(key), CFB(vector[:8])).encryptor()
    how = _how("Blowfish CFB", "SHA1/1K", hashlib.sha1(plain[:1024]).digest(), salt, vector[:8], "")
    return encryptor.update(plain) + encryptor.finalize(), how.format(size="")


_CIPHERS = {"aes": _aes, "blowfish": _blowfish}

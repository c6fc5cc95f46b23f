"""The worst pages side by side: one HTML file, no script, nothing fetched."""

from __future__ import annotations

import base64
import html
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

WORST: Final = 50
_HEAD: Final = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:;
 style-src 'unsafe-inline'">
<title>Fidelity: the worst pages</title>
<style>
body { font: 14px/1.5 sans-serif; margin: 2em auto; max-width: 1400px; padding: 0 1em }
figure { display: inline-block; margin: 0 1em 1em 0; vertical-align: top }
img { border: 1px solid #999; max-width: 420px }
h2 { font-size: 15px; margin: 2em 0 .3em; overflow-wrap: anywhere }
p { margin: 0 0 .5em; color: #444 }
</style></head><body>
<h1>Fidelity: the worst pages</h1>
<p>Before, after, and where they differ (dark), drawn by programs that no sanitizer uses.</p>
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """One page before and after, grey."""

    name: str
    page: int  # from 1
    likeness: float
    findings: tuple[str, ...]
    before: Image.Image
    after: Image.Image


def _picture(picture: Image.Image, caption: str) -> str:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode("ascii")
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    size = max(before.width, after.width), max(before.height, after.height)
    sheets = []
    for picture in (before, after):
        sheet = Image.new("L", size, 255)
        sheet.paste(picture)
        sheets.append(sheet)
    return ImageChops.invert(ImageChops.difference(*sheets))


def page(pairs: list[Pair]) -> str:
    """The whole file; the names are the sample set's, and text here."""
    pieces = [_HEAD]
    for pair in sorted(pairs, key=lambda p: p.likeness)[:WORST]:
        said = ", ".join(pair.findings) or "no findings"
        pieces += [
            f"<h2>{html.escape(pair.name)}, page {pair.page}: SSIM {pair.likeness:.4f}</h2>",
            f"<p>{html.escape(said)}</p>",
            _picture(pair.before, "before"),
            _picture(pair.after, "after"),
            _picture(_difference(pair.before, pair.after), "difference"),
        ]
    return "\n".join([*pieces, "</body></html>\n"])

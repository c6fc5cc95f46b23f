"""SVG and SVGZ: the drawing written anew from allow-listed elements, attributes and values.

What runs, moves, loads, links or is not drawn does not cross; style sheets become
properties, ids become our own, and pictures inside go through their own sanitizers. Only
what the grammars of `_svg_rules` accept is written, never a byte of the file's markup.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.markup._svg_read import Reader
from sanitizers.markup._svg_source import parse
from sanitizers.markup._svg_tree import Drawing, Node
from sanitizers.model import (
    Cleaned,
    Job,
    Member,
    Method,
    Outcome,
    Output,
    Rebuilt,
    Sanitizer,
    Split,
    SplitKind,
)

#: Pictures that every reader of SVG shows (SVG 2, 12.1, and what browsers add).
_SHOWN: Final = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
#: Office and older programs read references only in the namespace of XLink.
_NAMESPACES: Final = (
    ' xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


class Svg(Sanitizer):
    """A drawing, kept as a drawing."""

    media_types = ("image/svg+xml",)
    methods = (Method.SANITIZE,)
    outputs = ("image/svg+xml",)

    def clean(self, job: Job, out: Output) -> Cleaned | Split:
        """Write the drawing to `out`, or hand out its pictures first.

        Raises:
            Withheld: DAMAGED, EMPTY, TOO_LARGE, TOO_DEEP or TOO_MANY_PARTS.
        """
        findings = Findings()
        reader = Reader(parse(job.data, findings), findings)
        if not reader.pictures:
            return _written(reader.drawing, [], findings, out)
        members = []
        for number, (claimed, data) in enumerate(reader.pictures, 1):
            members.append(
                Member(
                    name=f"image-{number}",
                    claimed_type=claimed,
                    claimed_charset="",
                    offset=out.tell(),
                    size=len(data),
                )
            )
            out.write(data)
        return Split(kind=SplitKind.CONTAINER, members=tuple(members), findings=findings.freeze())

    def assemble(self, job: Job, members: Sequence[Rebuilt], out: Output) -> Cleaned:
        """Write the drawing with what became of its pictures."""
        reader = Reader(parse(job.data, Findings()), Findings())
        findings = Findings()
        pictures = []
        for member in members:
            shown = member.data is not None and member.media_type in _SHOWN
            if not shown and member.outcome is Outcome.CLEAN:
                findings.add(Kind.EMBEDDED_OBJECT, Action.REMOVED, where="image")
            pictures.append(_data_url(member) if shown else "")
        return _written(reader.drawing, pictures, findings, out)


def _data_url(member: Rebuilt) -> str:
    assert member.data is not None
    return f"data:{member.media_type};base64,{base64.b64encode(member.data).decode('ascii')}"


def _written(drawing: Drawing, pictures: Sequence[str], findings: Findings, out: Output) -> Cleaned:
    pieces = [_HEAD]
    _Writer(drawing, pictures, pieces).element(drawing.root, root=True)
    pieces.append("\n")
    out.write("".join(pieces).encode("utf-8"))
    return Cleaned(
        media_type="image/svg+xml",
        extension=".svg",
        method=Method.SANITIZE,
        findings=findings.freeze(),
    )


class _Writer:
    """Appends the alive elements of a drawing to `pieces`."""

    def __init__(self, drawing: Drawing, pictures: Sequence[str], pieces: list[str]) -> None:
        self._names = drawing.names
        self._targets = drawing.by_identity
        self._alive = {id(drawing.by_identity[i]): name for i, name in drawing.names.items()}
        self._pictures = pictures
        self._pieces = pieces

    def element(self, node: Node, *, root: bool = False) -> None:
        """One element; of a definition that nobody needs, only what others need of it."""
        name = self._alive.get(id(node))
        if node.waits and name is None:
            start = len(self._pieces)
            self._pieces.append("<defs>")
            self._needed(node)
            if len(self._pieces) == start + 1:
                self._pieces.pop()
            else:
                self._pieces.append("</defs>")
            return
        if node.tag == "image" and not (node.picture >= 0 and self._pictures[node.picture]):
            return
        self._pieces.append(f"<{node.tag}")
        if root:
            self._pieces.append(_NAMESPACES)
        self._write_attributes(node, name)
        if not node.content:
            self._pieces.append("/>")
            return
        self._pieces.append(">")
        for child in node.content:
            if isinstance(child, str):
                self._pieces.append(child.translate(_ESCAPES))
            else:
                self.element(child)
        self._pieces.append(f"</{node.tag}>")

    def _needed(self, node: Node) -> None:
        for child in node.content:
            if isinstance(child, str):
                continue
            if id(child) in self._alive:
                self.element(child)
            else:
                self._needed(child)

    def _write_attributes(self, node: Node, name: str | None) -> None:
        if name is not None:
            self._pieces.append(f' id="{name}"')
        for key, value in node.attributes:
            self._pieces.append(f' {key}="{value.translate(_ESCAPES)}"')
        for key, target, rest in node.references:
            own = self._names[target]
            if key == "href":
                self._pieces.append(f' xlink:href="#{own}"')
            else:
                self._pieces.append(f' {key}="{f"url(#{own}) {rest}".strip()}"')
        if node.picture >= 0:
            self._pieces.append(f' xlink:href="{self._pictures[node.picture]}"')

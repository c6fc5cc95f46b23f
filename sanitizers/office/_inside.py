"""The files inside a package that are cleaned in children of their own.

Found along the relationships that the builder follows: pictures and the workbooks behind
charts, which go back into the package, and embedded files, which go beside it.
"""

from __future__ import annotations

import posixpath
from typing import Final

from sanitizers.findings import Findings
from sanitizers.limits import MAX_PARTS
from sanitizers.model import Member, Output
from sanitizers.names import clean_name
from sanitizers.office import _embedded, _kinds, _object_pictures, _opc
from sanitizers.office._package import Package
from sanitizers.reasons import ReasonCode, Withheld

#: Kinds behind which a file of its own lies, for its own sanitizer.
_FILES: Final = frozenset(("image", "workbookFile"))
_EMBEDDED: Final = frozenset(("package", "oleObject"))  # 15.2.10, 15.2.11
_MAIN: Final = "officeDocument"


class Inside:
    """The files of a package whose main part is of the kind `main`."""

    def __init__(self, package: Package, main: str) -> None:
        """Follow the relationships.

        Raises:
            Withheld: DAMAGED; TOO_MANY_PARTS.
        """
        self._package = package
        self.parts: dict[str, str] = {}  # part → kind
        self._embedded: dict[str, bool] = {}  # part → whether it is a file as it is
        self._ignored = Findings()  # the pass that builds reports
        seen: set[tuple[str, str]] = set()
        waiting: list[tuple[str, str]] = [
            (main, row.target)
            for row in _opc.relationships(package, "", self._ignored)
            if _kinds.short_type(row.type) == _MAIN and row.target and not row.external
        ][:1]
        while waiting:
            kind, part = waiting.pop()
            if (kind, part) not in seen:
                seen.add((kind, part))
                waiting += self._look(kind, part)
        if len(self.parts) + len(self._embedded) > MAX_PARTS:
            raise Withheld(ReasonCode.TOO_MANY_PARTS, "files inside")

    def _look(self, kind: str, part: str) -> list[tuple[str, str]]:
        """Note the files that `part` refers to; the other parts."""
        others: list[tuple[str, str]] = []
        objects = False
        for row in _opc.relationships(self._package, part, self._ignored):
            short = _kinds.short_type(row.type)
            target = _kinds.KINDS[kind].relations.get(short)
            if row.external or not row.target or target == "hyperlink":
                continue
            if target in _FILES:
                self.parts.setdefault(row.target, target)
            elif target is not None:
                others.append((target, row.target))
            elif short in _EMBEDDED:
                self._embedded.setdefault(row.target, short == "package")
                objects = True
        if objects:
            for picture in _object_pictures.pictures(self._package, part, self._ignored).values():
                self.parts.setdefault(picture.part, "image")
        return others

    def write(self, out: Output) -> tuple[Member, ...]:
        """Write the files one after another: `parts` in their order, then embedded ones."""
        members = [
            self._member(out, clean_name(posixpath.basename(part)), self._package.read(part))
            for part in self.parts
        ]
        for part, as_it_is in self._embedded.items():
            if part not in self.parts:
                file = _embedded.unpacked(self._package.read(part), package=as_it_is)
                if file is not None:
                    name = file.name or f"embedded-{len(members) - len(self.parts) + 1}"
                    members.append(self._member(out, name, file.data, beside=True))
        return tuple(members)

    @staticmethod
    def _member(out: Output, name: str, data: bytes, *, beside: bool = False) -> Member:
        offset = out.tell()
        out.write(data)
        return Member(
            name=name, claimed_type="", claimed_charset="", offset=offset, size=len(data),
            inline=not beside, beside=beside,
        )  # fmt: skip

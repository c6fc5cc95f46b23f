"""Style sheets of a document: which declarations an element gets (CSS Cascade 4).

Reads rules whose selectors are made of tags, classes, ids and attributes, joined by a space
or `>` (Selectors 4); all others, and media that are not a screen of usual width, are left
out. The work for one document is bounded: past the bound the rules hide nothing more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from selectolax.lexbor import LexborNode

from sanitizers.text._html_style import (
    NO_EFFECT,
    Effect,
    declarations,
    effect_of,
    has_remote,
    important,
)

_MAX_SHEET: Final = 500_000  # characters read of all style sheets of a document
_MAX_RULES: Final = 5_000
_MAX_SELECTOR: Final = 300  # characters
_MAX_STEPS: Final = 1_000_000  # elements compared with parts of selectors, about 0.5 s
_MAX_KNOWN: Final = 4_096  # effects remembered; a newsletter has some dozens
_MAX_CLASSES: Final = 50  # of one element
_SCREEN: Final = 900.0  # pixels: a mail window on a desk

_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_BRACE: Final = re.compile(r"[{}]")
_NAME: Final = r"-?[a-z_\u0080-\uffff][\w-]*"
_ATTRIBUTE: Final = rf"\[({_NAME})(?:([~|^$*]?=)(?:\"([^\"\s>]*)\"|'([^'\s>]*)'|([\w-]+)))?\]"
_MARK: Final = re.compile(rf"([.#])({_NAME})|{_ATTRIBUTE}", re.I)
_TAG: Final = re.compile(rf"\*|{_NAME}|", re.I)
_JOINT: Final = re.compile(r"\s*(>)\s*|\s+")
_FEATURE: Final = re.compile(r"\(\s*(min|max)(?:-device)?-width\s*:\s*(\d+(?:\.\d+)?)px\s*\)")

Attributes = Mapping[str, str | None]


class _Compound(NamedTuple):
    """One part of a selector: what one element must be."""

    tag: str  # "" for any
    identity: str
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]  # name, operator or "", value
    child: bool  # joined to the part on its left by `>`

    def fits(self, tag: str, attributes: Attributes) -> bool:
        """Whether an element is what this part says."""
        if self.tag and self.tag != tag:
            return False
        if self.identity and attributes.get("id") != self.identity:
            return False
        if self.classes:
            names = (attributes.get("class") or "").split(None, _MAX_CLASSES)
            if not all(name in names for name in self.classes):
                return False
        return all(_compares(attributes, *wanted) for wanted in self.attributes)


def _compares(attributes: Attributes, name: str, operator: str, value: str) -> bool:
    """An attribute selector (Selectors 4, 6)."""
    if name not in attributes:
        return False
    given = attributes[name] or ""
    match operator:
        case "":
            return True
        case "=":
            return given == value
        case "~=":
            return value in given.split()
        case "|=":
            return given == value or given.startswith(value + "-")
        case "^=":
            return bool(value) and given.startswith(value)
        case "$=":
            return bool(value) and given.endswith(value)
        case _:
            return bool(value) and value in given


class _Rule(NamedTuple):
    """Declarations, and whom they are for."""

    rank: tuple[int, int, int, int]  # specificity (Selectors 4, 17), then order
    selector: tuple[_Compound, ...]  # the element itself first, then outwards
    found: Mapping[str, str]
    important: Mapping[str, str]


class Sheet:
    """The rules of a document that concern seen and unseen text."""

    def __init__(self) -> None:
        self._rules: dict[str, list[_Rule]] = {}  # by id, class or tag of the element itself
        self._count = 0
        self._known: dict[tuple[str | None, ...], Effect] = {}
        self._unread = _MAX_SHEET
        self._steps = _MAX_STEPS

    @property
    def has_rules(self) -> bool:
        """Whether any rule may apply."""
        return bool(self._rules)

    # ------------------------------------------------------------------------ reading

    def read(self, css: str) -> None:
        """Add the rules of one `<style>`."""
        self._known.clear()
        css = css[: self._unread]
        self._unread -= len(css)
        css = _COMMENT.sub(" ", css).replace("<!--", " ").replace("-->", " ")
        at = skipped = 0  # `skipped`: open braces of a block that does not apply
        selector: str | None = None
        for brace in _BRACE.finditer(css):
            if brace[0] == "{":
                prelude = css[at : brace.start()].rpartition(";")[2].strip()
                if skipped or selector is not None:
                    skipped += 1
                elif prelude.startswith("@"):
                    skipped = 0 if _applies(prelude) else 1
                else:
                    selector = prelude
            elif skipped:
                skipped -= 1
            elif selector is not None:
                self._add(selector, css[at : brace.start()])
                selector = None
            at = brace.end()

    def _add(self, selectors: str, body: str) -> None:
        found = declarations(body)
        if not found:
            return
        weighty = important(body)
        for text in selectors.split(","):
            selector = _parsed(text.strip())
            if not selector or self._count >= _MAX_RULES:
                continue
            rank = (
                sum(1 for c in selector if c.identity),
                sum(len(c.classes) + len(c.attributes) for c in selector),
                sum(1 for c in selector if c.tag),
                self._count,
            )
            own = selector[0]
            key = f"#{own.identity}" if own.identity else own.tag or "*"
            if own.classes and not own.identity:
                key = f".{own.classes[0]}"
            self._rules.setdefault(key, []).append(_Rule(rank, selector, found, weighty))
            self._count += 1

    # ----------------------------------------------------------------------- applying

    def effect(self, node: LexborNode, tag: str, attributes: Attributes) -> Effect:
        """What the rules and the `style` attribute do to one element."""
        key: tuple[str | None, ...] = (tag,)
        if attributes:
            get = attributes.get
            key = (tag, get("class"), get("id"), get("style"))
        effect = self._known.get(key)
        if effect is None:
            effect, anywhere = self._cascade(node, tag, attributes)
            if anywhere:
                if len(self._known) >= _MAX_KNOWN:
                    self._known.clear()
                self._known[key] = effect
        return effect

    def _cascade(self, node: LexborNode, tag: str, attributes: Attributes) -> tuple[Effect, bool]:
        """The effect, and whether all elements of these attributes have it, wherever they are."""
        style = attributes.get("style") or ""
        anywhere = True
        rules: list[_Rule] = []
        for key in self._keys(tag, attributes):
            for rule in self._rules.get(key, ()):
                if self._steps <= 0:
                    break
                self._steps -= 1
                own = rule.selector[0]
                alone = len(rule.selector) == 1
                anywhere = anywhere and alone and not own.attributes
                if own.fits(tag, attributes) and (alone or self._lies_in(node, rule.selector)):
                    rules.append(rule)
        rules.sort(key=lambda rule: rule.rank)
        merged: dict[str, str] = {}
        for rule in rules:
            merged.update(rule.found)
        merged.update(declarations(style))
        for rule in rules:
            merged.update(rule.important)
        merged.update(important(style))
        remote = has_remote(style)
        if not merged and not remote:
            return NO_EFFECT, anywhere
        return effect_of(merged)._replace(remote=remote), anywhere

    def _keys(self, tag: str, attributes: Attributes) -> list[str]:
        keys = ["*", tag]
        if self._rules and attributes:
            names = (attributes.get("class") or "").split(None, _MAX_CLASSES)
            keys += [f".{name}" for name in dict.fromkeys(names)]
            keys.append(f"#{attributes.get('id')}")
        return keys

    def _lies_in(self, node: LexborNode, selector: tuple[_Compound, ...]) -> bool:
        """Whether the elements around `node` are what the outer parts of the selector say."""
        open_: list[tuple[LexborNode, int]] = [(node, 1)]  # matched so far, next part
        while open_:
            inner, part = open_.pop()
            outer = inner.parent
            while outer is not None and self._steps > 0:
                self._steps -= 1
                if outer.is_element_node and selector[part].fits(outer.tag or "", outer.attributes):
                    if part + 1 == len(selector):
                        return True
                    open_.append((outer, part + 1))
                if selector[part - 1].child:
                    break
                outer = outer.parent
        return False


def _applies(prelude: str) -> bool:
    """Whether a block starting with `prelude` holds on a screen of usual width."""
    at_rule, _, queries = " ".join(prelude[1:].lower().split()).partition(" ")
    queries = queries or "all"
    return at_rule == "media" and any(_holds(query.strip()) for query in queries.split(","))


def _holds(query: str) -> bool:
    conditions = query.removeprefix("only ").split(" and ")
    for condition in map(str.strip, conditions):
        feature = _FEATURE.fullmatch(condition)
        if feature:
            limit = float(feature[2])
            if limit > _SCREEN if feature[1] == "min" else limit < _SCREEN:
                return False
        elif condition not in ("all", "screen"):
            return False
    return True


def _parsed(text: str) -> tuple[_Compound, ...]:
    """A selector, or () for one that this reader does not know."""
    if len(text) > _MAX_SELECTOR:
        return ()
    pieces = _JOINT.split(text)  # part, ">" or None, part …
    parts: list[_Compound] = []
    for index in range(0, len(pieces), 2):
        part = pieces[index]
        tag = _TAG.match(part)
        at = tag.end() if tag else 0
        classes: list[str] = []
        attributes: list[tuple[str, str, str]] = []
        identity = ""
        while mark := _MARK.match(part, at):
            at = mark.end()
            if mark[1] == ".":
                classes.append(mark[2])
            elif mark[1]:
                identity = mark[2]
            else:
                attributes.append(
                    (mark[3].lower(), mark[4] or "", mark[5] or mark[6] or mark[7] or "")
                )
        if not part or at < len(part):
            return ()
        name = "" if tag is None or tag[0] == "*" else tag[0].lower()
        child = index > 0 and pieces[index - 1] == ">"
        parts.append(_Compound(name, identity, tuple(classes), tuple(attributes), child))
    return tuple(reversed(parts))

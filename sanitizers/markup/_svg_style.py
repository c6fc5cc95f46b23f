"""Style sheets of a drawing, turned into presentation attributes of its elements.

Reads rules whose selectors are one tag, class or id, or these together (`rect.a#b`), as
drawing programs write them; every other rule and every at-rule is left out. No text of a
sheet crosses: what comes out are properties and values of `_svg_rules.PROPERTIES`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from sanitizers.markup._svg_rules import PROPERTIES

_MAX_SHEET: Final = 1_000_000  # characters of all sheets; the largest real ones have 200,000
_MAX_RULES: Final = 20_000
_MAX_KNOWN: Final = 4_096  # answers remembered; a drawing asks some dozens of questions
_MAX_DECLARATIONS: Final = 200  # of one rule

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.S)
_AT_RULE: Final = re.compile(r"@[^{};]*+(?:;|\{(?:[^{}]++|\{[^{}]*+\})*+\}?)")
_RULE: Final = re.compile(r"([^{}]*+)\{([^{}]*+)\}")
_SELECTOR: Final = re.compile(r"(\*|[A-Za-z][\w-]*)?((?:[.#][\w\u0080-\uffff-]+)*)")
_MARK: Final = re.compile(r"([.#])([^.#]+)")
_IMPORTANT: Final = re.compile(r"\s*!\s*important\s*\Z", re.I)


class _Rule(NamedTuple):
    tag: str
    identity: str
    classes: frozenset[str]
    weight: tuple[int, int, int]  # Selectors 4, 17: ids, classes, tags
    properties: dict[str, str]


def declarations(text: str) -> dict[str, str]:
    """The allowed properties of a declaration list, the last one of a name."""
    found: dict[str, str] = {}
    for row in _COMMENT.sub("", text).split(";", _MAX_DECLARATIONS)[:_MAX_DECLARATIONS]:
        name, colon, value = row.partition(":")
        name = name.strip().lower()
        grammar = PROPERTIES.get(name)
        value = _IMPORTANT.sub("", value).strip()
        if colon and grammar is not None and grammar.fullmatch(value):
            found[name] = value
    return found


class Sheet:
    """The rules of all style sheets of one drawing."""

    def __init__(self, text: str) -> None:
        text = _AT_RULE.sub("", _COMMENT.sub("", text[:_MAX_SHEET]))
        self._by_key: dict[str, list[tuple[int, _Rule]]] = {}
        self._known: dict[tuple[str, str, str], dict[str, str]] = {}
        count = 0
        for selectors, body in _RULE.findall(text):
            properties = declarations(body)
            for selector in selectors.split(","):
                rule = _rule(selector.strip(), properties)
                if rule is None or count >= _MAX_RULES:
                    continue
                count += 1
                key = f"#{rule.identity}" if rule.identity else min(rule.classes, default="")
                key = key if rule.identity else f".{key}" if rule.classes else rule.tag
                self._by_key.setdefault(key, []).append((count, rule))

    def of(self, tag: str, identity: str, classes: str) -> dict[str, str]:
        """The properties that the rules give an element."""
        if not self._by_key:
            return {}
        if f"#{identity}" not in self._by_key:
            identity = ""
        key = (tag, identity, classes)
        known = self._known.get(key)
        if known is None:
            known = self._cascade(tag, identity, classes)
            if len(self._known) < _MAX_KNOWN:
                self._known[key] = known
        return known

    def _cascade(self, tag: str, identity: str, classes: str) -> dict[str, str]:
        names = frozenset(classes.split())
        keys = ["*", tag, *(f".{name}" for name in sorted(names))]
        if identity:
            keys.append(f"#{identity}")
        fitting = [
            (rule.weight, number, rule.properties)
            for key in keys
            for number, rule in self._by_key.get(key, ())
            if rule.tag in ("*", tag) and rule.identity in ("", identity) and rule.classes <= names
        ]
        merged: dict[str, str] = {}
        for _, _, properties in sorted(fitting, key=lambda row: row[:2]):
            merged.update(properties)
        return merged


def _rule(selector: str, properties: dict[str, str]) -> _Rule | None:
    match = _SELECTOR.fullmatch(selector)
    if not selector or match is None:
        return None
    marks = _MARK.findall(match[2] or "")
    identities = [name for sign, name in marks if sign == "#"]
    classes = frozenset(name for sign, name in marks if sign == ".")
    tag = match[1] or "*"
    if len(identities) > 1:
        return None
    return _Rule(
        tag=tag,
        identity=identities[0] if identities else "",
        classes=classes,
        weight=(len(identities), len(classes), int(tag != "*")),
        properties=properties,
    )

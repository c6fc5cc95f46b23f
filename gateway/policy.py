"""Which method applies to which type, for which sender and recipient.

`policy.toml` names profiles and rules. The first rule without `type` that matches picks
the profile of a delivery; every matching rule with `type` overrides the method of parts
of that type. Nothing here can let an unsanitized part cross: a method that no sanitizer
offers withholds the part.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.errors import ConfigError, nearest
from sanitizers.model import Method

#: "default" = the first method that the type's sanitizer offers.
MethodName = Literal["default", "sanitize", "image_pdf", "text", "none"]
TypePattern = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9.+-]+|\*)/([a-z0-9.+-]+|\*)$", max_length=127)
]
AddressPattern = Annotated[str, StringConstraints(min_length=1, max_length=320)]
ProfileName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
_CACHE: Final = 4096  # distinct (sender, recipient) pairs remembered


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Profile(_Strict):
    """A named policy."""

    description: str = ""
    choosable: bool = False  # by staff for an upload, where no rule sets another
    attachments: Literal["inline", "drop"] = "inline"
    #: off, optional (a scanner that is down is only noted), required (what waits is held)
    scan: Literal["off", "optional", "required"] = "optional"
    #: archives that a password opened are closed with it again
    reencrypt: bool = False
    #: how much cleaned files keep is measured of no part, of one of a hundred, or of all
    fidelity: Literal["never", "sampled", "always"] = "sampled"
    #: links of documents to http, https and mail addresses: only their text, or to be clicked
    links: Literal["text", "keep"] = "text"
    methods: dict[TypePattern, MethodName] = Field(default_factory=dict)


class Rule(_Strict):
    """One line of the rule table; an absent pattern matches everything."""

    sender: AddressPattern = "*"
    recipient: AddressPattern = "*"
    type: TypePattern | None = None
    profile: ProfileName | None = None
    method: MethodName | None = None


class PolicyFile(_Strict):
    """The file as written."""

    version: Literal[1] = 1
    default_profile: ProfileName = "standard"
    profiles: dict[ProfileName, Profile]
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Effective:
    """What applies to one delivery. Equal values share one assembled mail."""

    label: str  # profile name, with the numbers of the type rules that changed it
    attachments: str
    scan: str
    reencrypt: bool
    links: str
    methods: tuple[tuple[str, str], ...]  # (type pattern, method), first match wins
    fidelity: str

    def method_for(self, media_type: str, offered: tuple[str, ...]) -> str:
        """The method for a part of `media_type`; "none" = withhold by policy.

        `offered` are the methods of the type's sanitizer, its default first.
        """
        for pattern, method in self.methods:
            if _type_matches(pattern, media_type):
                wanted = method
                break
        else:
            wanted = "default"
        if wanted == "default":
            return offered[0] if offered else Method.NONE.value
        return wanted if wanted in offered else Method.NONE.value


def _type_matches(pattern: str, media_type: str) -> bool:
    major, _, minor = pattern.partition("/")
    have_major, _, have_minor = media_type.partition("/")
    return major in ("*", have_major) and minor in ("*", have_minor)


def _specificity(pattern: str) -> int:
    major, _, minor = pattern.partition("/")
    return (major == "*") * 2 + (minor == "*")


def _address_matches(pattern: str, address: str) -> bool:
    """`*`, `user@host`, `*@host`, `*@*.host` (and below), without regard to case."""
    pattern, address = pattern.lower(), address.lower()
    if pattern in ("*", address):
        return True
    want_local, _, want_domain = pattern.rpartition("@")
    local, _, domain = address.rpartition("@")
    if want_local not in ("*", local):
        return False
    if want_domain.startswith("*."):
        return domain.endswith(want_domain[1:])
    return want_domain in ("*", domain)


class Policy:
    """The checked policy of one installation."""

    def __init__(self, file: PolicyFile) -> None:
        self.file = file
        self._effective = lru_cache(maxsize=_CACHE)(self._resolve)

    def for_delivery(self, *, sender: str, recipient: str) -> Effective:
        """What applies when `sender` (envelope, "" = null) writes to `recipient`."""
        return self._effective(sender, recipient)

    def for_upload(self, *, sender: str, recipient: str, wished: str) -> Effective:
        """What applies to an upload. A wished profile gives way to one that a rule sets."""
        matching = self.explain(sender=sender, recipient=recipient)
        if wished not in self.choosable or any(rule.profile for _, rule in matching):
            return self.for_delivery(sender=sender, recipient=recipient)
        typed = [(n, r) for n, r in matching if r.type is not None]
        return self._with(wished, self.file.profiles[wished], typed)

    @property
    def choosable(self) -> dict[str, str]:
        """Profiles that staff may choose for an upload, with their descriptions."""
        return {n: p.description for n, p in self.file.profiles.items() if p.choosable}

    def explain(self, *, sender: str, recipient: str) -> list[tuple[int, Rule]]:
        """The rules that match, with their numbers from 1, in the order of the file."""
        return [
            (number, rule)
            for number, rule in enumerate(self.file.rules, start=1)
            if _address_matches(rule.sender, sender) and _address_matches(rule.recipient, recipient)
        ]

    def profile(self, name: str) -> Effective:
        """A profile alone, as `mugaika sanitize --profile` uses it.

        Raises:
            KeyError: no such profile.
        """
        return self._with(name, self.file.profiles[name], [])

    def _resolve(self, sender: str, recipient: str) -> Effective:
        matching = self.explain(sender=sender, recipient=recipient)
        name = next(
            (r.profile for _, r in matching if r.type is None and r.profile is not None),
            self.file.default_profile,
        )
        typed = [(n, r) for n, r in matching if r.type is not None]
        return self._with(name, self.file.profiles[name], typed)

    @staticmethod
    def _with(name: str, profile: Profile, typed: list[tuple[int, Rule]]) -> Effective:
        own = sorted(profile.methods.items(), key=lambda item: (_specificity(item[0]), item[0]))
        overrides = [(str(r.type), str(r.method)) for _, r in typed]
        label = name + "".join(f"+{number}" for number, _ in typed)
        return Effective(
            label=label,
            attachments=profile.attachments,
            scan=profile.scan,
            reencrypt=profile.reencrypt,
            links=profile.links,
            methods=(*overrides, *own),
            fidelity=profile.fidelity,
        )


BUILT_IN: Final[Mapping[str, object]] = {
    "version": 1,
    "default_profile": "standard",
    "profiles": {
        "standard": {
            "description": "一般: 添付ファイルを無害化して同じメールで渡す",
            "choosable": True,
        },
        "image-pdf": {
            "choosable": True,
            "description": "文書を画像PDFにして渡す",
            "methods": {"application/pdf": "image_pdf"},
        },
        "text-only": {
            "description": "本文のテキストだけを渡す",
            "attachments": "drop",
            "methods": {"message/rfc822": "text", "*/*": "none"},
        },
    },
}


def parse(raw: Mapping[str, object], *, source: str) -> Policy:
    """Check a policy; `source` is named in errors.

    Raises:
        ConfigError: with the key and how to mend it.
    """
    try:
        file = PolicyFile.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        hint = ""
        if first["type"] == "extra_forbidden":
            known = {**PolicyFile.model_fields, **Profile.model_fields, **Rule.model_fields}
            hint = nearest(str(first["loc"][-1]), list(known))
        raise ConfigError(source, key, f"{first['msg']}{hint}") from None
    for name in (file.default_profile, *(r.profile for r in file.rules)):
        if name is not None and name not in file.profiles:
            raise ConfigError(source, "profile", f"no profile is called {name!r}")
    for number, rule in enumerate(file.rules, start=1):
        if (rule.type is None) != (rule.method is None):
            raise ConfigError(source, f"rules #{number}", "`type` and `method` go together")
        if (rule.type is None) == (rule.profile is None):
            raise ConfigError(
                source, f"rules #{number}", "a rule has either `profile` or `type` and `method`"
            )
    return Policy(file)


def load(path: Path | None) -> Policy:
    """The policy in `path`, or the built-in one when `path` is None.

    Raises:
        ConfigError: unreadable or not valid; never a fallback.
    """
    if path is None:
        return parse(BUILT_IN, source="built-in policy")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"is not TOML: {error}") from None
    return parse(raw, source=str(path))

"""Targets of links: which may be shown, in what form, and whether the label lies."""

from __future__ import annotations

import codecs
import re
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

#: Schemes whose target is shown (DISARM: everything else keeps its label only).
SHOWN: Final = frozenset({"http", "https", "ftp", "mailto", "tel"})
SCRIPTS: Final = frozenset({"javascript", "vbscript", "livescript", "mocha"})
MAX_URL: Final = 2_000  # characters shown; no browser of the past took more

_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]{0,30}):", re.I)
#: What a browser drops from an address (WHATWG URL, 4.4), other controls, and spaces.
_DROPPED: Final = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u3000]+")
_PLAIN: Final = re.compile(r"[!#-;=?-~]*")  # with nothing to drop or to escape
_TAGLIKE: Final = str.maketrans({"<": "%3C", ">": "%3E", '"': "%22"})
_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,18}"
_LABEL_HOST: Final = re.compile(
    rf"(?:https?|ftp)://(?:[^\s/@]{{1,100}}@)?({_HOST})|(?:\A|[\s(<「])({_HOST})(?=[/:?#)>」\s]|\Z)",
    re.I,
)
_LABEL_MAIL: Final = re.compile(rf"[\w.+-]{{1,64}}@({_HOST})", re.I)
#: Endings that name a file, not a host, when a label is just `name.ending`.
_FILE_ENDINGS: Final = frozenset(
    {"pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "txt", "csv", "html", "htm",
     "jpg", "jpeg", "png", "gif", "js", "py", "md", "net", "exe", "mp4", "xml", "json"}
) - {"net"}  # fmt: skip
#: Greek, Cyrillic, Armenian, Cherokee; dotted, crossed and phonetic Latin; full-width Latin.
_LOOKALIKES: Final = re.compile(
    "[\u0131\u0180-\u02af\u0370-\u058f\u13a0-\u13ff\u1d00-\u1dbf\u1e00-\u1fff\uff21-\uff5a]"
)
codecs.lookup("punycode")  # loaded now: nothing opens files once the sandbox is locked
_LOOKED_AT: Final = 2_000  # characters of a label
_LONGEST_SIGNS: Final = len("https://") + len("/")  # what a label may leave out of its target


__all__ = ["clean", "host_of", "mismatch", "resolve", "same", "scheme_of", "shown", "unquote"]


def clean(target: str) -> str:
    """`target` without white space and controls, with no character that ends `<…>`."""
    if _PLAIN.fullmatch(target):
        return target
    return _DROPPED.sub("", target).translate(_TAGLIKE)


def scheme_of(url: str) -> str:
    """The scheme in lower case, or "" for a relative address."""
    match = _SCHEME.match(url)
    return match[1].lower() if match else ""


def resolve(base: str, url: str) -> str:
    """`url` made absolute by `base`, or "" when that fails."""
    if url.startswith("//"):
        return "https:" + url
    if not base:
        return ""
    try:
        return urljoin(base, url)
    except ValueError:
        return ""


def host_of(url: str) -> str:
    """The host that a browser would go to, lower-case, without `www.`; "" if none."""
    try:
        host = urlsplit(url.replace("\\", "/")).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").rstrip(".")


def shown(url: str) -> str:
    """How a target reads: addresses and numbers without their scheme."""
    scheme = scheme_of(url)
    if scheme == "tel":
        return url[4:]
    return url[7:] if scheme == "mailto" else url


def same(label: str, url: str) -> bool:
    """Whether the label says the target, but for its scheme, last `/` or a number's signs."""
    if len(label) < len(url) - _LONGEST_SIGNS and url[:4].lower() != "tel:":
        return False
    return _bare(label) == _bare(url)


def _bare(text: str) -> str:
    text = _DROPPED.sub("", text[: MAX_URL + 100])
    scheme = scheme_of(text)
    if scheme in SHOWN:
        text = text[len(scheme) + 1 :].removeprefix("//")
    if scheme == "tel" or text[:1] in "+0":
        return re.sub(r"[-() ]", "", text)
    return text.removesuffix("/")


def mismatch(label: str, url: str) -> bool:
    """Whether the label names a host (or mail domain) that the target does not go to."""
    if "." not in label:
        return False
    label = label[:_LOOKED_AT]
    scheme = scheme_of(url)
    if scheme == "mailto":
        domain = url[7:].partition("?")[0].rpartition("@")[2].lower()
        match = _LABEL_MAIL.search(label)
        return bool(match and domain and match[1].lower() != domain)
    if scheme not in ("http", "https", "ftp"):
        return False
    target = host_of(url)
    for match in _LABEL_HOST.finditer(label):
        host = (match[1] or match[2]).lower().removeprefix("www.")
        if match[2] and host.rpartition(".")[2] in _FILE_ENDINGS:
            continue
        if target != host and not target.endswith("." + host):
            return True
    return False


def is_lookalike(url: str) -> bool:
    """Whether a host is spelled with letters that pass for Latin ones (Unicode TS 39)."""
    if url.isascii() and "xn--" not in url.lower():
        return False
    host = host_of(url)
    for label in host.split("."):
        if label.startswith("xn--"):
            try:
                label = label[4:].encode("ascii").decode("punycode")
            except UnicodeError:
                return True
        if _LOOKALIKES.search(label):
            return True
    return False


def is_remote(url: str) -> bool:
    """Whether loading `url` would ask a server."""
    return url.startswith("//") or scheme_of(url) in ("http", "https", "ftp")

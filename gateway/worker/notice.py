"""The Japanese words that staff read: the notice in a cleaned mail, and notice mails.

Names and subjects from a mail stand here as one quoted line of at most 80 characters,
without control or bidi characters and with links defanged: a notice must never carry a
sentence or a link of the sender's making as if it were ours. The only link is below
`[lgwan] public_url`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from sanitizers.findings import Action, Findings, Kind
from sanitizers.identify.labels import label
from sanitizers.model import Outcome
from sanitizers.reasons import REASONS, ReasonCode
from sanitizers.text.characters import make_harmless
from sanitizers.text.notice_mark import NOTICE_MARK

if TYPE_CHECKING:
    from gateway.worker.parts import CleanedPart

MAX_QUOTED: Final = 80  # characters of a sender's words in a notice
_MAX_LISTED: Final = 30  # withheld parts named one by one
_RULE: Final = "―" * 30
_SCHEME: Final = re.compile(r"(?i)(h)tt(ps?)(?=:|：)")  # also right after kana: no \b
_OTHER_LINK: Final = re.compile(r"(?i)www\.|mailto:|:(?=//)")

#: How a finding reads; kinds that staff need not know are not named in a mail.
_KIND_JA: Final = {
    Kind.UNSAFE_PATH: "危険なパス",
    Kind.DUPLICATE_NAME: "重なる名前",
    Kind.SPECIAL_FILE: "リンクなどの特殊なファイル",
    Kind.MALWARE: "マルウェア",
    Kind.SCRIPT: "スクリプト",
    Kind.ACTION: "自動実行の設定",
    Kind.MACRO: "マクロ",
    Kind.EMBEDDED_FILE: "埋め込みファイル",
    Kind.EMBEDDED_OBJECT: "埋め込みオブジェクト",
    Kind.FORM: "入力フォーム",
    Kind.EXTERNAL_REFERENCE: "外部参照",
    Kind.REMOTE_CONTENT: "外部から読み込む画像など",
    Kind.TRACKING_PIXEL: "開封確認用の画像",
    Kind.HIDDEN_TEXT: "見えない文字",
    Kind.LINK_MISMATCH: "表示と行き先が異なるリンク",
    Kind.METADATA: "作成者などの付加情報",
    Kind.TRAILING_DATA: "末尾の余分なデータ",
    Kind.UNKNOWN_DATA: "用途不明のデータ",
    Kind.PROGRAM: "プログラム",
    Kind.BIDI_CONTROL: "文字の並びを偽る制御文字",
    Kind.TYPE_MISMATCH: "名前と中身の種類の不一致",
    Kind.NOTICE_IMITATION: "この通知に似せた文",
    Kind.SIGNED_MAIL: "電子署名",
    Kind.CHARSET_LOSS: "読めない文字",
}
_ACTION_JA: Final = {
    Action.REMOVED: "取り除きました",
    Action.NEUTRALIZED: "無効にしました",
    Action.CONVERTED: "変換しました",
    Action.NOTED: "ありました",
}


def quoted(words: str) -> str:
    """A sender's words inside a notice: one line, cut, defanged, in brackets."""
    line = " ".join(make_harmless(words, Findings(), multiline=False).split())
    line = _SCHEME.sub(r"\1xx\2", line).replace("「", "｢").replace("」", "｣")
    line = _OTHER_LINK.sub(_bracketed, line)
    if len(line) > MAX_QUOTED:
        line = line[: MAX_QUOTED - 1] + "…"
    return f"「{line}」" if line else "（名前なし）"


def _bracketed(found: re.Match[str]) -> str:
    """The character that makes a link of it, in brackets: `www[.]example`."""
    return f"{found[0][:-1]}[{found[0][-1]}]"


def reason_ja(code: ReasonCode, media_type: str) -> str:
    """The public sentence, with the right Japanese name of the format where it is known."""
    text = REASONS[code].ja
    if code in (ReasonCode.UNSUPPORTED_TYPE, ReasonCode.PROGRAM) and media_type:
        return f"［{label(media_type)[0]}］{text}"
    return text


def _missing(part: CleanedPart, *, below_mails: bool) -> Iterable[CleanedPart]:
    for member in part.members:
        if member.outcome not in (Outcome.CLEAN, Outcome.PARTIAL):
            yield member
        elif below_mails or member.split is None:
            yield from _missing(member, below_mails=below_mails)


def withheld_lines(part: CleanedPart, *, below_mails: bool = True) -> list[str]:
    """One line for each part below `part` that did not cross.

    `below_mails=False` leaves out what is inside attached mails: they say it themselves.
    """
    missing = list(_missing(part, below_mails=below_mails))
    lines = []
    for p in missing[:_MAX_LISTED]:
        reason = reason_ja(p.reason or ReasonCode.INTERNAL, p.media_type)
        lines.append(f"・{quoted(p.name)}はお渡しできません。{reason}")
    if len(missing) > _MAX_LISTED:
        lines.append(f"・ほか {len(missing) - _MAX_LISTED} 件もお渡しできません。")
    return lines


def removed_line(part: CleanedPart) -> str:
    """What was found in the mail and in everything in it, in one line; "" if nothing."""
    counts: dict[tuple[Kind, Action], int] = {}
    for p in part.walk():
        for f in p.findings:
            if f.kind in _KIND_JA:
                counts[f.kind, f.action] = counts.get((f.kind, f.action), 0) + f.count
    pieces: list[str] = []
    for action, verb in _ACTION_JA.items():
        found = [
            f"{_KIND_JA[kind]} {count}件"
            for (kind, done), count in counts.items()
            if done is action
        ]
        if found:
            pieces.append(
                f"{'、'.join(found)}を{verb}"
                if action is not Action.NOTED
                else f"{'、'.join(found)}が{verb}"
            )
    return f"・{'。'.join(pieces)}。" if pieces else ""


def block(part: CleanedPart, *, item_id: str, public_url: str) -> tuple[str, bool]:
    """The notice for a cleaned mail and whether anything was withheld; ("", False) if clean.

    The notice is made of our sentences and `quoted` names only.
    """
    withheld = withheld_lines(part)
    removed = removed_line(part)
    if not withheld and not removed:
        return "", False
    head = f"{NOTICE_MARK}このメールは無害化して届けています。受付番号 {item_id}"
    lines = [_RULE, head, *withheld]
    if removed:
        lines.append(removed)
    lines += [f"詳細: {_portal(public_url, item_id)}", _RULE]
    return "\n".join(lines) + "\n", bool(withheld)


def _portal(public_url: str, item_id: str) -> str:
    return f"{public_url.rstrip('/')}/items/{item_id}"


def whole_mail_withheld(
    *, item_id: str, public_url: str, sender: str, code: ReasonCode, received: str
) -> str:
    """Text of the notice that stands in place of a mail that could not be cleaned."""
    return "\n".join(
        [
            f"{NOTICE_MARK}あなた宛てのメールを1通お預かりしていますが、お渡しできません。",
            "",
            f"受付番号: {item_id}",
            f"受信日時: {received}",
            f"送信者（自称）: {quoted(sender) if sender else '（なし）'}",
            f"理由: {REASONS[code].ja}",
            f"詳細: {_portal(public_url, item_id)}",
            "",
            "お問い合わせの際は、受付番号を情報システム担当にお伝えください。",
            "",
        ]
    )


def report_line(part: CleanedPart) -> str:
    """Value of X-Mugaika-Report: methods used, things removed, parts withheld."""
    parts = list(part.walk())
    methods: Sequence[str] = sorted({p.method.value for p in parts if p.method.value != "none"})
    removed = sum(
        f.count
        for p in parts
        for f in p.findings
        if f.action in (Action.REMOVED, Action.NEUTRALIZED)
    )
    withheld = sum(p.outcome not in (Outcome.CLEAN, Outcome.PARTIAL) for p in parts)
    return f"method={','.join(methods) or 'none'}; removed={removed}; withheld={withheld}"

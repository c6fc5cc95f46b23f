"""Why a part was withheld: a stable code, a public sentence, the next step.

The Japanese sentence is read by staff, in a notice or over the phone; the English one
by operators. Neither may ever contain anything from the file: the private detail
travels in the exception and goes to the log of the worker only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ReasonCode(StrEnum):
    """Documented enum of reasons (the values are a public contract)."""

    UNKNOWN_TYPE = "unknown_type"
    UNSUPPORTED_TYPE = "unsupported_type"
    PROGRAM = "program"
    POLICY = "policy"
    EMPTY = "empty"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    ENCRYPTED_RAR = "encrypted_rar"
    PASSWORD_NEEDED = "password_needed"
    SIGNED_OR_ENCRYPTED_MAIL = "encrypted_mail"
    EXTERNAL_BODY = "external_body"
    MULTI_VOLUME = "multi_volume"
    ARCHIVE_BOMB = "archive_bomb"
    SPECIAL_FILE = "special_file"
    TOO_LARGE = "too_large"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_MANY_PARTS = "too_many_parts"
    TOO_DEEP = "too_deep"
    TOO_MANY_PAGES = "too_many_pages"
    OUTPUT_TOO_LARGE = "output_too_large"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    FORBIDDEN_CALL = "forbidden_call"
    BAD_REPLY = "bad_reply"
    NOT_VERIFIED = "not_verified"
    GIVEN_UP = "given_up"
    MAIL_LOOP = "mail_loop"
    MALWARE = "malware"
    TOOL_MISSING = "tool_missing"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class ReasonText:
    """Public wording of a reason: `ja` with the next step, `en` for operators."""

    ja: str
    en: str


REASONS: Final[Mapping[ReasonCode, ReasonText]] = MappingProxyType(
    {
        ReasonCode.UNKNOWN_TYPE: ReasonText(
            "ファイルの種類を判別できないため、お渡しできません。"
            "送信者に、PDFや画像など一般的な形式での再送をご依頼ください。",
            "The type of the file could not be identified.",
        ),
        ReasonCode.UNSUPPORTED_TYPE: ReasonText(
            "この種類のファイルは無害化に対応していないため、お渡しできません。"
            "送信者に、PDFや画像など一般的な形式での再送をご依頼ください。",
            "No sanitizer exists for this type.",
        ),
        ReasonCode.PROGRAM: ReasonText(
            "プログラムやスクリプトなど実行できるファイルのため、お渡しできません。"
            "必要な場合は情報システム担当にご相談ください。",
            "Programs, scripts and shortcuts never cross.",
        ),
        ReasonCode.POLICY: ReasonText(
            "この種類のファイルは受け取らない設定になっています。"
            "必要な場合は情報システム担当にご相談ください。",
            "The profile does not let this type cross.",
        ),
        ReasonCode.EMPTY: ReasonText(
            "ファイルの中身が空です。送信者に再送をご依頼ください。",
            "The file is empty.",
        ),
        ReasonCode.DAMAGED: ReasonText(
            "ファイルが壊れているか、形式が正しくないため、無害化できませんでした。"
            "送信者に、開けることを確かめてからの再送をご依頼ください。",
            "The file is damaged or not valid for its type.",
        ),
        ReasonCode.ENCRYPTED: ReasonText(
            "暗号化されていて中身を確認できないため、お渡しできません。"
            "送信者に、暗号化していないファイルの再送をご依頼ください。",
            "The content is encrypted and cannot be opened here.",
        ),
        ReasonCode.ENCRYPTED_RAR: ReasonText(
            "暗号化されたRAR形式のため、開くことができず、お渡しできません。"
            "送信者に、ZIP形式（パスワード付きでも構いません）での再送をご依頼ください。",
            "An encrypted RAR archive cannot be opened here; a ZIP can.",
        ),
        ReasonCode.PASSWORD_NEEDED: ReasonText(
            "パスワードで保護されているため、無害化できませんでした。"
            "送信者に、パスワードなしのファイルの再送をご依頼ください。",
            "A password is needed to open the file.",
        ),
        ReasonCode.SIGNED_OR_ENCRYPTED_MAIL: ReasonText(
            "暗号化メール（S/MIME・PGP）のため中身を確認できず、お渡しできません。"
            "送信者に、暗号化せずに送るようご依頼ください。",
            "Encrypted mail (S/MIME or PGP) cannot be inspected.",
        ),
        ReasonCode.EXTERNAL_BODY: ReasonText(
            "本体が別の場所にある形式（外部参照・分割メール）のため、お渡しできません。"
            "送信者に、ファイルを直接添付しての再送をご依頼ください。",
            "message/external-body and message/partial never cross.",
        ),
        ReasonCode.MULTI_VOLUME: ReasonText(
            "分割された圧縮ファイルの一部のため、無害化できません。"
            "送信者に、分割していない1つのZIPファイルでの再送をご依頼ください。",
            "One volume of a split archive cannot be read alone.",
        ),
        ReasonCode.ARCHIVE_BOMB: ReasonText(
            "展開すると極端に大きくなる、または重なり合った不正な圧縮ファイルのため、"
            "お渡しできません。心当たりがある場合は、送信者に作り直しての再送をご依頼ください。",
            "The archive would unpack to far more than it holds, or its entries overlap.",
        ),
        ReasonCode.SPECIAL_FILE: ReasonText(
            "ほかのファイルへのリンクなど、中身を持たない特殊なファイルのため、お渡しできません。"
            "必要な場合は、送信者に実際のファイルの再送をご依頼ください。",
            "Links and device files in an archive do not cross.",
        ),
        ReasonCode.TOO_LARGE: ReasonText(
            "ファイルが大きすぎるため、無害化できませんでした。"
            "送信者に、分割または縮小しての再送をご依頼ください。",
            "The file is over the size limit.",
        ),
        ReasonCode.TOO_MANY_PIXELS: ReasonText(
            "画像の縦横の大きさまたはコマ数が上限を超えているため、無害化できませんでした。"
            "送信者に、縮小しての再送をご依頼ください。",
            "The image is over the pixel or frame limit.",
        ),
        ReasonCode.TOO_MANY_PARTS: ReasonText(
            "含まれるファイルの数が上限を超えているため、お渡しできません。"
            "送信者に、分けての再送をご依頼ください。",
            "Too many parts or members.",
        ),
        ReasonCode.TOO_DEEP: ReasonText(
            "入れ子が深すぎるため、お渡しできません。"
            "送信者に、入れ子を減らしての再送をご依頼ください。",
            "Nested too deeply.",
        ),
        ReasonCode.TOO_MANY_PAGES: ReasonText(
            "ページ数が上限を超えているため、無害化できませんでした。"
            "送信者に、分割しての再送をご依頼ください。",
            "Too many pages.",
        ),
        ReasonCode.OUTPUT_TOO_LARGE: ReasonText(
            "無害化後のファイルが大きくなりすぎるため、お渡しできません。"
            "送信者に、分割または縮小しての再送をご依頼ください。",
            "The cleaned file would be over the output limit.",
        ),
        ReasonCode.TIMED_OUT: ReasonText(
            "無害化が制限時間内に終わらなかったため、お渡しできません。"
            "送信者に、分割または別の形式での再送をご依頼ください。",
            "Sanitizing did not end within its time.",
        ),
        ReasonCode.OUT_OF_MEMORY: ReasonText(
            "無害化に必要なメモリが上限を超えたため、お渡しできません。"
            "送信者に、分割または縮小しての再送をご依頼ください。",
            "Sanitizing needed more memory than it may have.",
        ),
        ReasonCode.CRASHED: ReasonText(
            "ファイルの処理中に異常が起きたため、安全のためお渡しできません。"
            "送信者に、作り直しての再送をご依頼ください。",
            "The sandbox process ended abnormally on this file.",
        ),
        ReasonCode.FORBIDDEN_CALL: ReasonText(
            "ファイルの処理中に許可されていない動作が検出されたため、お渡しできません。"
            "情報システム担当にお知らせください。",
            "The sandbox process attempted a forbidden system call.",
        ),
        ReasonCode.BAD_REPLY: ReasonText(
            "無害化の結果を確認できなかったため、安全のためお渡しできません。"
            "情報システム担当にお知らせください。",
            "The sandbox process gave an invalid reply.",
        ),
        ReasonCode.NOT_VERIFIED: ReasonText(
            "無害化後の検査に合格しなかったため、安全のためお渡しできません。"
            "情報システム担当にお知らせください。",
            "The independent check of the output failed.",
        ),
        ReasonCode.GIVEN_UP: ReasonText(
            "繰り返し試みましたが処理を完了できなかったため、お渡しできません。"
            "情報システム担当にお知らせください。",
            "Given up after repeated failures.",
        ),
        ReasonCode.MAIL_LOOP: ReasonText(
            "メールが転送のくり返しに入っていたため、配送を止めました。"
            "転送の設定を情報システム担当にご確認ください。",
            "The mail was looping between hosts; it ends here.",
        ),
        ReasonCode.MALWARE: ReasonText(
            "ウイルス検査でマルウェアが見つかったため、お渡しできません。"
            "送信者への確認が必要な場合は、情報システム担当にご相談ください。",
            "The malware scanner found something.",
        ),
        ReasonCode.TOOL_MISSING: ReasonText(
            "この形式の変換に必要なプログラムが無害化システムに入っていないため、お渡しできません。"
            "システムの管理者に、変換プログラムの導入をご依頼ください。",
            "The program that converts this type is not installed (see `mugaika doctor`).",
        ),
        ReasonCode.INTERNAL: ReasonText(
            "無害化システム側の問題で処理できませんでした。情報システム担当にお知らせください。",
            "A fault of the gateway itself.",
        ),
    }
)


class Withheld(Exception):
    """The part does not cross. `code` is public, `detail` is for the log only."""

    def __init__(self, code: ReasonCode, detail: str = "") -> None:
        super().__init__(code.value)
        self.code = code
        self.detail = detail


class PasswordNeeded(Withheld):
    """The part is `locked`: a password would open it."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(ReasonCode.PASSWORD_NEEDED, detail)

"""Mails for the load generator, made by code."""

from __future__ import annotations

import io
import random
import re
from email.message import EmailMessage
from email.policy import SMTP

from PIL import Image

from scripts import samples

_WORDS = (
    "お世話になっております。",
    "先日ご相談した件について、資料をお送りします。",
    "ご確認のほど、よろしくお願いいたします。",
    "会議は①市役所3階で行います。",
    "締切は11月30日（月）です。",
    "申請書の様式は下記のとおりです。",
    "防災訓練の参加者名簿を更新しました。",
)
_MARK = re.compile(rb"Message-ID: <bench-(\d{10})@sender\.example>", re.IGNORECASE)


def marked(mail: bytes, number: int) -> bytes:
    """The mail with its own Message-ID."""
    return b"Message-ID: <bench-%010d@sender.example>\r\n" % number + mail


def mark_of(mail: bytes) -> bytes:
    """The number that `marked` gave."""
    match = _MARK.search(mail)
    return match[1] if match else b""


def _message(number: int) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = "田中 太郎 <bench@sender.example>"
    message["To"] = "山田 花子 <user@example.jp>"
    message["Subject"] = f"資料の送付について（{number}）"
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0900"
    return message


def _bytes(message: EmailMessage) -> bytes:
    return message.as_bytes().replace(b"\r\n.", b"\r\n..")


def texts(count: int) -> list[bytes]:
    """Japanese text mails of about 3 kB, ISO-2022-JP and UTF-8 in turn."""
    made = []
    for number in range(count):
        dice = random.Random(number)
        text = "\n".join(dice.choice(_WORDS) * 2 for _ in range(22)) + "\n"
        message = _message(number)
        if number % 2:
            message.set_content(text, charset="utf-8")
        else:
            message.set_content(text.replace("①", "1."), charset="iso-2022-jp")
        made.append(_bytes(message))
    return made


def newsletters(count: int) -> list[bytes]:
    """HTML newsletters of about 30 kB."""
    made = []
    for number in range(count):
        dice = random.Random(number)
        rows = "".join(
            f'<tr style="color:#333"><td class="d">{day}日</td><td>{dice.choice(_WORDS)}</td>'
            f'<td align="right"><a href="https://news.example/{number}/{day}?utm=x">詳しく</a>'
            "</td></tr>"
            for day in range(60)
        )
        paragraphs = "".join(
            f"<p style='margin:0'>{dice.choice(_WORDS) * 3}</p>" for _ in range(60)
        )
        message = _message(number)
        message.set_content(
            "<html><head><style>p{color:#111}.d{width:40px}</style></head><body>"
            f"<h1>お知らせ {number}</h1>{paragraphs}<table>{rows}</table>"
            '<img src="https://track.example/o.gif" width="1" height="1"></body></html>',
            subtype="html",
        )
        made.append(_bytes(message))
    return made


def with_pdf() -> list[bytes]:
    """A text mail with a one-page PDF."""
    return [samples.pdf().replace(b"\r\n.", b"\r\n..")]


def photo(width: int, height: int, quality: int = 85) -> bytes:
    """A JPEG with noise and edges, so that its size is that of a real photo."""
    dice = random.Random(1)
    small = Image.frombytes(
        "RGB", (width // 8, height // 8), dice.randbytes(width * height // 64 * 3)
    )
    picture = small.resize((width, height), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def with_photo() -> list[bytes]:
    """A text mail with a photo of 2 megapixels."""
    message = _message(1)
    message.set_content("現場の写真です。\n")
    message.add_attachment(
        photo(1632, 1224), maintype="image", subtype="jpeg", filename="現場写真.jpg"
    )
    return [_bytes(message)]

"""Small files and mails, hostile and harmless, written by code."""

import io
import zlib
from email.message import EmailMessage

from PIL import Image

CANARY = b"canary-7c1e"


def png(colour="navy", size=(8, 8)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    data = out.getvalue()
    text = b"tEXtComment\0" + CANARY
    chunk = (len(text) - 4).to_bytes(4, "big") + text + zlib.crc32(text).to_bytes(4, "big")
    return data[:33] + chunk + data[33:]


def jpeg():
    out = io.BytesIO()
    Image.new("RGB", (8, 8), "olive").save(out, "JPEG", comment=CANARY)
    return out.getvalue()


def image_bomb():
    """A PNG header of 60,000 by 60,000 pixels."""
    head = b"IHDR" + (60_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    rows = b"IDAT" + zlib.compress(bytes(1000))

    def chunk(body):
        return (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    return b"\x89PNG\r\n\x1a\n" + chunk(head) + chunk(rows) + chunk(b"IEND")


def pdf_with_javascript():
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction 4 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 5 0 R >>",
        b"<< /S /JavaScript /JS (app.alert\\('" + CANARY + b"'\\)) >>",
        b"<< /Length 22 >>\nstream\n1 0 0 rg 10 10 50 50 re f\nendstream",
    ]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows = b"".join(b"%010d 00000 n \n" % at for at in places)
    return out + (
        b"xref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (rows, len(out))
    )


#: Enough of a program for any identifier to know it.
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0\x64\x86" + bytes(500)
UNKNOWN = bytes((n * 73 + n // 7 + 11) % 251 for n in range(2000))


def mail(*attachments, text="本文です。", html="", subject="件名", sender="taro@sender.example"):
    """A mail of a common client; attachments are (name, media type, bytes) or mails."""
    message = EmailMessage()
    message["From"] = f"太郎 <{sender}>"
    message["To"] = "hanako@city.example.jp"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 08:00:00 +0900"
    message["Message-ID"] = "<1@sender.example>"
    message["X-Canary"] = CANARY.decode()
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    for attachment in attachments:
        if isinstance(attachment, EmailMessage):
            message.add_attachment(attachment)
        else:
            name, media_type, data = attachment
            major, _, minor = media_type.partition("/")
            message.add_attachment(data, maintype=major, subtype=minor, filename=name)
    return message


def raw(message):
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")

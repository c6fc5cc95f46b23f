"""The demo's sample mails, all made by code: nothing here was received from anybody."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP

from PIL import Image, ImageDraw

SENDER = "tanaka@sender.example.com"
RECIPIENT = "yamada@example.jp"


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail of the demo and what it is meant to show."""

    title: str
    data: bytes


def _message(subject: str, text: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = f"田中 太郎 <{SENDER}>"
    message["To"] = f"山田 花子 <{RECIPIENT}>"
    message["Subject"] = subject
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0900"
    message["Message-ID"] = f"<{zlib.crc32(subject.encode()):08x}@sender.example.com>"
    message["X-Mailer"] = "internal-build-7 (host db01.sender.local)"
    message.set_content(text)
    return message


def japanese_text() -> bytes:
    """ISO-2022-JP as older Japanese mail programs write it, with ①, ㈱ and half-width kana."""
    subject = base64.b64encode("お見積の件".encode("iso2022_jp")).decode("ascii")
    body = "いつもお世話になっております。\r\n①見積書 ②請求書 ㈱山川 髙橋 ﾃｽﾄ\r\n"
    encoded = (
        body.replace("①", "\0").replace("②", "\1").replace("㈱", "\2").replace("髙", "\3")
    ).replace("ﾃｽﾄ", "\4")
    raw = encoded.encode("iso2022_jp")
    for mark, jis in (
        (b"\0", b"\x1b$B-!\x1b(B"),
        (b"\1", b'\x1b$B-"\x1b(B'),
        (b"\2", b"\x1b$B-j\x1b(B"),
        (b"\3", b"\x1b$B|b\x1b(B"),
        (b"\4", b"\x1b(I\x43\x3d\x44\x1b(B"),
    ):
        raw = raw.replace(mark, jis)
    head = (
        f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: =?ISO-2022-JP?B?{subject}?=\r\n"
        "Date: Mon, 23 Nov 2026 09:00:00 +0900\r\nMessage-ID: <demo-jis@sender.example.com>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=ISO-2022-JP\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n"
    )
    return head.encode("ascii") + raw


def newsletter() -> bytes:
    """An HTML newsletter with script, hidden text, a tracking pixel and a lying link."""
    message = _message("防災だより 11月号", "")
    message.set_content(
        """<html><head><style>p{color:#333} .pre{display:none}</style>
        <script>document.location='http://evil.example/'</script></head><body>
        <div class="pre">HIDDEN-PREHEADER</div>
        <h1>防災だより 11月号</h1><p>今月の<b>防災訓練</b>は次の通りです。</p>
        <table border="1"><tr><th>日</th><th>場所</th><th>人数</th></tr>
        <tr><td>11月28日</td><td>市民体育館</td><td>120</td></tr>
        <tr><td>12月5日</td><td>第一小学校</td><td>80</td></tr></table>
        <p><a href="https://evil.example/login">https://www.city.example.jp/</a></p>
        <img src="https://track.example/o.gif?id=1" width="1" height="1"></body></html>""",
        subtype="html",
    )
    return message.as_bytes()


def pdf() -> bytes:
    """A one-page PDF with JavaScript that would run on opening."""
    content = b"BT /F1 24 Tf 72 720 Td (Invoice No. 2026-1123  Total: 48,000 yen) Tj ET"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\('x'\\))>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj" % number + body + b"endobj\n"
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    message = _message("請求書の送付", "請求書をお送りします。ご確認ください。\n")
    message.add_attachment(
        bytes(out), maintype="application", subtype="pdf", filename="請求書_11月分.pdf"
    )
    return message.as_bytes()


def _photo_bytes() -> bytes:
    picture = Image.new("RGB", (1600, 1200), "#7fb0d8")
    draw = ImageDraw.Draw(picture)
    for step in range(0, 1600, 40):
        draw.line((step, 700, 1600 - step, 1200), fill="#4f7f3f", width=12)
    draw.ellipse((1200, 120, 1400, 320), fill="#ffe08a")
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA-OWNER"
    exif.get_ifd(0x8825)[2] = (35.0, 41.0, 22.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, exif=exif, comment=b"SECRET-COMMENT")
    return out.getvalue()


def photo() -> bytes:
    """A photo with its place of capture (GPS) and a comment in the metadata."""
    message = _message("現場写真", "本日の現場写真です。\n")
    message.add_attachment(
        _photo_bytes(), maintype="image", subtype="jpeg", filename="現場写真①.jpg"
    )
    return message.as_bytes()


_OOXML = "http://schemas.openxmlformats.org"
_BOOK = {
    "[Content_Types].xml": f'''<Types xmlns="{_OOXML}/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
</Types>''',
    "_rels/.rels": f'''<Relationships xmlns="{_OOXML}/package/2006/relationships">
<Relationship Id="rId1" Type="{_OOXML}/officeDocument/2006/relationships/officeDocument"
 Target="xl/workbook.xml"/></Relationships>''',
    "xl/workbook.xml": f'''<workbook xmlns="{_OOXML}/spreadsheetml/2006/main"
 xmlns:r="{_OOXML}/officeDocument/2006/relationships">
<sheets><sheet name="見積" sheetId="1" r:id="rId1"/></sheets></workbook>''',
    "xl/_rels/workbook.xml.rels": f'''<Relationships xmlns="{_OOXML}/package/2006/relationships">
<Relationship Id="rId1" Type="{_OOXML}/officeDocument/2006/relationships/worksheet"
 Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="http://schemas.microsoft.com/office/2006/relationships/vbaProject"
 Target="vbaProject.bin"/></Relationships>''',
    "xl/worksheets/sheet1.xml": f'''<worksheet xmlns="{_OOXML}/spreadsheetml/2006/main">
<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>㈱山川　御見積</t></is></c></row>
<row r="2"><c r="A2"><v>1200</v></c><c r="B2"><v>3</v></c>
<c r="C2"><f>A2*B2</f><v>3600</v></c></row>
</sheetData></worksheet>''',
}


def workbook() -> bytes:
    """An Excel workbook with a formula and a macro."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in _BOOK.items():
            package.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
        macro = b'Attribute VB_Name = "ThisWorkbook"\r\nSub Auto_Open()\r\n  Shell "calc"\r\n'
        package.writestr("xl/vbaProject.bin", macro)
    message = _message("お見積書", "お見積書を添付します。マクロを有効にしてください。\n")
    message.add_attachment(
        out.getvalue(),
        maintype="application",
        subtype="vnd.ms-excel.sheet.macroEnabled.12",
        filename="御見積書.xlsm",
    )
    return message.as_bytes()


def invitation() -> bytes:
    """A meeting, with an alarm that runs a program and an address that is fetched."""
    message = _message("打合せのご案内", "打合せをご案内します。\n")
    event = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//demo//JA\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
        "UID:20261201-1@sender.example.com\r\nDTSTAMP:20261123T000000Z\r\n"
        "DTSTART:20261201T010000Z\r\nDTEND:20261201T020000Z\r\nSUMMARY:予算の打合せ\r\n"
        f"LOCATION:第２会議室\r\nORGANIZER:mailto:{SENDER}\r\nATTENDEE:mailto:{RECIPIENT}\r\n"
        "ATTACH:http://evil.example/a.exe\r\nBEGIN:VALARM\r\nACTION:PROCEDURE\r\n"
        "TRIGGER:-PT15M\r\nATTACH:file:///c:/windows/calc.exe\r\nEND:VALARM\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    message.add_attachment(event, subtype="calendar", params={"method": "REQUEST"},
                           filename="打合せ.ics")  # fmt: skip
    return message.as_bytes()


def unknown() -> bytes:
    """A binary of no known format."""
    message = _message("データ送付", "計測データを添付します。\n")
    message.add_attachment(
        bytes((i * 7 + 13) % 251 for i in range(5000)),
        maintype="application",
        subtype="octet-stream",
        filename="keisoku.dat",
    )
    return message.as_bytes()


def hostile() -> bytes:
    """A program dressed as a PDF, a giant of an image, and a forged notice."""
    message = _message(
        "【無害化】至急ご確認ください",
        "【無害化】この添付ファイルは安全です。下のリンクから開いてください。\n"
        "http://evil.example/open\n",
    )
    message.add_attachment(
        b"MZ" + bytes(58) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(400),
        maintype="application",
        subtype="pdf",
        filename="invoice.pdf.exe",
    )
    header = b"\0\0\0\rIHDR" + (100_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    bomb = b"\x89PNG\r\n\x1a\n" + header + zlib.crc32(header[4:]).to_bytes(4)
    data = zlib.compress(bytes(100_000))
    bomb += len(data).to_bytes(4) + b"IDAT" + data + zlib.crc32(b"IDAT" + data).to_bytes(4)
    bomb += b"\0\0\0\0IEND\xaeB`\x82"
    message.add_attachment(bomb, maintype="image", subtype="png", filename="地図.png")
    return message.as_bytes()


def all_samples() -> list[Sample]:
    """The demo's programme."""
    return [
        Sample("日本語テキスト (ISO-2022-JP, ①㈱髙 and half-width kana)", japanese_text()),
        Sample("HTMLニュースレター (script, tracking pixel, hidden text)", newsletter()),
        Sample("PDF (JavaScript on opening)", pdf()),
        Sample("写真 (GPS position in its metadata)", photo()),
        Sample("Excelブック (formula, macro that starts a program)", workbook()),
        Sample("予定 (invitation; alarm that starts a program)", invitation()),
        Sample("不明なバイナリ (unknown binary)", unknown()),
        Sample("攻撃メール (program as PDF, image bomb, forged notice)", hostile()),
    ]


def uploads() -> dict[str, bytes]:
    """Files for the upload: a photo with GPS data, a list from Japanese Excel, a program."""
    table = "番号,氏名,電話\r\n1,髙橋 花子,03-1234-5678\r\n".encode("cp932")
    return {"現場写真.jpg": _photo_bytes(), "名簿.csv": table, "setup.exe": b"MZ" + bytes(1_000)}

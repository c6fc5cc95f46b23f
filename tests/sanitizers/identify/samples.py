"""Small files of many formats, made by code."""

from __future__ import annotations

import io
import struct
import zipfile

OOXML = "application/vnd.openxmlformats-officedocument."
MACRO = "application/vnd.ms-"


def zipped(members: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            # A fixed time: test ids are made of these bytes, in every worker the same.
            info = zipfile.ZipInfo(name, (2026, 11, 23, 9, 0, 0))
            archive.writestr(info, data, method)
    return stream.getvalue()


def office(main: str, part: str = "word/document.xml", **more: bytes) -> bytes:
    """An OOXML package whose main part has this content type."""
    types = (
        '<?xml version="1.0"?><Types><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{part}" ContentType="{main}"/></Types>'
    )
    return zipped({"[Content_Types].xml": types.encode(), part: b"<x/>", **more})


def odf(mimetype: str) -> bytes:
    """An OpenDocument package."""
    return zipped({"mimetype": mimetype.encode(), "content.xml": b"<x/>"}, method=0)


def compound(*names: str, clsid: bytes = bytes(16)) -> bytes:
    """An OLE2 file: header, one FAT sector, one directory of entries with these names."""
    entries = [("Root Entry", 5, clsid), *((n, 2, bytes(16)) for n in names)]
    directory = b""
    for name, kind, class_id in entries:
        raw = name.encode("utf-16-le") + b"\0\0"
        entry = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
        directory += (entry + b"\xff" * 12 + class_id).ljust(128, b"\0")
    sectors = -(-len(directory) // 512)
    directory = directory.ljust(512 * sectors, b"\0")
    fat = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<I", 0) + b"\xff" * 432
    return header + struct.pack("<I", 0) * 0 + _fat(fat) + directory


def _fat(entries: list[int]) -> bytes:
    return struct.pack(f"<{len(entries)}I", *entries).ljust(512, b"\xff")


def pe() -> bytes:
    """The start of a Windows program."""
    return b"MZ\x90\0\3\0\0\0" + bytes(52) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200)


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    """An ISO media file type box with some data after it."""
    body = major + bytes(4) + b"".join(compatible)
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(40)


def tar() -> bytes:
    """A POSIX tar with one empty file."""
    head = bytearray(512)
    head[:5] = b"a.txt"
    head[257:263] = b"ustar\0"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + bytes(1024)


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9"
MAIL = b"From: a@example.jp\r\nTo: b@example.jp\r\nSubject: =?x?=\r\nDate: now\r\n\r\nbody\r\n"
#: As Chrome and Edge save a page, as Internet Explorer does, and as Word and Excel do.
SAVED_PAGE = (
    b"From: <Saved by Blink>\r\nSnapshot-Content-Location: https://city.example/\r\n"
    b"Subject: x\r\nDate: now\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
    b'\ttype="text/html";\r\n\tboundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n'
    b"<p>x<script>x()</script>\r\n--b--\r\n"
)
SAVED_BY_EXPLORER = (
    b"From: <Saved by Windows Internet Explorer 8>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html\r\n\r\n<html><p>x"
)
SAVED_BY_OFFICE = (
    b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"
    b'Content-Type: multipart/related; boundary="b"\r\n\r\n'
    b"This document is a Single File Web Page.\r\n\r\n--b\r\n"
    b"Content-Location: file:///C:/1/a.htm\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b'Content-Type: text/html; charset="us-ascii"\r\n\r\n'
    b"<html><script language=3DJavaScript>x()</script><p>x\r\n--b--\r\n"
)
ICS = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"

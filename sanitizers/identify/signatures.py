"""Signatures of binary formats at fixed places: data first, then one small matcher.

The table names what a file *starts as*. Containers (ZIP, OLE2, ISO media, RIFF) are looked
into by their own modules. A signature here is a claim of structure: the second half
of the module holds the checks that a bare magic number does not give.
"""

from __future__ import annotations

import re
import struct
from typing import Final

_SHORT: Final = 2  # signatures of two bytes need a structural check below

# (offset, bytes, media type) – source
_TABLE: Final[tuple[tuple[int, bytes, str], ...]] = (
    # images
    (0, b"\xff\xd8\xff", "image/jpeg"),  # ITU-T T.81, B.1.1.3: SOI, then a marker
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),  # ISO/IEC 15948, 5.2
    (0, b"GIF87a", "image/gif"),  # GIF89a specification, 17
    (0, b"GIF89a", "image/gif"),
    (0, b"II*\0", "image/tiff"),  # TIFF 6.0, section 2
    (0, b"MM\0*", "image/tiff"),
    (0, b"II+\0\x08\0\0\0", "image/tiff"),  # BigTIFF
    (0, b"MM\0+\0\x08\0\0", "image/tiff"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "image/jp2"),  # ISO/IEC 15444-1, I.5.1
    (0, b"\xff\x4f\xff\x51", "image/jp2"),  # ISO/IEC 15444-1, A.4.1: SOC, SIZ
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),  # ISO/IEC 18181-2, 9.1
    (0, b"8BPS\0\x01", "image/vnd.adobe.photoshop"),  # Adobe Photoshop file formats
    (0, b"8BPS\0\x02", "image/vnd.adobe.photoshop"),
    (0, b"\xd7\xcd\xc6\x9a", "image/wmf"),  # [MS-WMF] 2.3.2.3
    (0, b"VCLMTF", "image/x-svm"),  # LibreOffice, vcl
    (0, b"DDS \x7c\0\0\0", "image/vnd.ms-dds"),  # Direct3D DDS_HEADER
    # documents
    (0, b"{\\rt", "application/rtf"),  # RTF 1.9.1; Word takes {\rt without the f
    (0, b"\x78\x9f\x3e\x22", "application/ms-tnef"),  # [MS-OXTNEF] 2.1.3.3
    (0, b"\xdb\xa5\x2d\0", "application/msword"),  # libmagic: Word 2.0 before OLE
    (0, b"!BDN", "application/vnd.ms-outlook-pst"),  # [MS-PST] 2.2.2.6
    (0, b"%!PS-AdobeFont", "application/x-font-type1"),  # Adobe Type 1 Font Format, 2.1
    (0, b"%!FontType1", "application/x-font-type1"),
    (6, b"%!PS-AdobeFont", "application/x-font-type1"),  # the same behind a PFB segment header
    (6, b"%!FontType1", "application/x-font-type1"),
    (0, b"%!PS", "application/postscript"),  # PLRM, appendix G
    (0, b"\xc5\xd0\xd3\xc6", "application/postscript"),  # EPSF 3.0, DOS EPS
    (0, b"\0\x01\0\0Standard Jet DB", "application/x-msaccess"),  # libmagic, database
    (0, b"\0\x01\0\0Standard ACE DB", "application/x-msaccess"),
    (0, b"SQLite format 3\0", "application/vnd.sqlite3"),  # SQLite file format, 1.3
    (0, b"\xffWPC", "application/vnd.wordperfect"),  # libmagic, wordprocessors
    (0, b"HWP Document File", "application/x-hwp"),  # libmagic, wordprocessors
    # libmagic: a GUID that begins every InDesign database
    (0, bytes.fromhex("0606edf5d81d46e5bd31efe7fe74b71d"), "application/x-indesign"),
    (0, b"\0\0\x27\x0a" + bytes(20), "application/x-shapefile"),  # ESRI Shapefile, p. 4
    (0, b"AT&TFORM", "application/vnd.djvu"),  # DjVu 3, 5.1
    (0, b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted"),  # RFC 9580, 6.2.1
    (0, b"-----BEGIN PGP SIGNATURE", "application/pgp-signature"),
    (0, b"-----BEGIN PGP PUBLIC KEY", "application/pgp-keys"),
    (0, b"-----BEGIN CERTIFICATE-----", "application/x-x509-cert"),  # RFC 7468, 5
    (0, b"-----BEGIN PKCS7-----", "application/pkcs7-mime"),  # RFC 7468, 8
    (0, b"-----BEGIN CMS-----", "application/pkcs7-mime"),  # RFC 7468, 9
    # A DOS program made of letters, at the very start by definition (EICAR, "anti malware
    # testfile"): what a virus scanner must catch never crosses as a text either.
    (0, b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", "application/x-dosexec"),
    # CAD
    (0, b"AutoCAD Binary DXF\r\n\x1a\0", "image/vnd.dxf"),  # DXF reference, binary files
    (0, b"(DWF V", "model/vnd.dwf"),  # DWF specification: file header
    (0, b"JwwData.", "application/x-jww"),  # Jw_cad JWW data format (published with Jw_cad)
    # archives
    (0, b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),  # 7zFormat.txt
    (0, b"Rar!\x1a\x07\0", "application/vnd.rar"),  # RAR 4 technote
    (0, b"Rar!\x1a\x07\x01\0", "application/vnd.rar"),  # RAR 5 technote
    (0, b"RE\x7e\x5e", "application/vnd.rar"),  # RAR 1.4
    (0, b"BZh", "application/x-bzip2"),  # bzip2 manual; digit checked below
    (0, b"\xfd7zXZ\0", "application/x-xz"),  # .xz file format 2.1.1.1
    (0, b"\x28\xb5\x2f\xfd", "application/zstd"),  # RFC 8878, 3.1.1
    (0, b"\x04\x22\x4d\x18", "application/x-lz4"),  # LZ4 frame format
    (0, b"\x02\x21\x4c\x18", "application/x-lz4"),  # LZ4 legacy frame
    (0, b"LZIP\x01", "application/x-lzip"),  # lzip manual, file format
    (0, b"LRZI", "application/x-lrzip"),  # lrzip magic.header.txt
    (0, b"\x89LZO\0\r\n\x1a\n", "application/x-lzop"),  # lzop.h
    (0, b"\x1f\x9d", "application/x-compress"),  # compress(1)
    (0, b"MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),  # [MS-CAB] 2.1
    (0, b"\x5d\0\0", "application/x-lzma"),  # LZMA SDK, lzma.txt; checked below
    (0, b"xar!", "application/x-xar"),  # xar header
    (0, b"070701", "application/x-cpio"),  # cpio(5)
    (0, b"070702", "application/x-cpio"),
    (0, b"070707", "application/x-cpio"),
    (0, b"\xc7\x71", "application/x-cpio"),
    (0, b"WARC/1.", "application/warc"),  # ISO 28500, 4
    (7, b"**ACE**", "application/x-ace"),  # unace technical information
    # sound, video, fonts
    (0, b"fLaC", "audio/flac"),  # RFC 9639, 6
    (0, b".snd\0\0\0", "audio/basic"),  # AU: magic, offset of the data
    (0, b"caff\0\1\0\0", "audio/x-caf"),  # Core Audio Format 1.0, file header
    (0, b"OggS", "audio/ogg"),  # RFC 3533, 6
    (0, b"ID3", "audio/mpeg"),  # ID3v2.4, 3.1
    (0, b"MThd\0\0\0\x06", "audio/midi"),  # Standard MIDI File 1.0
    (0, b"#!AMR", "audio/amr"),  # RFC 4867, 5
    (0, b"\x1aE\xdf\xa3", "video/x-matroska"),  # RFC 8794, 11.2.1
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),  # ASF 1.20.03, 3.1
    (0, b"FLV\x01", "video/x-flv"),  # FLV 10.1, E.2
    (0, b"\0\0\x01\xba", "video/mpeg"),  # ISO/IEC 13818-1, 2.5.3.3
    (0, b"\0\0\x01\xb3", "video/mpeg"),  # ISO/IEC 13818-2, 6.2.2.1
    (0, b"\0\x01\0\0\0", "font/ttf"),  # OpenType 1.9, table directory
    (0, b"true\0", "font/ttf"),
    (0, b"ttcf\0", "font/collection"),
    (0, b"OTTO\0", "font/otf"),
    (0, b"wOFF", "font/woff"),  # WOFF 1.0, 3
    (0, b"wOF2", "font/woff2"),  # WOFF 2.0, 4
    # programs, installers, shortcuts, disk images
    (0, b"\x7fELF", "application/x-elf"),  # System V ABI, ELF header
    (0, b"\xfe\xed\xfa\xce", "application/x-mach-binary"),  # mach-o/loader.h
    (0, b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    (0, b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (0, b"\xca\xfe\xba\xbe", "application/java-vm"),  # JVM 4.1; fat Mach-O below
    (0, b"\0asm", "application/wasm"),  # WebAssembly core, 5.5.16
    (0, b"dex\n03", "application/vnd.android.dex"),  # Dalvik executable format
    (0, b"!<arch>\ndebian-binary", "application/vnd.debian.binary-package"),  # deb(5)
    (0, b"!<arch>\n", "application/x-archive"),  # ar(5)
    (0, b"\xed\xab\xee\xdb", "application/x-rpm"),  # RPM lead
    (0, b"Cr24", "application/x-xpinstall"),  # CRX
    (0, b"\x4c\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
     "application/x-ms-shortcut"),  # [MS-SHLLINK] 2.1: size and LinkCLSID
    (0, b"ITSF", "application/vnd.ms-htmlhelp"),  # CHM header
    (0, b"?_\x03\0", "application/vnd.ms-htmlhelp"),  # WinHelp
    (0, b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3",
     "application/onenote"),  # [MS-ONESTORE] 2.3.1 guidFileType .one
    (0, b"\xa1\x2f\xff\x43\xd9\xef\x76\x4c\x9e\xe2\x10\xea\x57\x22\x76\x5f",
     "application/onenote"),  # .onetoc2
    (0, b"FWS", "application/vnd.adobe.flash.movie"),  # SWF 19, version checked below
    (0, b"CWS", "application/vnd.adobe.flash.movie"),
    (0, b"ZWS", "application/vnd.adobe.flash.movie"),
    (0, b"conectix", "application/x-vhd"),  # VHD image format specification
    (0, b"vhdxfile", "application/x-vhdx"),  # [MS-VHDX] 2.2.1
    (0, b"KDMV", "application/x-vmdk"),  # Virtual Disk Format 5.0
    (0, b"QFI\xfb", "application/x-qcow2"),  # QEMU qcow2.txt
    (0, b"MSWIM\0\0\0", "application/x-ms-wim"),  # Windows Imaging file format
    (0, b"# Disk DescriptorFile", "application/x-vmdk"),  # the text beside a VMDK
    (64, b"\x7f\x10\xda\xbe", "application/x-disk-image"),  # VirtualBox VDI, vbox/VDICore.h
    (512, b"EFI PART", "application/x-disk-image"),  # UEFI 2.10, 5.3.2: GPT header
    (0, b"hsqs", "application/x-disk-image"),  # squashfs 4.0 superblock
    (0, b"\x1bLua", "application/x-program"),  # Lua bytecode, lundump.h
    (0, b"FasdUAS", "application/x-program"),  # compiled AppleScript
    (0, b"ID;P", "application/x-sylk"),  # SYLK: Excel opens it so whatever the name
)  # fmt: skip

#: Structural signatures that may lie further in.
_TAR_MAGIC: Final = ((257, b"ustar\0"), (257, b"ustar "))
_ISO_PLACES: Final = (32_769, 34_817, 36_865)  # ECMA-119, 8.1: sector 16 …
PDF_HEADER_WINDOW: Final = 1024  # ISO 32000-1, H.3, note 13
_PDF_HEADER: Final = re.compile(rb"%PDF-\d\.\d")
_PDF_BODY: Final = re.compile(rb"\d\s+\d+\s+obj\b|startxref|trailer")

_HEIC_BRANDS: Final = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm"))
_AVIF_BRANDS: Final = frozenset((b"avif", b"avis"))
_HEIF_BRANDS: Final = frozenset((b"mif1", b"mif2", b"msf1", b"mif3"))
_VIDEO_BRANDS: Final = {
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"crx ": "image/x-raw",  # Canon CR3
    b"jp2 ": "image/jp2",
}


def _iso_media(head: bytes) -> str:
    """ISO/IEC 14496-12, 4.3: `ftyp` with major and compatible brands."""
    size = int.from_bytes(head[:4], "big")
    if head[4:8] != b"ftyp" or not 12 <= size <= 1024:
        return ""
    major = head[8:12]
    compatible = {head[i : i + 4] for i in range(16, min(size, len(head)) - 3, 4)}
    for brands in ({major}, compatible if major in _HEIF_BRANDS else set()):
        if brands & _AVIF_BRANDS:
            return "image/avif"
        if brands & _HEIC_BRANDS:
            return "image/heic"
    if major in _HEIF_BRANDS:
        return "image/heif"
    if major in _VIDEO_BRANDS:
        return _VIDEO_BRANDS[major]
    return "video/3gpp" if major.startswith(b"3g") else "video/mp4"


def _riff(head: bytes) -> str:
    """RIFF form types; WebP container specification, 'File header'."""
    if head[:4] != b"RIFF":
        return ""
    form = head[8:12]
    return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(form, "")


def _bmp(head: bytes, size: int) -> bool:
    """BITMAPFILEHEADER: a known header size and pixels inside the file."""
    if head[:2] != b"BM" or len(head) < 26:
        return False
    offset, header = struct.unpack_from("<II", head, 10)
    return header in (12, 16, 40, 52, 56, 64, 108, 124) and offset <= size


def _icon(head: bytes, size: int) -> bool:
    """ICONDIR: type 1 or 2, its count, and a first entry inside the file."""
    if len(head) < 22 or head[:2] != b"\0\0" or head[2:4] not in (b"\1\0", b"\2\0"):
        return False
    count = int.from_bytes(head[4:6], "little")
    length, offset = struct.unpack_from("<II", head, 14)
    return 0 < count <= 256 and head[9] == 0 and offset >= 6 + 16 * count and offset < size \
        and length > 0  # fmt: skip


def _tar(head: bytes) -> bool:
    """POSIX.1-2017 ustar: the header checksum over 512 bytes, chksum field as spaces."""
    if len(head) < 512 or not head[0]:
        return False
    field = head[148:156].strip(b" \0")
    if not re.fullmatch(rb"[0-7]{1,7}", field):
        return False
    return sum(head[:148]) + 8 * 32 + sum(head[156:512]) == int(field, 8)


def _lzh(head: bytes) -> bool:
    """LHA header levels 0 to 2: method `-lh?-`, `-lz?-` or `-pm?-` at 2."""
    return bool(re.match(rb"..-(?:lh[0-9dx]|lz[4s5]|pm[012s])-", head[:7], re.DOTALL))


def _mpeg_audio(head: bytes) -> bool:
    """ISO/IEC 11172-3, 2.4.1.3: sync, layer III, valid bit rate and sampling rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _adts(head: bytes) -> bool:
    """ISO/IEC 13818-7, 6.2: ADTS sync, layer 0, and a second frame where the first ends."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return False
    size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return size >= 7 and head[size : size + 2] in (head[:2], b"")


def _transport_stream(head: bytes) -> bool:
    """ISO/IEC 13818-1, 2.4.3.2: sync bytes 188 apart, or 192 with a time in front (BDAV)."""
    return any(
        len(head) > at + 4 * step and all(head[at + n * step] == 0x47 for n in range(5))
        for at, step in ((0, 188), (4, 192))
    )


def _aiff(head: bytes) -> bool:
    """AIFF 1.3: FORM of type AIFF or AIFC."""
    return head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")


def _dos_program(head: bytes) -> bool:
    """MZ or ZM; text that begins with these letters holds no NUL in its first bytes."""
    return head[:2] in (b"MZ", b"ZM") and b"\0" in head[:512]


def _emf(head: bytes) -> bool:
    """[MS-EMF] 2.3.4.2: EMR_HEADER with ' EMF' at 40."""
    return head[:4] == b"\1\0\0\0" and head[40:44] == b" EMF"


def _wmf(head: bytes) -> bool:
    """[MS-WMF] 2.3.2.2: META_HEADER, type 1 or 2, nine words, version 1.0 or 3.0."""
    return head[:4] in (b"\1\0\x09\0", b"\2\0\x09\0") and head[4:6] in (b"\0\1", b"\0\3")


def _pkcs7(head: bytes) -> str:
    """RFC 5652, 3: ContentInfo SEQUENCE with an OID of 1.2.840.113549.1.7, or of S/MIME's
    own content types, 1.2.840.113549.1.9.16.1 (RFC 3274, 1.1; RFC 5083, 2.1)."""
    if head[:1] != b"\x30":
        return ""
    found = max(
        head.find(b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07", 2, 24),
        head.find(b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01", 2, 24),
    )
    return "application/pkcs7-mime" if found > 0 else ""


#: RFC 9580, 4.2, 5.1 and 5.3: a packet of an encrypted session key, version 3 with one of the
#: algorithms of 9.1 that encrypt, or version 4 with a cipher of 9.3 and a kind of 3.7.1.
_PGP_KEY: Final = re.compile(
    rb"(?:\x84.|\x85..|\xc1(?:[\0-\xbf]|[\xc0-\xdf].))\x03.{8}[\x01\x02\x10\x12]"
    rb"|(?:\x8c|\xc3)[\x04-\xbf]\x04[\x01-\x04\x07-\x0d][\0\1\3\4]",
    re.DOTALL,
)


def _dwg(head: bytes) -> bool:
    """AutoCAD version code AC1.2 … AC10xx, then NULs or zeros (Open Design, 3.1)."""
    return bool(re.match(rb"AC(?:1\.[0-9]|2\.[0-9]|10[0-9]{2})[\0\x01-\x1f]", head[:8], re.DOTALL))


def _jwc(head: bytes) -> bool:
    """The first words of a drawing of Jw_cad for DOS (published with Jw_cad)."""
    return head[:13].lower() == b"jw_cad(c)data"


def _eot(head: bytes, size: int) -> bool:
    """W3C submission Embedded OpenType, 4.1: sizes, a known version, the magic number."""
    if len(head) < 82 or head[34:36] != b"LP":
        return False
    whole, font, version = struct.unpack_from("<III", head)
    return whole == size and font < whole and version in (0x10000, 0x20001, 0x20002)


def at_the_end(tail: bytes) -> str:
    """Media type of a disk image that is known by its last sector, or "".

    `tail` is the last 512 bytes of the file.
    """
    if tail.startswith(b"conectix"):  # VHD image format specification: footer
        return "application/x-vhd"
    return "application/x-apple-diskimage" if tail.startswith(b"koly\0\0\0\4") else ""  # UDIF


def pdf_offset(head: bytes, body: bytes) -> int:
    """Where a PDF begins within the first 1,024 bytes, or -1.

    Further in than byte 0 the header must be followed by PDF structure in `body`, so
    that a text that only speaks of PDF stays a text.
    """
    match = _PDF_HEADER.search(head[: PDF_HEADER_WINDOW + 8])
    if match is None:
        # A damaged version is still a PDF to every reader, and to nothing else.
        return 0 if head.startswith(b"%PDF-") else -1
    if match.start() and not _PDF_BODY.search(body, match.end()):
        return -1
    return match.start()


def match(head: bytes, size: int) -> str:
    """Media type of the signature at the start of a file, or "".

    `head` is the first part of it (up to 1 MB), `size` its whole length in bytes.
    """
    if _dos_program(head):
        return "application/x-dosexec"
    for offset, magic, media_type in _TABLE:
        if head.startswith(magic, offset) and _confirmed(media_type, magic, head):
            if (
                media_type == "application/java-vm"
                and head[4:6] == b"\0\0"
                and head[6:8] < b"\0\x2b"
            ):
                return "application/x-mach-binary"  # fat header: number of architectures
            return media_type
    return _structural(head, size)


def _confirmed(media_type: str, magic: bytes, head: bytes) -> bool:
    if magic == b"BZh":
        return bool(re.match(rb"BZh[1-9](?:1AY&SY|\x17rE8P)", head[:10]))
    if magic in (b"FWS", b"CWS", b"ZWS"):
        return head[3:4] != b"" and head[3] < 60 and b"\0" in head[3:32]
    if magic == b"ID3":
        return head[3:4] in (b"\2", b"\3", b"\4")
    if magic == b"\x5d\0\0":
        return head[5:13] == b"\xff" * 8 or head[10:13] == b"\0\0\0"  # size unknown or < 1 TB
    if magic == b"KDMV":
        return head[4:8] in (b"\1\0\0\0", b"\2\0\0\0", b"\3\0\0\0")
    if len(magic) == _SHORT:
        return b"\0" in head[:64] or len(head) < 64
    return True


def _structural(head: bytes, size: int) -> str:
    if head[:2] == b"\x1f\x8b" and head[2:3] == b"\x08":  # RFC 1952, 2.3
        return "application/gzip"
    for found in (_iso_media(head), _riff(head), _pkcs7(head)):
        if found:
            return found
    for holds, media_type in (
        (_bmp(head, size), "image/bmp"),
        (_icon(head, size), "image/vnd.microsoft.icon"),
        (_emf(head), "image/emf"),
        (_wmf(head), "image/wmf"),
        (_dwg(head), "image/vnd.dwg"),
        (_jwc(head), "application/x-jww"),
        (_eot(head, size), "application/vnd.ms-fontobject"),
        (_lzh(head), "application/x-lzh"),
        (head[:2] == b"\x60\xea" and b"\0" in head[:64], "application/x-arj"),  # ARJ technote
        (any(head.startswith(m, o) for o, m in _TAR_MAGIC) and _tar(head), "application/x-tar"),
        (any(head.startswith(b"CD001", o) for o in _ISO_PLACES), "application/x-iso9660-image"),
        (any(head.startswith(b"NSR0", o) for o in _ISO_PLACES), "application/x-disk-image"),
        (head[510:512] == b"\x55\xaa" and head[:1] in (b"\xeb", b"\xe9", b"\x33", b"\xfa"),
         "application/x-disk-image"),  # a boot sector (FAT, NTFS, MBR)
        (_mpeg_audio(head), "audio/mpeg"),
        (_adts(head), "audio/aac"),
        (_aiff(head), "audio/aiff"),
        (_transport_stream(head), "video/mpeg"),
        (_tar(head), "application/x-tar"),  # before ustar: checksum only
        (_PGP_KEY.match(head) is not None and size > 32, "application/pgp-encrypted"),
    ):  # fmt: skip
        if holds:
            return media_type
    return ""

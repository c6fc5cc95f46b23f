"""What can run is found to be a program: whatever it is named, and behind every disguise."""

from __future__ import annotations

import pytest

from sanitizers.findings import Kind
from sanitizers.identify import Identified, identify, warm
from sanitizers.identify.labels import BY_EXTENSION, FORMATS, PROGRAM, PROGRAM_EXTENSIONS
from sanitizers.identify.scripts import find
from tests.sanitizers.identify import samples as make

MACHO = b"\xcf\xfa\xed\xfe" + bytes(60)
XML = b'<?xml version="1.0" encoding="utf-8"?>\r\n'
#: Content that is a program under every name: sample → media type.
BY_CONTENT = {
    "Windows program": (make.pe(), "application/x-dosexec"),
    "self-extracting archive": (make.pe() + make.zipped({"a": b"b"}), "application/x-dosexec"),
    "Linux program": (b"\x7fELF\2\1\1" + bytes(60), "application/x-elf"),
    "macOS program": (MACHO, "application/x-mach-binary"),
    "Java class": (b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(60), "application/java-vm"),
    "Java archive": (
        make.zipped({"META-INF/MANIFEST.MF": b"x", "A.class": b"x"}), "application/java-archive",
    ),
    "Android app": (
        make.zipped({"AndroidManifest.xml": b"x"}), "application/vnd.android.package-archive",
    ),
    "iOS app": (make.zipped({"Payload/a.app/Info.plist": b"x"}), "application/x-ios-app"),
    "Windows package": (make.zipped({"AppxManifest.xml": b"x"}), "application/msix"),
    "Visual Studio extension": (
        make.zipped({"extension.vsixmanifest": b"x"}), "application/vsix",
    ),
    "browser extension": (b"Cr24\3\0\0\0" + bytes(40), "application/x-xpinstall"),
    "Dalvik bytecode": (b"dex\n035\0" + bytes(60), "application/vnd.android.dex"),
    "WebAssembly": (b"\0asm\1\0\0\0", "application/wasm"),
    "Lua bytecode": (b"\x1bLua\x53\0" + bytes(60), PROGRAM),
    "compiled AppleScript": (b"FasdUAS 1.101.10" + bytes(60), PROGRAM),
    "Flash": (b"CWS\x0a" + bytes(60), "application/vnd.adobe.flash.movie"),
    "Windows Installer": (
        make.compound("\u4840\u3b3f", clsid=bytes.fromhex("84100c0000000000c000000000000046")),
        "application/x-msi",
    ),
    "Debian package": (
        b"!<arch>\ndebian-binary   ", "application/vnd.debian.binary-package",
    ),
    "RPM package": (b"\xed\xab\xee\xdb\3\0" + bytes(90), "application/x-rpm"),
    "shortcut": (
        b"\x4c\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0\x46" + bytes(60),
        "application/x-ms-shortcut",
    ),
    "compiled help": (b"ITSF\3\0\0\0" + bytes(60), "application/vnd.ms-htmlhelp"),
    "Windows help": (b"?_\3\0" + bytes(60), "application/vnd.ms-htmlhelp"),
    "OneNote section": (
        bytes.fromhex("e4525c7b8cd8a74daeb15378d02996d3") + bytes(60), "application/onenote",
    ),
    "virtual disk": (b"conectix" + bytes(504), "application/x-vhd"),
    "fixed virtual disk": (bytes(4096) + b"conectix" + bytes(504), "application/x-vhd"),
    "VHDX": (b"vhdxfile" + bytes(60), "application/x-vhdx"),
    "VMDK": (b"KDMV\1\0\0\0" + bytes(60), "application/x-vmdk"),
    "text beside a VMDK": (b"# Disk DescriptorFile\nversion=1\n", "application/x-vmdk"),
    "QCOW2": (b"QFI\xfb\0\0\0\3" + bytes(60), "application/x-qcow2"),
    "VirtualBox disk": (
        b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(64, b"\0") + b"\x7f\x10\xda\xbe"
        + bytes(60),
        "application/x-disk-image",
    ),
    "macOS disk": (
        bytes(2000) + b"koly\0\0\0\4" + bytes(504), "application/x-apple-diskimage",
    ),
    "boot sector": (
        b"\xeb\x3c\x90MSDOS5.0" + bytes(499) + b"\x55\xaa" + bytes(999),
        "application/x-disk-image",
    ),
    "GPT disk": (
        bytes(510) + b"\x55\xaaEFI PART" + bytes(600), "application/x-disk-image",
    ),
    "UDF image": (bytes(32_769) + b"NSR02\1" + bytes(2042), "application/x-disk-image"),
    "squashfs": (b"hsqs" + bytes(100), "application/x-disk-image"),
    "Windows image": (b"MSWIM\0\0\0" + bytes(200), "application/x-ms-wim"),
    "shell script": (b"#!/bin/sh\nrm -rf /\n", "application/x-sh"),
    "shell script, blank": (b"\n\n#! /usr/bin/env python3\nx\n", "application/x-sh"),
    "batch file": (b"@echo off\r\nstart x\r\n", "application/x-bat"),
    "batch file in UTF-16": (
        "\ufeff@ECHO OFF\r\nstart x\r\n".encode("utf-16-le"), "application/x-bat",
    ),
    "batch file, remark": (b"REM x\r\n@echo off\r\n", "application/x-bat"),
    "PHP": (b"<?php system(1); ?>", "application/x-php"),
    "PHP after a text": (b"hello\n  <?php system(1); ?>\n", "application/x-php"),
    "short PHP": (b"<?= `id` ?>", "application/x-php"),
    "registry": (b"Windows Registry Editor Version 5.00\r\n", "text/x-registry"),
    "registry, old": (b"REGEDIT4\r\n[HKEY]\r\n", "text/x-registry"),
    "Internet shortcut": (b"[InternetShortcut]\r\nURL=x\r\n", "application/x-mswinurl"),
    "Internet shortcut after a comment": (
        b"; x\r\n\r\n[InternetShortcut]\r\nURL=x\r\n", "application/x-mswinurl",
    ),
    "Internet shortcut after another section": (
        b"[{000214A0-0000-0000-C000-000000000046}]\r\nProp3=19,2\r\n[InternetShortcut]\r\nURL=x\r\n",
        "application/x-mswinurl",
    ),
    "macOS location": (
        XML + b'<!DOCTYPE plist PUBLIC "a" "b"><plist><dict><key>URL</key></dict></plist>',
        "application/x-mswinurl",
    ),
    "desktop entry": (b"[Desktop Entry]\nExec=x\n", "application/x-mswinurl"),
    "Explorer command": (b"[Shell]\r\nCommand=2\r\n", "application/x-scf"),
    "folder settings": (b"[.ShellClassInfo]\r\nIconResource=x\r\n", "application/x-scf"),
    "setup information": (
        b'; x\r\n[Version]\r\nClass=x\r\nSignature="$CHICAGO$"\r\n', "text/x-ms-inf",
    ),
    "autorun": (b"[autorun]\r\nopen=x\r\n", "text/x-ms-inf"),
    "theme": (b"; x\r\n[Theme]\r\nDisplayName=x\r\n", PROGRAM),
    "web query": (b"WEB\r\n1\r\nhttp://x/\r\n", "application/x-iqy"),
    "SYLK": (b"ID;PWXL;N;E\r\n", "application/x-sylk"),
    "Remote Desktop": (b"full address:s:x\r\n", "application/x-rdp"),
    "encoded script": (b"#@~^eAAAAA==", "application/x-windows-script"),
    "VBScript": (
        b"' x\r\nOn Error Resume Next\r\nSet o = CreateObject(\"WScript.Shell\")\r\n",
        "application/x-windows-script",
    ),
    "JScript": (
        b"/* x */\r\nvar s = new ActiveXObject('WScript.Shell');\r\n",
        "application/x-windows-script",
    ),
    "PowerShell": (
        b"<# x #>\r\n$c = New-Object Net.WebClient\r\nIEX $c.DownloadString('x')\r\n",
        "application/x-powershell",
    ),
    "HTML application": (
        b"<html><head><HTA:APPLICATION ID=a></head></html>", "application/hta",
    ),
    "script component": (
        XML + b"<scriptlet><registration/></scriptlet>", "application/x-windows-script",
    ),
    "script job": (b"<job><script>x</script></job>", "application/x-windows-script"),
    "stylesheet with script": (
        XML + b'<xsl:stylesheet xmlns:ms="urn:schemas-microsoft-com:xslt"/>',
        "application/x-windows-script",
    ),
    "Java Web Start": (XML + b"<jnlp spec='1.0+'/>", "application/x-java-jnlp-file"),
    "management console": (XML + b"<MMC_ConsoleFile />", "application/x-msc"),
    "search connector": (XML + b"<searchConnectorDescription />", PROGRAM),
    "library": (XML + b"<libraryDescription />", PROGRAM),
    "settings": (XML + b"<PCSettings></PCSettings>", PROGRAM),
    "assembly": (XML + b'<assembly xmlns="urn:schemas-microsoft-com:asm.v1"/>', PROGRAM),
    "build project": (
        XML + b'<Project xmlns="http://schemas.microsoft.com/developer/msbuild/2003"/>', PROGRAM,
    ),
    "EICAR": (
        b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
        "application/x-dosexec",
    ),
}  # fmt: skip
NAMES = ("", "書類.pdf", "a.txt", "a.docx", "a.csv", "a.html", "a.jpg", "a.xml", "a.zip",
         "a.unknown", "請求書\u202efdp.exe", "a.txt.exe", "noext")  # fmt: skip


def look(data: bytes, name: str = "", claimed: str = "") -> Identified:
    warm()
    return identify(memoryview(data), name=name, claimed_type=claimed)


@pytest.mark.parametrize("sample", BY_CONTENT)
def test_a_program_is_one_under_every_name(sample: str) -> None:
    data, media_type = BY_CONTENT[sample]
    assert look(data).media_type == media_type
    for name in NAMES:
        found = look(data, name, "application/pdf")
        assert (found.program, found.media_type) == (True, media_type), name
        assert found.label_ja == FORMATS[media_type].ja


@pytest.mark.parametrize("ending", sorted(PROGRAM_EXTENSIONS))
def test_a_programs_name_keeps_texts_and_unknown_bytes_from_crossing(ending: str) -> None:
    for data in (b"hello", "こんにちは".encode("cp932"), b"a,b\r\n1,2\r\n", bytes(range(256)),
                 make.MAIL, make.SAVED_PAGE, b"<html><p>x", XML + b"<a/>",
                 b'{"a": 1}'):  # fmt: skip
        for name in (
            f"a.{ending}",
            f"a.{ending.upper()} .",
            f"a.pdf.{ending}",
            f"x\u202efdp.{ending}",
        ):
            found = look(data, name, "text/plain")
            assert found.program, name
            assert found.media_type in BY_EXTENSION[ending]


@pytest.mark.parametrize("name", ["請求書\u202efdp.exe", "a\u202ecod.js", "x\u2067gpj.scr"])
def test_a_name_that_reads_backwards_is_noted(name: str) -> None:
    found = look(b"hello", name)
    assert found.program
    assert Kind.DOUBLE_EXTENSION in {f.kind for f in found.findings}


@pytest.mark.parametrize(
    "name", ["a.exe.", "a.js ", "a.exe .. ", "a.exe:b.txt", "a.txt:b.exe", "a.js::$DATA"]
)
def test_what_windows_leaves_out_of_a_name_hides_no_program(name: str) -> None:
    found = look(b"hello", name)
    assert found.program
    assert Kind.DOUBLE_EXTENSION in {f.kind for f in found.findings}


def test_a_stream_of_a_text_is_noted_and_a_time_in_a_name_is_not() -> None:
    assert look(b"hello", "a.txt::$DATA").findings != ()
    for name in ("会議 10:30.txt", "Re: 報告.txt", "C:a.txt", "資料.txt ", "http://a.jp:80/a.txt"):
        found = look(b"hello", name)
        assert (found.media_type, found.findings) == ("text/plain", ()), name


POLYGLOTS = {
    "PDF + ZIP": (make.PDF + make.zipped({"a.exe": make.pe()}), "application/pdf"),
    "PDF + JAR": (make.PDF + make.zipped({"META-INF/MANIFEST.MF": b"x"}), "application/pdf"),
    "GIF + script": (b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)", "image/gif"),
    "PNG + PHP": (make.PNG + b"<?php system(1); ?>", "image/png"),
    "JPEG + JAR": (make.JPEG + make.zipped({"META-INF/MANIFEST.MF": b"x"}), "image/jpeg"),
    "JPEG + ZIP": (make.JPEG + make.zipped({"a": b"b"}), "image/jpeg"),
    "film + ZIP": (make.ftyp(b"isom") + make.zipped({"a": b"b"}), "video/mp4"),
}


@pytest.mark.parametrize("sample", POLYGLOTS)
def test_of_two_formats_only_the_one_that_is_rebuilt_stands(sample: str) -> None:
    data, media_type = POLYGLOTS[sample]
    for name in ("", "a.jar", "a.zip", "a.php", "a.exe", "a.js"):
        assert look(data, name).media_type == media_type


@pytest.mark.parametrize(
    "data",
    [
        make.pe() + make.PDF,
        make.pe() + make.zipped({"a.pdf": make.PDF}),
        b"#!/bin/sh\nexit\n" + make.PDF,
        b"@echo off\r\n" + make.zipped({"a": b"b"}),
        b"<?php __HALT_COMPILER(); ?>" + make.zipped({"a": b"b"}),
    ],
)
def test_a_program_with_another_format_behind_it_is_a_program(data: bytes) -> None:
    for name in ("a.pdf", "a.zip", "a.jpg", ""):
        assert look(data, name).program


@pytest.mark.parametrize(
    "text",
    [
        "お知らせ\r\nWScript.Shell を使うウイルスに注意してください。\r\n",
        "PowerShell では Invoke-Expression を使わないこと。",
        "[お知らせ]\r\n庁内の皆様へ\r\n",
        "[Version]\r\n1.0 のお知らせ\r\n",
        "[Theme]\r\n今年のテーマについて\r\n",
        "# 見出し\r\n\r\n本文 New-Object という言葉\r\n",
        "Dim lights are better.\r\n",
        "Set a = 1 と書きます\r\n",
        "@tanaka さん\r\n",
        "function of the city office\r\n",
        "<?xml の話",
        "rem 睡眠について\r\n",
        "ID番号;P\r\n",
    ],
)
def test_a_text_about_programs_is_a_text(text: str) -> None:
    for charset in ("utf-8", "utf-16"):
        found = look(text.encode(charset), "お知らせ.txt", "text/plain")
        assert found.media_type == "text/plain"


def test_a_mail_that_quotes_a_program_is_a_mail() -> None:
    assert look(make.MAIL + b"<?php system(1); ?>\r\n", "a.eml").media_type == "message/rfc822"


def test_ordinary_xml_is_no_program() -> None:
    for body in (b"<project><name>x</name></project>", b"<job>clerk</job>", b"<package/>",
                 b"<plist><dict/></plist>", b"<xsl:stylesheet/>", b"<assembly/>"):  # fmt: skip
        assert look(XML + body, "a.xml").media_type == "application/xml"


@pytest.mark.parametrize("unit", ["#", "<##>", "//\n", "/**/", "'\n", ";\n", "\n", "<#", "[", "$a"])
def test_a_text_of_nothing_but_signs_is_searched_to_its_end(unit: str) -> None:
    assert find(unit * (8_192 // len(unit))) == ""

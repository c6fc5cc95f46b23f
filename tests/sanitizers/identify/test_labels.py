"""The table of formats is complete and cheap to import."""

from __future__ import annotations

import subprocess
import sys

from sanitizers.identify.labels import (
    FORMATS,
    PROGRAM_EXTENSIONS,
    UNKNOWN,
    extension,
    is_program,
    label,
)
from sanitizers.identify.names import INERT_TEXT
from sanitizers.identify.names import extension as extension_of


def test_every_format_has_both_names() -> None:
    for media_type, row in FORMATS.items():
        assert media_type == media_type.lower()
        assert row.ja and row.en
        assert all(ext == ext.lower() and "." not in ext for ext in row.extensions)


def test_labels_read_right() -> None:
    assert label("application/x-js-taro") == ("一太郎文書", "Ichitaro document")
    assert label("application/zip")[0] == "ZIPアーカイブ"
    assert label("application/vnd.ms-word.document.macroenabled.12")[0] == "Word文書（マクロ付き）"
    assert label("no/such") == label(UNKNOWN)


def test_extensions_and_programs() -> None:
    assert extension("image/jpeg") == ".jpg"
    assert extension(UNKNOWN) == ""
    assert is_program("application/x-dosexec")
    assert not is_program("application/pdf")
    assert not is_program("no/such")


def test_inert_text_is_never_a_program() -> None:
    assert INERT_TEXT.isdisjoint(PROGRAM_EXTENSIONS)
    for ending in ("pdf", "docx", "jpg", "png", "zip", "xml", "json", "dat", "db"):
        assert ending not in PROGRAM_EXTENSIONS


def test_what_the_brief_calls_programs_are_programs() -> None:
    named = (
        "js jse vbs vbe wsf wsh hta bat cmd ps1 psm1 sh py pl php reg inf scf url website lnk iqy "
        "slk xll settingcontent-ms library-ms appref-ms application jnlp rdp desktop msc cpl scr "
        "pif com chm one exe dll msi msix jar apk vhd vhdx vmdk dmg img"
    )
    assert set(named.split()) <= PROGRAM_EXTENSIONS


def test_the_extension_is_the_one_that_windows_acts_on() -> None:
    assert extension_of("C:\\x\\a.EXE. ") == "exe"
    assert extension_of("a.exe::$DATA") == "exe"
    assert extension_of("a.ｅｘｅ") == "exe"
    assert extension_of("a\u202efdp.exe") == "exe"
    assert extension_of("議事録.2024") == ""
    assert extension_of("Mr. Smith") == ""
    assert extension_of("noext") == ""


def test_labels_come_without_libmagic() -> None:
    code = "import sys, sanitizers.identify.labels; sys.exit('magic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

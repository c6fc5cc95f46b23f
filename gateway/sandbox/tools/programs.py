"""What the tool box holds: each program, what it can make, with which arguments and limits.

Nothing here comes from a file: the input lies under a fixed name with an extension of our
own list, the output under another, and no option is taken from anywhere.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway.sandbox.tools.launcher import FOLDER
from sanitizers.limits import MB

#: Where programs are looked for: never the caller's PATH.
_PATH: Final = "/usr/local/bin:/usr/bin:/bin"
#: Name of the input and of the output, without extension.
INPUT: Final = "source"
OUTPUT: Final = "source"  # LibreOffice names its output after the input

#: What is compared of a document: its first pages as pictures, more of them as text.
PICTURE_PAGES: Final = 20
PICTURE_DPI: Final = 50
TEXT_PAGES: Final = 1_000

_OOXML: Final = "application/vnd.openxmlformats-officedocument."
_ENVIRONMENT: Final = {
    "HOME": f"{FOLDER}/home",
    "TMPDIR": f"{FOLDER}/tmp",  # noqa: S108 - in the private folder
    "XDG_RUNTIME_DIR": f"{FOLDER}/tmp",  # noqa: S108 - the same
    "LANG": "C.UTF-8",
    "PATH": "/usr/bin:/bin",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLimits:
    """What one run may use; the worker enforces the wall clock and the folder's size."""

    wall_seconds: float
    cpu_seconds: int
    memory_bytes: int  # RLIMIT_AS: what is reserved, not what is used
    folder_bytes: int  # everything in the private folder, the input included
    weight_bytes: int  # counted against the worker's memory budget
    descriptors: int = 1_024


@dataclass(frozen=True, slots=True)
class Target:
    """A type that a program writes: its extension, and the arguments that ask for it.

    `stdout`: it writes to its standard output, which then is the output file.
    """

    extension: str
    arguments: tuple[str, ...]
    stdout: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One program of the box.

    `before` and `after` stand around a target's arguments; "{input}" and "{output}" in them
    are the files. `seed` are files of a new private folder, by their path in it.
    """

    name: str
    find: Callable[[], Path | None]  # the program; None: not installed
    targets: Mapping[str, Target]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    limits: ToolLimits
    environment: Mapping[str, str] = field(default_factory=lambda: dict(_ENVIRONMENT))
    seed: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""  # a folder that the program fills at its first start, kept as a model
    own_tree: bool = False  # it reads the folder that its program's folder lies in
    idle: tuple[str, ...] = ()  # arguments with which it starts and ends at once

    def arguments(self, target: Target, extension: str) -> list[str]:
        """The command line without the program's name."""
        places = {
            "{input}": f"{FOLDER}/in/{INPUT}.{extension}",
            "{output}": f"{FOLDER}/out/{OUTPUT}.{target.extension}",
        }
        line = (*self.before, *target.arguments, *self.after)
        return [places.get(argument, argument) for argument in line]


def _soffice() -> Path | None:
    """LibreOffice's own binary: its start script wants a shell and other programs."""
    found = shutil.which("soffice", path=_PATH)
    if found is None:
        return None
    program = Path(found).resolve().with_name("soffice.bin")
    return program if program.is_file() else None


def _found(name: str) -> Path | None:
    found = shutil.which(name, path=_PATH)
    return Path(found).resolve() if found is not None else None


def _office(extension: str, export: str) -> Target:
    """LibreOffice help, "File Conversion Filters Tables"."""
    return Target(extension, ("--convert-to", f"{extension}:{export}" if export else extension))


#: No macro, no link, no Java, no lock file and no first-start page, whatever the document
#: wants (LibreOffice's configuration schema, Office.Common and Office.Calc/Writer). The
#: sandbox denies all of it as well.
_LIBREOFFICE_SETTINGS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop
 oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop
 oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop
 oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop
 oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop
 oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
<item oor:path="/org.openoffice.Office.Java/VirtualMachine"><prop
 oor:name="Enable" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop
 oor:name="UseLocking" oor:op="fuse"><value>false</value></prop></item>
</oor:items>
"""

LIBREOFFICE: Final = Tool(
    name="libreoffice",
    find=_soffice,
    targets=MappingProxyType(
        {
            _OOXML + "wordprocessingml.document": _office("docx", "MS Word 2007 XML"),
            _OOXML + "spreadsheetml.sheet": _office("xlsx", "Calc MS Excel 2007 XML"),
            _OOXML + "presentationml.presentation": _office(
                "pptx", "Impress MS PowerPoint 2007 XML"
            ),
            "application/pdf": _office("pdf", ""),  # the filter follows from the document
            "image/png": _office("png", ""),
        }
    ),
    before=(
        f"-env:UserInstallation=file://{FOLDER}/profile", "--headless", "--invisible",
        "--norestore", "--nolockcheck", "--nodefault", "--nologo", "--nofirststartwizard",
    ),
    after=("--outdir", f"{FOLDER}/out", "{input}"),
    limits=ToolLimits(
        wall_seconds=120, cpu_seconds=100, memory_bytes=4_000 * MB, folder_bytes=1_000 * MB,
        weight_bytes=400 * MB,
    ),
    environment=MappingProxyType({**_ENVIRONMENT, "SAL_USE_VCLPLUGIN": "svp"}),
    seed=MappingProxyType({"profile/user/registrymodifications.xcu": _LIBREOFFICE_SETTINGS}),
    profile="profile",
    own_tree=True,
    idle=("--terminate_after_init",),
)  # fmt: skip


#: Container formats that ffmpeg may read: none that names other files or addresses (no
#: HLS, DASH, concat, image sequence, SDP).
_DEMUXERS: Final = (
    "mov", "mp4", "m4a", "3gp", "matroska", "webm", "avi", "mp3", "wav", "w64", "aac", "flac",
    "ogg", "asf", "mpeg", "mpegts", "mpegvideo", "flv", "amr", "aiff", "caf", "au", "ac3",
)  # fmt: skip
_VIDEO: Final = (
    "-map", "0:v:0", "-map", "0:a:0?", "-c:v", "libx264", "-preset", "veryfast", "-crf", "23",
    "-pix_fmt", "yuv420p", "-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-c:a", "aac", "-b:a",
    "160k", "-movflags", "+faststart", "-f", "mp4",
)  # fmt: skip
_AUDIO: Final = ("-map", "0:a:0", "-vn")

FFMPEG: Final = Tool(
    name="ffmpeg",
    find=lambda: _found("ffmpeg"),
    targets=MappingProxyType(
        {
            "video/mp4": Target("mp4", _VIDEO),
            "audio/mp4": Target(
                "m4a", (*_AUDIO, "-c:a", "aac", "-b:a", "160k", "-f", "mp4")
            ),
            "audio/mpeg": Target(
                "mp3",
                (*_AUDIO, "-c:a", "libmp3lame", "-q:a", "2", "-id3v2_version", "0",
                 "-write_xing", "0", "-f", "mp3"),
            ),
            "audio/wav": Target("wav", (*_AUDIO, "-c:a", "pcm_s16le", "-f", "wav")),
        }
    ),
    before=(
        "-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file",
        "-format_whitelist", ",".join(_DEMUXERS), "-i", "{input}", "-map_metadata", "-1",
        "-map_chapters", "-1", "-sn", "-dn", "-fflags", "+bitexact", "-flags:v", "+bitexact",
        "-flags:a", "+bitexact",
    ),
    after=("{output}",),
    limits=ToolLimits(
        wall_seconds=900, cpu_seconds=1_500, memory_bytes=4_000 * MB, folder_bytes=2_000 * MB,
        weight_bytes=400 * MB,
    ),
)  # fmt: skip

_MEASURING: Final = ToolLimits(
    wall_seconds=30, cpu_seconds=25, memory_bytes=2_000 * MB, folder_bytes=200 * MB,
    weight_bytes=100 * MB,
)  # fmt: skip

#: Poppler: the sanitizers read PDF by other libraries, so that one blindness is not shared.
PDFTOTEXT: Final = Tool(
    name="pdftotext",
    find=lambda: _found("pdftotext"),
    targets=MappingProxyType({"text/plain": Target("txt", ("{input}", "{output}"))}),
    before=("-q", "-enc", "UTF-8", "-eol", "unix", "-l", str(TEXT_PAGES)),
    limits=_MEASURING,
)
PDFTOPPM: Final = Tool(
    name="pdftoppm",
    find=lambda: _found("pdftoppm"),
    # Without a name to write to, all pages follow one another on standard output.
    targets=MappingProxyType(
        {"image/x-portable-graymap": Target("pgm", ("{input}",), stdout=True)}
    ),
    before=("-q", "-gray", "-r", str(PICTURE_DPI), "-l", str(PICTURE_PAGES)),
    limits=_MEASURING,
)
PDFLINKS: Final = Tool(
    name="pdfinfo",
    find=lambda: _found("pdfinfo"),
    targets=MappingProxyType({"text/uri-list": Target("txt", ("{input}",), stdout=True)}),
    before=("-url", "-enc", "UTF-8"),
    limits=_MEASURING,
)
W3M: Final = Tool(
    name="w3m",
    find=lambda: _found("w3m"),
    targets=MappingProxyType({"text/plain": Target("txt", ("{input}",), stdout=True)}),
    before=("-dump", "-T", "text/html", "-O", "UTF-8", "-cols", "200", "-no-cookie", "-s"),
    limits=_MEASURING,
)

#: What a sanitizer may ask for.
TOOLS: Final[Mapping[str, Tool]] = MappingProxyType(
    {tool.name: tool for tool in (LIBREOFFICE, FFMPEG)}
)
#: What a cleaned file is compared with its original by; no sanitizer can ask for these.
INSTRUMENTS: Final[Mapping[str, Tool]] = MappingProxyType(
    {tool.name: tool for tool in (LIBREOFFICE, PDFTOTEXT, PDFTOPPM, PDFLINKS, W3M)}
)

#: What a child may ask for: tool and target media types.
TARGETS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {name: frozenset(tool.targets) for name, tool in TOOLS.items()}
)

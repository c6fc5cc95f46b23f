"""The real LibreOffice in the box: it converts, and does nothing else that a document asks."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import socket
import zipfile
from pathlib import Path

import pytest

from gateway.sandbox.tools.box import Toolbox
from gateway.sandbox.tools.programs import LIBREOFFICE
from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.tools import samples
from tests.gateway.sandbox.tools.conftest import NO_NAMESPACES, installed, one, reachable, with_box

OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = OOXML + "wordprocessingml.document"
XLSX = OOXML + "spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
DOC = "application/msword"


@pytest.fixture(scope="module", autouse=True)
def _installed():
    installed("libreoffice")


def convert(*jobs, **more):
    """(data, target, type of the data) one after another in one box."""

    async def go(box):
        return [await one(box, data, "libreoffice", target, kind) for data, target, kind in jobs]

    return with_box(go, **more)


def inside(data):
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        return {name: z.read(name) for name in z.namelist()}


@pytest.fixture(scope="module")
def doc(tmp_path_factory):
    """A .doc made by LibreOffice itself (its own export filter, in the same box)."""
    export = LIBREOFFICE.targets[DOCX].__class__("doc", ("--convert-to", "doc:MS Word 97"))
    tool = {name: getattr(LIBREOFFICE, name) for name in LIBREOFFICE.__slots__}
    writer = type(LIBREOFFICE)(**tool | {"targets": {DOC: export}})
    source = samples.text("無害化のための文書です。", "二行目")
    (made,) = convert((source, DOC, ODT), tools={"libreoffice": writer})
    assert made.startswith(b"\xd0\xcf\x11\xe0")
    return made


@pytest.mark.parametrize(
    "way", [{}, {"highest_landlock_abi": 2}, {"launcher": NO_NAMESPACES}], ids=str
)
def test_a_doc_becomes_a_docx(doc, way):
    if "launcher" in way and os.geteuid() != 0:
        pytest.skip("only root has rights to give up")
    foreign = set(Path("/tmp").glob("OSL_PIPE_*"))
    (made,) = convert((doc, DOCX, DOC), **way)
    assert "無害化のための文書です。".encode() in inside(made)["word/document.xml"]
    assert set(Path("/tmp").glob("OSL_PIPE_*")) <= foreign


def test_a_macro_does_not_run():
    (made,) = convert((samples.sheet_with_macro(), XLSX, ODS))
    everything = b"".join(inside(made).values())
    assert b"visible" in everything
    assert b"MACRO RAN" not in everything


def test_links_are_not_followed(tmp_path):
    secret = reachable(tmp_path) / "secret.txt"
    secret.write_text("canary-of-the-secret\n")
    secret.chmod(0o644)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/p.png"
        (made,) = convert((samples.text_with_links(str(secret), address), DOCX, ODT))
        with contextlib.suppress(TimeoutError):
            server.accept()
            raise AssertionError("somebody called")
    everything = b"".join(inside(made).values())
    assert b"visible" in everything
    assert b"canary-of-the-secret" not in everything


def test_a_damaged_file_without_output_is_damaged_though_the_program_says_all_is_well():
    (made,) = convert((samples.text("cut")[:900], XLSX, ODT))
    assert made is ReasonCode.DAMAGED


def test_each_run_has_a_profile_that_no_other_document_touched(doc):
    async def go(box: Toolbox) -> None:
        await one(box, doc, "libreoffice", DOCX, DOC)
        model = dict(box._models["libreoffice"])
        made = await asyncio.gather(*(one(box, doc, "libreoffice", DOCX, DOC) for _ in range(2)))
        assert all(isinstance(result, bytes) for result in made)
        assert box._models["libreoffice"] == model
        settings = model["profile/user/registrymodifications.xcu"]
        assert b"DisableMacrosExecution" in settings
        assert box._root is not None
        assert list(box._root.path.iterdir()) == []

    with_box(go)

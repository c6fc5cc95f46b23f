"""`mugaika sanitize`: the contract of its files, its JSON and its exit codes."""

import asyncio
import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
import pyzipper
from msoffcrypto.format.ooxml import OOXMLFile

from gateway import sanitize
from gateway.sandbox.memory import SealedBytes
from gateway.sanitize import UsageError, gravest, inputs, output_place
from sanitizers.model import Outcome
from sanitizers.reasons import ReasonCode
from tests.gateway.worker import files
from tests.gateway.worker.files import CANARY, mail, raw
from tests.gateway.worker.trees import leaf, missing
from tests.sanitizers.office import packages

CONFIG = '[workers]\ncount = 2\nmemory = "4GB"\n'


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "gateway.toml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def run(folder, *arguments):
    """The command in `folder`; (exit code, standard output, standard error)."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MUGAIKA_")}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [
            sys.executable, "-m", "gateway.cli", "sanitize",
            "--config", str(folder.parent / "gateway.toml"), *map(str, arguments),
        ],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def objects(stdout):
    return [json.loads(line) for line in stdout.splitlines()]


def listing(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


KEYS = {
    "version", "name", "media_type", "outcome", "method", "output", "findings", "reason",
    "parts", "seconds",
}  # fmt: skip


def test_one_clean_picture(folder):
    (folder / "図.png").write_bytes(files.png())
    code, stdout, stderr = run(folder, "図.png", "--json")
    assert (code, stderr) == (0, "")
    (report,) = objects(stdout)
    assert set(report) == KEYS
    assert (report["version"], report["name"], report["outcome"]) == (1, "図.png", "clean")
    assert (report["method"], report["media_type"]) == ("sanitize", "image/png")
    assert (report["reason"], report["parts"]) == (None, [])
    data = (folder / "図.clean.png").read_bytes()
    assert report["output"] == {
        "path": "図.clean.png",
        "name": "図.clean.png",
        "media_type": "image/png",
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert CANARY not in data
    for finding in report["findings"]:
        assert set(finding) == {"kind", "action", "count", "where", "sha256"}
    assert (folder / "図.png").read_bytes() == files.png()
    assert (folder / "図.clean.png").stat().st_mode & 0o077 == 0


def test_a_clash_gets_a_number_and_nothing_is_overwritten(folder):
    (folder / "a.png").write_bytes(files.png())
    (folder / "a.clean.png").write_bytes(b"mine")
    assert run(folder, "a.png")[0] == 0
    assert run(folder, "a.png")[0] == 0
    assert (folder / "a.clean.png").read_bytes() == b"mine"
    assert listing(folder) == ["a.clean-2.png", "a.clean-3.png", "a.clean.png", "a.png"]


def test_several_inputs_report_in_their_order_and_the_gravest_code_wins(folder):
    (folder / "b.png").write_bytes(files.png())
    (folder / "a.bin").write_bytes(files.UNKNOWN)
    (folder / "c.exe").write_bytes(files.PROGRAM)
    (folder / "d.eml").write_bytes(raw(mail(("x.exe", "application/x", files.PROGRAM))))
    code, stdout, stderr = run(folder, "c.exe", "b.png", "a.bin", "d.eml", "--json", "-o", "out")
    assert (code, stderr) == (3, "")
    reports = objects(stdout)
    assert [r["name"] for r in reports] == ["c.exe", "b.png", "a.bin", "d.eml"]
    assert [r["outcome"] for r in reports] == ["withheld", "clean", "withheld", "partial"]
    assert [(r["reason"] or {}).get("code") for r in reports] == [
        "program",
        None,
        "unknown_type",
        None,
    ]
    assert set(reports[0]["reason"]) == {"code", "ja", "en"}
    assert reports[0]["output"] is None
    # a withheld input writes nothing, a partial mail writes its file
    assert listing(folder / "out") == ["b.clean.png", "d.clean.eml"]
    (member,) = reports[3]["parts"]
    assert set(member) == KEYS - {"version", "seconds"}
    assert (member["name"], member["outcome"], member["output"]) == ("x.exe", "withheld", None)
    cleaned = (folder / "out" / "d.clean.eml").read_bytes()
    assert cleaned.isascii()
    assert CANARY not in cleaned


def test_a_folder_recurses_and_keeps_relative_paths(folder):
    deep = folder / "in" / "深い" / "所"
    deep.mkdir(parents=True)
    (deep / "a.png").write_bytes(files.png())
    (folder / "in" / "b.png").write_bytes(files.png())
    (folder / "in" / "link.png").symlink_to(deep / "a.png")
    code, stdout, _ = run(folder, "in", "-o", "out/", "--json")
    assert code == 0
    assert listing(folder / "out") == ["b.clean.png", "深い/所/a.clean.png"]
    assert len(objects(stdout)) == 2


def test_o_with_one_input_is_the_file(folder):
    (folder / "a.png").write_bytes(files.png())
    code, stdout, _ = run(folder, "a.png", "-o", "result.png", "--json")
    assert code == 0
    assert objects(stdout)[0]["output"]["path"] == "result.png"
    first = (folder / "result.png").read_bytes()
    code, _, stderr = run(folder, "a.png", "-o", "result.png")
    assert code == 2
    assert "result.png: exists" in stderr
    assert (folder / "result.png").read_bytes() == first
    assert listing(folder) == ["a.png", "result.png"]


def test_o_with_an_existing_folder_or_a_trailing_slash_is_a_folder(folder):
    (folder / "a.png").write_bytes(files.png())
    (folder / "here").mkdir()
    assert run(folder, "a.png", "-o", "here")[0] == 0
    assert run(folder, "a.png", "-o", "new/")[0] == 0
    assert listing(folder) == ["a.png", "here/a.clean.png", "new/a.clean.png"]


def test_the_type_decides_the_extension(folder):
    (folder / "photo.pdf").write_bytes(files.png())
    assert run(folder, "photo.pdf")[0] == 0
    assert listing(folder) == ["photo.clean.png", "photo.pdf"]


def test_people_read_a_sentence(folder):
    (folder / "a.png").write_bytes(files.png())
    (folder / "b.exe").write_bytes(files.PROGRAM)
    code, stdout, _ = run(folder, "a.png", "b.exe")
    clean, refused = stdout.splitlines()
    assert code == 3
    assert clean.startswith("a.png -> a.clean.png (sanitize, ")
    assert refused.startswith("b.exe: withheld [program] プログラム")


def archive(*members, password=""):
    """A ZIP of (name, data), with a password under AES-256."""
    out = io.BytesIO()
    encryption = pyzipper.WZ_AES if password else None
    with pyzipper.AESZipFile(
        out, "w", compression=pyzipper.ZIP_DEFLATED, encryption=encryption
    ) as z:
        z.setpassword(password.encode() or None)
        for name, data in members:
            z.writestr(name, data)
    return out.getvalue()


def test_an_archive_keeps_its_tree_and_says_what_is_missing(folder):
    (folder / "一式.zip").write_bytes(
        archive(("資料/図.png", files.png()), ("setup.exe", files.PROGRAM), ("メモ.txt", "覚え\n"))
    )
    code, stdout, _ = run(folder, "一式.zip", "--json")
    assert code == 3
    (report,) = objects(stdout)
    assert (report["outcome"], report["reason"]) == ("partial", None)
    assert sorted((p["name"], p["outcome"]) for p in report["parts"]) == [
        ("setup.exe", "withheld"), ("メモ.txt", "clean"), ("図.png", "clean"),
    ]  # fmt: skip
    assert all(set(part) == KEYS - {"version", "seconds"} for part in report["parts"])
    with zipfile.ZipFile(folder / "一式.clean.zip") as z:
        assert {"資料/図.png", "メモ.txt"} <= set(z.namelist())
        assert CANARY not in b"".join(z.read(name) for name in z.namelist())
        assert not any(name.endswith(".exe") for name in z.namelist())


def test_a_locked_archive_is_exit_4_until_its_password_is_given(folder):
    (folder / "a.zip").write_bytes(archive(("a.txt", b"secret\n"), password="ひみつ"))
    (folder / "wrong.txt").write_text("one\ntwo\n", encoding="utf-8")
    (folder / "right.txt").write_bytes("one\r\n\r\nひみつ\r\n".encode("utf-8-sig"))
    for arguments in ([], ["--password-file", "wrong.txt"]):
        code, stdout, _ = run(folder, "a.zip", "--json", *arguments)
        assert code == 4
        (report,) = objects(stdout)
        assert (report["outcome"], report["output"]) == ("locked", None)
        assert report["reason"]["code"] == "password_needed"
    code, stdout, stderr = run(folder, "a.zip", "--json", "--password-file", "right.txt")
    assert (code, stderr) == (0, "")
    assert "ひみつ" not in stdout
    with zipfile.ZipFile(folder / "a.clean.zip") as z:
        assert z.read("a.txt").endswith(b"secret\r\n")


@pytest.mark.parametrize("reencrypt", [True, False])
def test_a_profile_may_ask_that_an_archive_is_closed_again(folder, reencrypt):
    (folder.parent / "policy.toml").write_text(
        f"[profiles.standard]\nreencrypt = {str(reencrypt).lower()}\n", encoding="utf-8"
    )
    inner = archive(("b.txt", b"inner\n"), password="合言葉")
    (folder / "a.zip").write_bytes(
        archive(("a.txt", b"secret\n"), ("b.zip", inner), password="合言葉")
    )
    (folder / "pw.txt").write_text("違う\n合言葉\n", encoding="utf-8")
    code, stdout, stderr = run(folder, "a.zip", "--json", "--password-file", "pw.txt")
    assert (code, stderr) == (0, "")
    (report,) = objects(stdout)
    assert ("converted" in [f["action"] for f in report["findings"]]) == reencrypt
    assert report["output"]["size"] == (folder / "a.clean.zip").stat().st_size
    with pyzipper.AESZipFile(folder / "a.clean.zip") as z:
        assert {bool(i.flag_bits & 1) for i in z.infolist()} == {reencrypt}
        z.setpassword("合言葉".encode())
        assert z.read("a.txt").endswith(b"secret\r\n")
        with zipfile.ZipFile(io.BytesIO(z.read("b.zip"))) as inside:  # one lock is enough
            assert inside.read("b.txt").endswith(b"inner\r\n")


@pytest.mark.parametrize("links", ["text", "keep"])
def test_a_profile_says_whether_links_of_documents_can_be_clicked(folder, links):
    (folder.parent / "policy.toml").write_text(
        f'[profiles.standard]\nlinks = "{links}"\n', encoding="utf-8"
    )
    address = "https://www.city.example.jp/"
    document = packages.word(
        '<w:p><w:hyperlink r:id="rId8"><w:r><w:t>市役所</w:t></w:r></w:hyperlink></w:p>'
    ).relate("word/document.xml", "rId8", "hyperlink", address, external=True)
    (folder / "a.docx").write_bytes(document.bytes())
    assert run(folder, "a.docx")[0] == 0
    with zipfile.ZipFile(folder / "a.clean.docx") as z:
        everything = b"".join(z.read(name) for name in z.namelist())
    assert "市役所".encode() in everything
    assert (address.encode() in everything) == (links == "keep")


def test_an_office_file_behind_a_password_opens_with_it(folder):
    locked = io.BytesIO()
    filler = "".join(f"<w:p><w:r><w:t>{n:x}</w:t></w:r></w:p>" for n in range(9_000))
    plain = packages.word(f"<w:p><w:r><w:t>秘密</w:t></w:r></w:p>{filler}").bytes()
    OOXMLFile(io.BytesIO(plain)).encrypt("ひらけゴマ", locked)
    (folder / "a.docx").write_bytes(locked.getvalue())
    assert run(folder, "a.docx")[0] == 4
    (folder / "pw.txt").write_text("違う\nひらけゴマ\n", encoding="utf-8")
    code, _, stderr = run(folder, "a.docx", "--password-file", "pw.txt")
    assert (code, stderr) == (0, "")
    with zipfile.ZipFile(folder / "a.clean.docx") as z:
        assert "秘密".encode() in z.read("word/document.xml")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        (b"x" * 201, "password 1"),
        (b"a\tb\n", "control character"),
        (b"".join(b"%d\n" % n for n in range(51)), "more than 50"),
    ],
)
def test_a_password_file_that_cannot_be_used_is_exit_2_and_never_quoted(folder, content, says):
    (folder / "a.png").write_bytes(files.png())
    (folder / "pw.txt").write_bytes(content)
    code, stdout, stderr = run(folder, "a.png", "--password-file", "pw.txt")
    assert (code, stdout) == (2, "")
    assert says in stderr
    assert "xxxx" not in stderr
    assert run(folder, "a.png", "--password-file", "absent.txt")[0] == 2


class Beside:
    """A pipeline whose file has two things beside it."""

    async def clean_file(self, _source, *, name):
        inner = leaf("同じ名.txt", b"one\r\n", "text/plain")
        inner.beside = True
        middle = leaf("同じ名.txt", b"two\r\n", "text/plain")
        middle.beside, middle.members = True, [inner]
        part = leaf("文書.pdf", b"%PDF", "application/pdf")
        part.members = [middle, missing("x.exe", ReasonCode.PROGRAM)]
        part.outcome = Outcome.PARTIAL
        return part


def test_what_goes_beside_a_file_is_written_beside_it(tmp_path):
    (tmp_path / "文書.pdf").write_bytes(b"%PDF")
    cleaner = sanitize.Cleaner(None, None, tmp_path)
    cleaner._pipeline = Beside()
    (item,) = inputs([tmp_path / "文書.pdf"])
    done = asyncio.run(cleaner.clean(item, tmp_path / "out", folder=True))
    assert listing(tmp_path / "out") == [
        "同じ名.clean-2.txt", "同じ名.clean.txt", "文書.clean.pdf",
    ]  # fmt: skip
    (middle, refused) = done.report["parts"]
    assert middle["output"]["name"] == "同じ名.clean.txt"
    assert middle["output"]["size"] == 5
    assert middle["parts"][0]["output"]["name"] == "同じ名.clean-2.txt"
    assert refused["output"] is None
    assert done.exit_code == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["absent.png"], "absent.png: no such file or folder"),
        (["a.png", "--profile", "nobody"], "image-pdf, standard, text-only"),
        (["a.png", "a.png", "-o", "a.png"], "a folder is needed"),
        (["a.png", "--no-such-option"], "--no-such-option"),
        ([], ""),
    ],
)
def test_a_wrong_usage_is_exit_2_and_writes_nothing(folder, arguments, says):
    (folder / "a.png").write_bytes(files.png())
    code, stdout, stderr = run(folder, *arguments)
    assert (code, stdout) == (2, "")
    assert says in stderr
    assert listing(folder) == ["a.png"]


def test_a_bad_configuration_is_exit_2(folder):
    (folder / "a.png").write_bytes(files.png())
    (folder.parent / "gateway.toml").write_text("[smpt]\n", encoding="utf-8")
    code, stdout, stderr = run(folder, "a.png")
    assert (code, stdout) == (2, "")
    assert 'did you mean "smtp"' in stderr
    (folder.parent / "gateway.toml").write_text("", encoding="utf-8")
    (folder.parent / "policy.toml").write_text("version = 9\n", encoding="utf-8")
    assert run(folder, "a.png")[0] == 2


def test_the_profile_is_obeyed(folder):
    (folder / "a.eml").write_bytes(raw(mail(("a.png", "image/png", files.png()))))
    code, stdout, _ = run(folder, "a.eml", "--profile", "text-only", "--json")
    assert code == 3
    (report,) = objects(stdout)
    assert report["parts"][0]["reason"]["code"] == "policy"


def test_the_gravest_of_several_codes():
    assert gravest([]) == 0
    assert gravest([0, 4]) == 4
    assert gravest([4, 3, 0]) == 3
    assert gravest([3, 1, 4]) == 1
    assert gravest([1, 2, 3]) == 2


def test_inputs_are_files_in_order(tmp_path):
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "z").write_bytes(b"")
    (tmp_path / "d" / "a").write_bytes(b"")
    found = inputs([tmp_path / "d", tmp_path / "b"])
    assert [str(i.relative) for i in found] == ["a", "z", "b"]
    with pytest.raises(UsageError):
        inputs([tmp_path / "absent"])
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError):
        inputs([tmp_path / "pipe"])


def test_output_places(tmp_path):
    assert output_place(None, several=True)[1] is True
    assert output_place(str(tmp_path), several=False) == (tmp_path, True)
    assert output_place(str(tmp_path / "new"), several=False) == (tmp_path / "new", False)
    assert output_place(str(tmp_path / "new"), several=True) == (tmp_path / "new", True)


def test_writing_never_replaces_a_file_and_leaves_no_half_one(tmp_path):
    target = tmp_path / "out" / "a.png"
    with SealedBytes.of(b"first") as first, SealedBytes.of(b"second") as second:
        sanitize._write_new(target, first)
        with pytest.raises(FileExistsError):
            sanitize._write_new(target, second)
    assert target.read_bytes() == b"first"
    assert listing(tmp_path) == ["out/a.png"]


def test_an_input_over_the_limit_is_withheld_unread(folder):
    with (folder / "huge.bin").open("wb") as file:
        file.truncate(sanitize.MAX_INPUT_BYTES + 1)
    code, stdout, _ = run(folder, "huge.bin", "--json")
    assert code == 3
    assert objects(stdout)[0]["reason"]["code"] == "too_large"

"""OpenDocument packages behind a password: opened in memory with the right one, else locked."""

import io
import zipfile

import pytest

from sanitizers.identify import identify
from sanitizers.model import Job, SplitKind
from sanitizers.office.opendocument import OpenDocument
from sanitizers.reasons import PasswordNeeded, ReasonCode, Withheld
from tests.sanitizers.office.opendocuments import ODT, content, encrypted, manifest, package
from tests.sanitizers.office.packages import clean

FILES = {
    "content.xml": content("<text:p>秘密の本文</text:p>" * 500),
    "styles.xml": "<office:document-styles/>",
}
KNOWN = [
    ("sha256-1k", "sha512-1k"),
    ("aes256-cbc", "tripledes-cbc"),
    ("xmldsig#sha256", "xmldsig#md5"),
    ("PBKDF2", "argon2id"),
    ('key-size="32"', 'key-size="8"'),
]


def opened(data, *passwords):
    out = io.BytesIO()
    job = Job(data=memoryview(data), media_type=ODT, passwords=passwords)
    return OpenDocument().clean(job, out), out.getvalue()


def changed(data: bytes, name: str, old: str, new: str) -> bytes:
    """The package with a text of one file replaced."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as before,
        zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as after,
    ):
        for entry in before.namelist():
            inner = before.read(entry)
            if entry == name:
                assert old.encode() in inner
                inner = inner.replace(old.encode(), new.encode())
            after.writestr(entry, inner)
    return out.getvalue()


@pytest.fixture(autouse=True)
def _warm():
    OpenDocument.warm()


@pytest.mark.parametrize("cipher", ["aes", "blowfish"])
def test_the_right_one_of_several_passwords_opens_a_package(cipher):
    data = encrypted(FILES, "役場2026", cipher=cipher)
    assert identify(memoryview(data), name="a.odt").media_type == ODT
    split, inner = opened(data, "", "wrong", "役場2026")
    assert split.kind is SplitKind.INNER
    assert [f.kind.value for f in split.findings] == ["encryption"]
    (member,) = split.members
    assert (member.offset, member.size) == (0, len(inner))
    with zipfile.ZipFile(io.BytesIO(inner)) as archive:
        assert archive.namelist()[0] == "mimetype"
        assert archive.read("content.xml").decode() == FILES["content.xml"]
        assert "META-INF/manifest.xml" not in archive.namelist()


def test_what_was_inside_is_cleaned_as_any_other():
    body = content("<text:p>本文</text:p><z:a>KANARIE</z:a>")
    _, inner = opened(encrypted({"content.xml": body}, "a"), "a")
    result = clean(inner)
    assert "本文" in result.parts["content.xml"].decode()
    assert b"KANARIE" not in result.everything


@pytest.mark.parametrize("cipher", ["aes", "blowfish"])
@pytest.mark.parametrize("passwords", [(), ("wrong",), ("",), ("x" * 10_000,)])
def test_without_the_password_it_is_locked(cipher, passwords):
    with pytest.raises(PasswordNeeded):
        opened(encrypted(FILES, "right", cipher=cipher), *passwords)


@pytest.mark.parametrize(("old", "new"), KNOWN)
def test_a_cipher_that_is_not_known_is_refused(old, new):
    data = changed(encrypted(FILES, "a"), "META-INF/manifest.xml", old, new)
    with pytest.raises(Withheld) as caught:
        opened(data, "a")
    assert caught.value.code is ReasonCode.ENCRYPTED


def test_a_package_that_is_encrypted_as_a_whole_is_refused():
    with pytest.raises(Withheld) as caught:
        opened(package({"encrypted-package": b"\0" * 64}), "a")
    assert caught.value.code is ReasonCode.ENCRYPTED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('iteration-count="1024"', 'iteration-count="2000000000"'),
        ('iteration-count="1024"', 'iteration-count="x"'),
        ('iteration-count="1024"', 'iteration-count="0"'),
        ('initialisation-vector="dnZ2', 'initialisation-vector="dn'),
        ('salt="', 'salt="%%%%'),
        ('manifest:size="', 'manifest:size="-'),
        ('manifest:size="', 'manifest:size="9'),
    ],
)
def test_numbers_out_of_bounds_are_refused(old, new):
    data = changed(encrypted(FILES, "a"), "META-INF/manifest.xml", old, new)
    with pytest.raises(Withheld):
        opened(data, "a")


def test_more_work_than_a_password_is_worth_is_refused():
    row = "<manifest:encryption-data/>"
    rows = "".join(
        f'<manifest:file-entry manifest:full-path="{n}">{row}</manifest:file-entry>'
        for n in range(3)
    )
    with pytest.raises(Withheld) as caught:
        opened(package({"0": b"", "1": b"", "META-INF/manifest.xml": manifest(rows)}), "a")
    assert caught.value.code is ReasonCode.ENCRYPTED
    many = changed(
        encrypted({f"{n}.xml": "a" for n in range(40)}, "a"), "META-INF/manifest.xml",
        'iteration-count="1024"', 'iteration-count="1000000"',
    )  # fmt: skip
    with pytest.raises(Withheld) as caught:
        opened(many, "a")
    assert caught.value.code is ReasonCode.ENCRYPTED


def test_a_package_whose_files_have_two_passwords_is_damaged():
    one, other = encrypted(FILES, "a"), encrypted(FILES, "b")
    mixed = io.BytesIO()
    with zipfile.ZipFile(mixed, "w") as archive:
        for name in zipfile.ZipFile(io.BytesIO(one)).namelist():
            source = other if name == "content.xml" else one
            archive.writestr(name, zipfile.ZipFile(io.BytesIO(source)).read(name))
    with pytest.raises(Withheld) as caught:
        opened(mixed.getvalue(), "a")
    assert caught.value.code is ReasonCode.DAMAGED


def test_a_manifest_with_entities_is_refused():
    data = changed(
        encrypted(FILES, "a"), "META-INF/manifest.xml", "<manifest:manifest",
        '<!DOCTYPE a [<!ENTITY e "x">]><manifest:manifest',
    )  # fmt: skip
    with pytest.raises(Withheld) as caught:
        opened(data, "a")
    assert caught.value.code is ReasonCode.DAMAGED

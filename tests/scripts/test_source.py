"""The format reference tells what the source says."""

import textwrap

from sanitizers.findings import Kind
from scripts import source


def package(tmp_path, monkeypatch, text):
    folder = tmp_path / "made_for_this_test"
    folder.mkdir()
    (folder / "__init__.py").write_text("", encoding="utf-8")
    (folder / "one.py").write_text(textwrap.dedent(text), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))


def test_kinds_limits_and_programs_are_found_without_running_anything(tmp_path, monkeypatch):
    package(
        tmp_path,
        monkeypatch,
        """
        MAX_BESIDE: Final = 10 * MB  # why beside
        #: Why above,
        #: in two lines.
        MAX_ABOVE: Final = 7
        MAX_WITHOUT_REASON: Final = 1
        _MAX_PRIVATE: Final = 2  # ours

        def clean():
            findings.add(Kind.MACRO, Action.REMOVED)
            findings.add(Kind.COMMENT, Action.REMOVED)
            findings.add(Kind.MACRO, Action.NOTED)
            raise SystemExit("never run")
        """,
    )
    assert source.kinds("made_for_this_test") == [Kind.COMMENT, Kind.MACRO]
    assert [(f.name, f.value, f.reason) for f in source.limits("made_for_this_test")] == [
        ("MAX_BESIDE", "10 * MB", "why beside"),
        ("MAX_ABOVE", "7", "Why above, in two lines."),
    ]

"""A program sees its input, writes its output, reaches nothing else, and ends in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.sandbox import landlock
from gateway.sandbox.memory import SealedBytes
from gateway.sandbox.tools.box import Toolbox, ToolUnavailable
from gateway.sandbox.tools.programs import TOOLS, Tool
from sanitizers.model import Needs
from sanitizers.reasons import ReasonCode
from tests.gateway.sandbox.tools.conftest import (
    LIMITS,
    NO_NAMESPACES,
    Result,
    convert,
    one,
    reachable,
    shell,
    with_box,
)

COPY = 'mapfile -d "" all < "$1"; printf %s "${all[@]}" > "$2"'
WAYS = {
    "as it is": {},
    "Debian 12's Landlock": {"highest_landlock_abi": min(2, landlock.abi())},
    "no namespaces": {"launcher": NO_NAMESPACES},
}


@pytest.fixture(params=WAYS)
def way(request):
    """Every way that the lock is made on some machine."""
    if request.param == "no namespaces" and os.geteuid() != 0:
        pytest.skip("only root has rights to give up")
    return WAYS[request.param]


def test_a_program_reads_its_input_and_writes_its_output(way):
    assert convert(b"hello\n", shell(COPY), **way) == b"hello\n"


def tried(script: str, way: dict[str, object]) -> Result:
    """What a script says of itself: it writes "did" after what it should not be able to do."""
    result = convert(
        b"x", shell(f"{{ {script}; }} && printf did > $2 || printf denied > $2"), **way
    )
    assert result in (b"did", b"denied")
    return result


def test_nothing_outside_can_be_read(way, tmp_path):
    secret = reachable(tmp_path) / "secret"
    secret.write_text("secret\n")
    secret.chmod(0o644)
    for path in (secret, "/etc/shadow", "/etc/hostname", f"/proc/{os.getpid()}/environ"):
        assert tried(f"read -r line < {path} 2>/dev/null", way) == b"denied"
    assert tried('read -r line < $1 || [ -n "$line" ]', way) == b"did"


def test_nothing_outside_can_be_written(way, tmp_path):
    place = reachable(tmp_path) / "open to all"
    place.mkdir()
    place.chmod(0o777)
    for path in (f"'{place}/new'", "/var/tmp/mugaika-test", "/dev/shm/mugaika-test"):
        assert tried(f"printf x > {path} 2>/dev/null", way) == b"denied"
    assert list(place.iterdir()) == []


def test_its_tmp_is_not_the_tmp_of_others():
    marker = Path("/tmp/mugaika-test-marker")
    marker.write_text("x\n")
    try:
        assert tried(f"read -r line < {marker} 2>/dev/null", {}) == b"denied"
        assert tried(f"[ -e {marker} ]", {}) == b"denied"
        assert tried('printf x > "$TMPDIR/file"', {}) == b"did"
    finally:
        marker.unlink()


def test_nobody_can_be_reached(way):
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        port = server.getsockname()[1]
        assert tried(f"exec 3<>/dev/tcp/127.0.0.1/{port}", way) == b"denied"
        assert tried(f"exec 3<>/dev/udp/127.0.0.1/{port}", way) == b"denied"
        with contextlib.suppress(TimeoutError):
            calls.append(server.accept())
    assert calls == []


def test_no_process_is_made_and_none_is_signalled(way):
    for script in ("(exit 0)", "/usr/bin/true", ": | :"):  # bash gives up when it cannot fork
        assert convert(b"x", shell(f"{script}; printf did > $2"), **way) is ReasonCode.DAMAGED
    assert tried(f"kill -9 {os.getpid()} 2>/dev/null", way) == b"denied"
    assert tried("kill -9 $PPID 2>/dev/null", way) == b"denied"


def test_standard_output_can_be_the_output_file(way):
    plain = shell('printf %s "$(< $1)"; printf no >&2')
    target = replace(plain.targets["test/out"], stdout=True)
    assert convert(b"said", replace(plain, targets={"test/out": target}), **way) == b"said"
    assert convert(b"said", plain, **way) is ReasonCode.DAMAGED


def test_standard_output_is_held_to_its_size(way):
    endless = shell("while :; do printf %1000s; done", folder_bytes=200_000)
    target = replace(endless.targets["test/out"], stdout=True)
    result = convert(b"x", replace(endless, targets={"test/out": target}), **way)
    assert result in (ReasonCode.OUTPUT_TOO_LARGE, ReasonCode.DAMAGED)


def test_no_other_program_can_be_executed(way):
    result = convert(b"x", shell("exec /usr/bin/env printf did"), **way)
    assert result is ReasonCode.DAMAGED


def program(path: str, *arguments: str, **limits: float) -> Tool:
    made = shell("", **limits)
    target = {"test/out": type(made.targets["test/out"])("out", arguments)}
    return Tool(name="program", find=lambda: Path(path), targets=target, limits=made.limits)


@pytest.mark.parametrize(
    "tool",
    [
        program("/usr/bin/true"),  # exit 0 and nothing written
        program("/usr/bin/false"),
        shell(': > "$2"'),  # an empty output
        shell('printf x > "$2"; exit 3'),
        shell('printf x > "$2"; kill -SEGV $$'),
        program("/usr/bin/mkdir", "{output}"),
        program("/usr/bin/ln", "-s", "/etc/passwd", "{output}"),
        program("/usr/bin/ln", "/etc/passwd", "{output}"),
        program("/usr/bin/ln", "{input}", "{output}"),  # a second name for another file
        program("/usr/bin/mkfifo", "{output}"),
    ],
)
def test_without_a_plain_output_the_part_is_damaged(tool):
    assert convert(b"x", tool) is ReasonCode.DAMAGED


def test_a_hanging_program_is_killed_in_time_and_holds_up_nobody():
    async def job(box: Toolbox) -> None:
        hanging = asyncio.create_task(one(box, b"x", "hang", "test/out", "test/in"))
        await asyncio.sleep(0.2)
        assert await one(box, b"next", "shell", "test/out", "test/in") == b"next"
        assert not hanging.done()
        assert await hanging is ReasonCode.TIMED_OUT

    hang = program("/usr/bin/sleep", "3600", wall_seconds=1.5)
    with_box(job, tools={"hang": hang, "shell": shell(COPY)})


def children() -> list[int]:
    found = []
    for task in Path("/proc/self/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def test_a_stopped_process_is_killed_too():
    stopped = []

    def stop() -> None:
        while not stopped:
            for pid in children():
                with contextlib.suppress(OSError):
                    if Path(f"/proc/{pid}/comm").read_text() == "sleep\n":
                        os.kill(pid, signal.SIGSTOP)
                        stopped.append(pid)

    thread = threading.Thread(target=stop)
    thread.start()
    try:
        result = convert(b"x", program("/usr/bin/sleep", "3600", wall_seconds=1.5))
    finally:
        stopped.append(0)
        thread.join()
    assert result is ReasonCode.TIMED_OUT
    assert stopped[0] > 0
    assert not Path(f"/proc/{stopped[0]}").exists()


def test_a_cancelled_run_leaves_no_process_and_no_folder(tmp_path):
    async def job(box: Toolbox) -> None:
        others = set(children())
        task = asyncio.create_task(one(box, b"x", "program", "test/out", "test/in"))
        await asyncio.sleep(0.5)
        assert len(set(children()) - others) == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert set(children()) <= others
        assert box._root is not None
        assert list(box._root.path.iterdir()) == []

    with_box(job, tools={"program": program("/usr/bin/sleep", "3600")})


def test_too_much_output_ends_the_program():
    endless = 'x=xxxxxxxxxxxxxxxx; x=$x$x$x$x; x=$x$x$x$x; while :; do printf %s "$x"; done > "$2"'
    result = convert(b"x", shell(endless, folder_bytes=200_000))
    assert result is ReasonCode.OUTPUT_TOO_LARGE
    many = (
        "x=xxxxxxxxxxxxxxxx; x=$x$x$x$x; x=$x$x$x$x; i=0; "
        'while :; do printf %s "$x" > "$TMPDIR/$((i++ % 5000))"; done'
    )
    assert convert(b"x", shell(many, folder_bytes=500_000)) is ReasonCode.OUTPUT_TOO_LARGE


def test_too_much_cpu_ends_the_program():
    assert convert(b"x", shell("while :; do :; done", cpu_seconds=1)) is ReasonCode.TIMED_OUT


def test_too_much_memory_ends_the_program():
    greedy = "x=xxxxxxxxxxxxxxxx; while :; do x=$x$x; done"
    result = convert(b"x", shell(greedy, memory_bytes=100_000_000))
    assert result is ReasonCode.DAMAGED


def test_a_program_that_is_not_installed_is_a_reason():
    missing = Tool(name="missing", find=lambda: None, targets=shell("").targets, limits=LIMITS)
    assert convert(b"x", missing) is ReasonCode.TOOL_MISSING

    async def job(box: Toolbox) -> None:
        assert box.present() == {"missing": False}
        with SealedBytes.of(b"x") as source:
            reply = await box.convert(
                source, Needs(tool="unknown", target="a/b"), media_type="test/in"
            )
        assert reply.code is ReasonCode.TOOL_MISSING

    with_box(job, tools={"missing": missing})


@pytest.mark.parametrize(
    "launcher",
    [
        ("/usr/bin/false",),
        ("/usr/bin/true",),
        ("setpriv", "--bounding-set", "-setuid,-setgid", *NO_NAMESPACES[3:]),
    ],
)
def test_without_a_whole_lock_nothing_runs(launcher):
    if "setpriv" in launcher and os.geteuid() != 0:
        pytest.skip("only root has rights to give up")
    with pytest.raises(ToolUnavailable, match="locked in"):
        convert(b"x", shell(COPY), launcher=launcher)


def test_a_kernel_without_landlock_is_refused(tmp_path):
    """The launcher finds none (here: an old kernel is played by a filter on its calls)."""
    (tmp_path / "sitecustomize.py").write_text(
        "from gateway.sandbox import landlock\nlandlock.abi = lambda: 0\n"
    )
    with pytest.raises(ToolUnavailable, match="Landlock"):
        convert(b"x", shell(COPY), python_path=str(reachable(tmp_path)))


def test_folders_of_dead_processes_are_removed_and_those_of_living_ones_stay(tmp_path):
    from gateway.sandbox.tools.folder import Root

    alive = Root(tmp_path)
    (tmp_path / "mugaika-tools-dead" / "job-1").mkdir(parents=True)
    (tmp_path / "mugaika-tools-dead" / "job-1" / "file").write_text("x")
    (tmp_path / "another").mkdir()
    second = Root(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        ["another", alive.path.name, second.path.name]
    )
    alive.close()
    second.close()
    assert [p.name for p in tmp_path.iterdir()] == ["another"]


def test_every_target_has_an_extension_of_our_own_list():
    for tool in TOOLS.values():
        for target in tool.targets.values():
            assert target.extension.isalnum()
            line = tool.arguments(target, "doc")
            assert sum("/in/source.doc" in argument for argument in line) == 1

"""The supervisor starts every role, revives the dead and ends all of them cleanly."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from gateway.config import Config
from gateway.store import schema
from gateway.store.errors import StoreError
from gateway.store.view import View
from gateway.supervisor import ROLES, Supervisor

pytestmark = pytest.mark.slow
WAIT = 60.0  # seconds until a test calls the gateway dead


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Served:
    """`mugaika serve` as a process of its own."""

    def __init__(self, tmp_path):
        self.config = Config.model_validate(
            {
                "data_dir": tmp_path / "data",
                "smtp": {"listen": f"127.0.0.1:{free_port()}", "min_free_disk": 1},
                "ops": {"listen": f"127.0.0.1:{free_port()}"},
                "internet": {"listen": f"127.0.0.1:{free_port()}"},
                "lgwan": {"listen": f"127.0.0.1:{free_port()}"},
                "relay": {"next_hop": f"smtp://127.0.0.1:{free_port()}"},
            }
        )
        path = tmp_path / "gateway.toml"
        path.write_text(
            f'data_dir = "{self.config.data_dir}"\n'
            f'[smtp]\nlisten = "{self.config.smtp.listen}"\nmin_free_disk = 1\n'
            f'[ops]\nlisten = "{self.config.ops.listen}"\n'
            f'[internet]\nlisten = "{self.config.internet.listen}"\n'
            f'[lgwan]\nlisten = "{self.config.lgwan.listen}"\n'
            f'[relay]\nnext_hop = "{self.config.relay.next_hop}"\n'
            "[workers]\ncount = 1\n",
            encoding="utf-8",
        )
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MUGAIKA_")}
        environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
        self._log = (tmp_path / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway.cli", "serve", "--config", str(path)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env=environment,
        )

    def log(self):
        self._log.flush()
        self._log.seek(0)
        return self._log.read()

    def until(self, condition, what):
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log()
            if found := condition():
                return found
            time.sleep(0.1)
        raise AssertionError(f"{what} did not happen:\n{self.log()}")

    def alive(self):
        """Process id by role, when every role has a living process with a heartbeat."""
        if not (self.config.data_dir / "mugaika.sqlite").exists():
            return None
        with contextlib.suppress(StoreError), contextlib.closing(View.open(self.config)) as view:
            found = {p.role: p.pid for p in view.processes() if _runs(p.pid)}
            return found if {"internet", "worker", "lgwan"} <= set(found) else None
        return None

    def listening(self, place):
        host, _, port = place.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
            return True
        return False

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code, log = self.process.returncode, self.log()
        self._log.close()
        return code, log


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def served(tmp_path):
    made = Served(tmp_path)
    yield made
    if made.process.poll() is None:
        made.end()


def test_roles_start_the_dead_are_revived_and_all_end_cleanly(served):
    first = served.until(served.alive, "the start of all roles")
    served.until(lambda: served.listening(served.config.smtp.listen), "listening")
    served.until(lambda: served.listening(served.config.ops.listen), "serving health")

    os.kill(first["worker"], signal.SIGKILL)

    def revived():
        now = served.alive()
        return now if now and now["worker"] != first["worker"] else None

    second = served.until(revived, "the worker's return")
    assert second["internet"] == first["internet"]
    assert second["lgwan"] == first["lgwan"]

    code, log = served.end()
    assert code == 0, log
    assert "Traceback" not in log
    assert not any(_runs(pid) for pid in {*first.values(), *second.values()})
    assert not served.listening(served.config.smtp.listen)


def test_a_prepared_folder_is_private_and_keeps_its_keys(served):
    served.until(served.alive, "the start of all roles")
    keys = {
        p.name: p.read_bytes() for p in (served.config.data_dir / "keys").iterdir() if p.is_file()
    }
    assert served.end()[0] == 0
    assert served.config.data_dir.stat().st_mode & 0o077 == 0
    schema.prepare(served.config)
    for name, data in keys.items():
        assert (served.config.data_dir / "keys" / name).read_bytes() == data


def test_every_role_gets_its_number_of_processes(tmp_path):
    config = Config.model_validate(
        {"data_dir": tmp_path, "smtp": {"processes": 3}, "workers": {"processes": 2}}
    )
    supervisor = Supervisor(config, None, ROLES)
    roles = [child.role for child in supervisor._children]
    assert roles == ["internet"] * 3 + ["worker"] * 2 + ["lgwan", "ops"]

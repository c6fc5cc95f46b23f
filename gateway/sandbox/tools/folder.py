"""Private folders for programs: made anew for each run, gone after it, whatever it did there.

A program owns what lies in its folder and may have put links, pipes or endless trees
there. Results are therefore read only through a descriptor of the output folder that was
opened before the program ran, and never through a link.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog

from gateway.sandbox.memory import SealedBytes

log = structlog.get_logger(__name__)

_PREFIX: Final = "mugaika-tools-"
_NEW: Final = "mugaika-new-tools-"
_UNPRIVILEGED: Final = 65534
_FOLDERS: Final = ("in", "out", "home", "tmp")
#: Entries looked at when a folder is measured; a program that makes more is over its size.
_MAX_ENTRIES: Final = 20_000


class Root:
    """The folder of one worker process that all private folders lie in.

    It is locked while the process lives; what dead ones left is removed by the next.
    """

    def __init__(self, parent: Path) -> None:
        self._remove_dead(parent)
        made = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
        self._lock = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.path = made.with_name(_PREFIX + made.name.removeprefix(_NEW))
        made.rename(self.path)
        if os.geteuid() == 0:
            self.path.chmod(0o711)  # the program runs as nobody and must reach its folder

    def close(self) -> None:
        """Remove everything."""
        remove(self.path)
        os.close(self._lock)

    @staticmethod
    def _remove_dead(parent: Path) -> None:
        for path in parent.glob(f"{_PREFIX}*"):
            try:
                fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove(path)
            except OSError:
                pass  # its owner is alive
            finally:
                os.close(fd)


class JobFolder:
    """One run's folder. Use it as a context manager."""

    def __init__(self, root: Root, seed: Mapping[str, bytes]) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="job-", dir=root.path))
        for name in _FOLDERS:
            (self.path / name).mkdir(mode=0o700)
        for name, data in seed.items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        self._out = os.open(self.path / "out", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def __enter__(self) -> JobFolder:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self._out)
        remove(self.path)

    def new_input(self, name: str) -> int:
        """A descriptor to write the input to, under a name of ours.

        Raises:
            OSError: no room.
        """
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.open(self.path / "in" / name, flags, 0o400)

    def hand_over(self) -> None:
        """Let the unprivileged user that the program will be own everything in here."""
        if os.geteuid() != 0:
            return
        for folder, folders, files in os.walk(self.path):
            for name in (*folders, *files):
                os.chown(Path(folder) / name, _UNPRIVILEGED, _UNPRIVILEGED, follow_symlinks=False)
        os.chown(self.path, _UNPRIVILEGED, _UNPRIVILEGED)

    def size(self) -> int:
        """Bytes of all files; more than any limit when there are too many to count."""
        total = entries = 0
        waiting = [os.fspath(self.path)]
        while waiting:
            # A folder that is gone, or that the program closed to us, holds nothing to count.
            with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    if entries > _MAX_ENTRIES:
                        return 1 << 62
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        return total

    def take(self, name: str, *, most: int) -> SealedBytes | None:
        """The result; None when there is none, or it is empty, too large or no plain file.

        The program must be gone: then nobody can change the bytes any more.
        """
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            fd = os.open(name, flags, dir_fd=self._out)
        except OSError:
            return None
        facts = os.fstat(fd)
        plain = stat.S_ISREG(facts.st_mode) and facts.st_nlink == 1
        if not plain or not 0 < facts.st_size <= most:
            os.close(fd)
            return None
        os.unlink(name, dir_fd=self._out)
        return SealedBytes(fd, facts.st_size)

    def files(self, folder: str) -> dict[str, bytes]:
        """Everything below `folder`, by its path here: a model for later runs."""
        base = self.path / folder
        return {
            os.fspath(path.relative_to(self.path)): path.read_bytes()
            for path in sorted(base.rglob("*"))
            if path.is_file() and not path.is_symlink()
        }


def remove_pipes(folder: Path, *, since: float) -> None:
    """Remove LibreOffice's socket names, made since then in a /tmp that is not its own.

    It may make them there but not remove them. A run that is still going on keeps its
    socket: nobody needs its name.
    """
    uid = _UNPRIVILEGED if os.geteuid() == 0 else os.geteuid()
    for path in folder.glob("OSL_PIPE_*"):
        with contextlib.suppress(OSError):
            facts = path.lstat()
            if stat.S_ISSOCK(facts.st_mode) and facts.st_uid == uid and facts.st_ctime >= since:
                path.unlink()


def remove(path: Path) -> None:
    """Remove a tree that a program may have filled; what resists is logged and left."""

    def opened(_call: object, name: str, _error: object) -> None:
        # A folder that the program closed to us (same user): opened, and tried once more.
        with contextlib.suppress(OSError):
            os.chmod(Path(name).parent, 0o700)  # noqa: PTH101
            os.chmod(name, 0o700, follow_symlinks=False)  # noqa: PTH101

    try:
        shutil.rmtree(path, onerror=opened)
        if path.exists():
            shutil.rmtree(path)
    except (OSError, RecursionError) as error:
        log.error("folder_not_removed", error=type(error).__name__)

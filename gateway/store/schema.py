"""Makes and migrates the schema (Alembic), once, before any role starts."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path

from alembic import command
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from gateway.config import Config
from gateway.store import audit, keys, orphans
from gateway.store.blobs import Blobs
from gateway.store.engine import connect, database_path, translated
from gateway.store.errors import KeyMissing, SchemaMismatch
from gateway.store.keyfiles import FINGERPRINT
from gateway.store.tables import items, meta
from gateway.store.version import alembic_config
from gateway.store.version import head as head
from gateway.store.version import require_current as require_current


def prepare(config: Config) -> None:
    """Migrate, make the keys of a new installation, check those of an old one, sweep.

    Raises:
        KeyMissing: a key is missing or wrong over existing data.
        SchemaMismatch: the database is newer than this program.
    """
    path = database_path(config)
    # For its owner only, like the log files that SQLite makes after its pattern. One that is
    # there is never opened here: closing it would take SQLite's locks of this process away.
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _migrate(path)
        _keys(config, path)
    finally:
        os.close(lock)
    Blobs(config.data_dir, "original").sweep()
    Blobs(config.data_dir, "clean").sweep()
    orphans.remove(config)


def _migrate(path: Path) -> None:
    engine = connect(path, readers=False)
    try:
        with engine.connect() as connection, connection.begin():
            known = {
                s.revision for s in ScriptDirectory.from_config(alembic_config()).walk_revisions()
            }
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                raise SchemaMismatch(f"the database is newer than this program ({current})")
            if current != head():
                alembic = alembic_config()
                alembic.attributes["connection"] = connection
                command.upgrade(alembic, "head")
    except DBAPIError as error:
        raise translated(error) from error
    finally:
        engine.dispose()


def _keys(config: Config, path: Path) -> None:
    engine = connect(path, readers=False)
    try:
        with engine.connect() as connection, connection.begin():
            expected = connection.execute(
                select(meta.c.value).where(meta.c.key == FINGERPRINT)
            ).scalar()
            if expected is not None:
                keys.check(config, expected)
                return
            if connection.execute(select(items.c.id).limit(1)).first() is not None:
                raise KeyMissing("the database holds items but no key fingerprint")
            mark = keys.create(config)
            keys.check(config, mark)  # a foreign public key that lay there already
            connection.execute(insert(meta), [{"key": FINGERPRINT, "value": mark}])
            made = audit.Event(None, "keys_created", {"fingerprint": mark})
            audit.append(connection, "supervisor", [made])
    finally:
        engine.dispose()

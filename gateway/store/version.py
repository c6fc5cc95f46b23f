"""Which schema this program needs, and whether a database has it. Every role asks this.

Making and migrating it is `schema`'s part: that one knows the keys, this one must not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from gateway.store.engine import connect, translated
from gateway.store.errors import SchemaMismatch

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def alembic_config() -> AlembicConfig:
    """Where the migrations lie."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def head() -> str:
    """The revision that this program needs."""
    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if revision is None:
        raise SchemaMismatch("the program carries no migrations")
    return revision


def require_current(path: Path) -> None:
    """Refuse a database that this program's migrations have not made.

    Raises:
        SchemaMismatch: missing, older or newer.
    """
    if not path.exists():
        raise SchemaMismatch(f"{path} does not exist: `mugaika serve` makes it")
    engine = connect(path, readers=True)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        raise translated(error) from error
    finally:
        engine.dispose()
    if current != head():
        raise SchemaMismatch(f"the database is at {current}, this program needs {head()}")

"""The schema is made once, is the one that the tables say, and is never guessed."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from gateway.config import Config
from gateway.store import schema
from gateway.store.engine import Database, database_path
from gateway.store.errors import SchemaMismatch
from gateway.store.tables import metadata
from tests.gateway.store.harness import rows


def test_the_migrations_make_exactly_the_tables(config):
    engine = create_engine(f"sqlite:///{database_path(config)}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_a_second_start_changes_nothing(config):
    before = rows(config, "select name, sql from sqlite_master order by name")
    schema.prepare(config)
    assert rows(config, "select name, sql from sqlite_master order by name") == before
    assert rows(config, "select count(*) from audit") == [(1,)]


def test_a_missing_database_is_refused_and_not_made(tmp_path):
    config = Config(data_dir=tmp_path)
    with pytest.raises(SchemaMismatch):
        Database.open(config, actor="worker")
    assert not database_path(config).exists()


def test_an_empty_database_is_refused(tmp_path):
    config = Config(data_dir=tmp_path)
    sqlite3.connect(database_path(config)).close()
    database_path(config).touch()
    with pytest.raises(SchemaMismatch):
        Database.open(config, actor="worker")


def test_a_newer_database_is_refused_by_start_and_by_roles(config):
    rows(config, "update alembic_version set version_num = '9999'")
    with pytest.raises(SchemaMismatch):
        schema.prepare(config)
    with pytest.raises(SchemaMismatch):
        Database.open(config, actor="worker")
    assert rows(config, "select version_num from alembic_version") == [("9999",)]

"""Fixtures of the store's tests."""

import pytest

from gateway.store.intake import Intake
from gateway.store.outbox import Outbox
from gateway.store.work import Work
from tests.gateway.store.harness import make_config, opened


@pytest.fixture
def config(tmp_path):
    return make_config(tmp_path / "data")


@pytest.fixture
def intake(config):
    with opened(config, Intake) as part:
        yield part


@pytest.fixture
def work(config):
    with opened(config, Work) as part:
        yield part


@pytest.fixture
def outbox(config):
    with opened(config, Outbox) as part:
        yield part

"""Fixtures of the receiver's tests."""

import contextlib

import pytest

from tests.gateway.internet.harness import Gateway, make_config


@pytest.fixture
def gateway(tmp_path):
    """`gateway(**smtp)` starts a receiver; all are stopped at the test's end."""
    with contextlib.ExitStack() as stack:

        def start(*, features=None, relay=None, **smtp):
            options = {} if features is None else {"features": features}
            config = make_config(tmp_path / "data", relay=relay, **smtp)
            return stack.enter_context(Gateway(config, **options))

        yield start

"""Fixtures of the web tests."""

import pytest

from tests.gateway.web.harness import sides


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Both listeners, shared by the tests of a module."""
    with sides(tmp_path_factory.mktemp("web") / "data") as running:
        yield running

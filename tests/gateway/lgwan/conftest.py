"""Fixtures of the relay's tests."""

import pytest

from gateway.lgwan import relay


@pytest.fixture(autouse=True)
def _brisk(monkeypatch):
    """Pauses that only spare the machine are shortened."""
    monkeypatch.setattr(relay, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(relay, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(relay, "_DOWN_SECONDS", 0.05)

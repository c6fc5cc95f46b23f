"""The canary says "" only when the trap is gone and the text is there."""

from dataclasses import replace

import pytest

from gateway.sandbox.pool import SandboxUnavailable
from gateway.worker import canary


class Lying:
    def __init__(self, sandbox, **split):
        self._sandbox = sandbox
        self._split = split

    async def clean(self, source, request, **more):
        ran = await self._sandbox.clean(source, request, **more)
        return replace(ran, reply=replace(ran.reply, split=replace(ran.reply.split, **self._split)))


class Gone:
    async def clean(self, *_args, **_more):
        raise SandboxUnavailable("no parent")


def test_a_working_sandbox_cleans_the_canary(running):
    assert running.do(canary.check(running.sandbox)) == ""


@pytest.mark.parametrize(
    ("split", "why"),
    [
        ({"text": "無害化の確認 canary-4f1d"}, "kept its trap"),
        ({"text": "something else"}, "lost its text"),
        ({"text": "\0"}, "not cleaned (not_verified)"),
    ],
)
def test_a_wrong_result_is_told(running, split, why):
    assert why in running.do(canary.check(Lying(running.sandbox, **split)))


def test_a_missing_sandbox_is_told(running):
    assert "no parent" in running.do(canary.check(Gone()))

"""One warm sandbox and one event loop for each module that needs them."""

import asyncio

import pytest

from gateway.sandbox.pool import Sandbox


class Running:
    """A started sandbox, and the loop that it lives in."""

    def __init__(self):
        self.runner = asyncio.Runner()
        self.sandbox = self.runner.run(self._start())

    @staticmethod
    async def _start():
        sandbox = Sandbox(slots=2, memory_bytes=4_000_000_000)
        await sandbox.start()
        return sandbox

    def do(self, coroutine):
        return self.runner.run(coroutine)

    def close(self):
        self.runner.run(self.sandbox.close())
        self.runner.close()


@pytest.fixture(scope="module")
def running():
    made = Running()
    yield made
    made.close()

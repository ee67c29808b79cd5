"""What a caller hears whatever becomes of the request it sent."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from reset_or.central.http import guarded
from reset_or.wire import auth
from tests.fakes.server import RunningServer


def test_who_waits_when_the_server_stops_is_told_to_come_again(sqlite_server: RunningServer) -> None:
    """After its time of grace a server that stops cancels what still runs: that is no error of anybody's."""

    async def cancelled() -> Response:
        begun = asyncio.Event()

        async def never(_: Request) -> Response:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        scope = {"type": "http", "method": "POST", "path": "/v1/sync", "headers": [], "client": None}
        task = asyncio.ensure_future(guarded(sqlite_server.service, "sync", never)(Request(scope)))
        await begun.wait()
        task.cancel("the time of grace is over")
        return await task

    said = asyncio.run(cancelled())
    assert (said.status_code, said.headers[auth.PROBLEM_HEADER]) == (503, "server_unavailable")
    assert said.headers["retry-after"] == "5"

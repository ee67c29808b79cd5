"""One connection of a caller, below the routes: what is no HTTP gets a numbered problem, a head has an end.

uvicorn alone answers broken HTTP in words of its own, and waits for ever for a head that never comes whole:
a few hundred such connections would use up what a process may open.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from reset_or.central.meter import Meter
from reset_or.central.options import Options
from reset_or.wire import auth, problems
from reset_or.wire.problems import Problem


class Connection(H11Protocol):
    """Made by `connections`; the attributes stand for the server it belongs to."""

    head_timeout_s: float
    meter: Meter
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._time_head(waiting=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._time_head(waiting=False)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._time_head(waiting=self._within_head())

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # Between two requests the line may rest as long as it is kept open; a head that has begun may not.
        self._time_head(waiting=self._within_head() and bool(self.conn.trailing_data[0]))

    def send_400_response(self, msg: str) -> None:
        """The name and the moment are uvicorn's: what came is not HTTP."""
        self._refuse(Problem("request_malformed", why="http"))

    def _within_head(self) -> bool:
        return self.conn.our_state is h11.IDLE and self.conn.their_state is h11.IDLE

    def _time_head(self, *, waiting: bool) -> None:
        """The time runs from the head's first moment: bytes that drip in do not make it longer."""
        if not waiting and self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        elif waiting and self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self._head_too_late)

    def _head_too_late(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self._refuse(Problem("request_timeout", why="head"))

    def _refuse(self, problem: Problem) -> None:
        """Says so where nothing was said yet, and hangs up."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            # h11 raises for a body under HEAD, and asyncio would write its trace where nobody reads.
            asked = self.scope["method"] if self.conn.our_state is h11.SEND_RESPONSE else ""
            body = b"" if asked == "HEAD" else problems.encode_problem(problem)
            headers = [
                ("content-type", problems.CONTENT_TYPE), ("content-length", str(len(body))),
                (auth.PROBLEM_HEADER.lower(), problem.code), ("connection", "close"),
            ]  # fmt: skip
            said = [h11.Response(status_code=problem.kind.status, headers=headers), h11.Data(data=body)]
            self.transport.write(
                b"".join(self.conn.send(event) or b"" for event in (*said, h11.EndOfMessage()))
            )
            self.meter.count("requests_total", "unknown", str(problem.kind.status), problem.code)
        self.transport.close()


def connections(options: Options, meter: Meter) -> type[Connection]:
    """The kind of connection that a server with these options makes."""
    return type("Connection", (Connection,), {"head_timeout_s": options.head_timeout_s, "meter": meter})

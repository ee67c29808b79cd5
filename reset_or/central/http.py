"""HTTP around the desks: bodies read within limits, refusals as numbered problems, one visit noted each.

Nothing of an unexpected error leaves the server but problem 14; the event log gets its kind and its place.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, ResetOrError
from reset_or.central.callers import address_of
from reset_or.central.ledger import Visit
from reset_or.central.meter import Meter
from reset_or.central.options import Options
from reset_or.central.refusal import Refused
from reset_or.central.service import Service
from reset_or.wire import auth, problems
from reset_or.wire.problems import PROBLEMS, Problem

Handler = Callable[[Request], Awaitable[Response]]
ROUTE: Final = "reset_or.route"
"""Where the scope of a request says which route it took."""
_DEV = re.compile(r"dev=([0-9a-f]{64}),")
_QUIET = {
    "cache-control": "no-store", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'",
}  # fmt: skip


def guarded(service: Service, route: str, handler: Handler) -> Handler:
    """The handler with its refusals turned into answers, the next nonce added, and the visit noted."""

    async def answer(request: Request) -> Response:
        began, problem = time.monotonic(), ""
        request.scope[ROUTE] = route
        try:
            response = await handler(request)
        except (Exception, asyncio.CancelledError) as error:
            said = _problem_of(error, service)
            problem = said.code
            response = _problem_response(said)
        now = service.clock.now_at()
        response.headers[auth.NONCE_HEADER] = service.nonces.make(now)
        for name, value in _QUIET.items():
            response.headers.setdefault(name, value)
        dev = _DEV.match(request.headers.get(auth.HEADER, ""))
        service.ledger.note(Visit(
            at=now, address=address_of(request, service.options.trust_proxy), dev=dev[1] if dev else "",
            route=route, method=request.method[:8], status=response.status_code, problem=problem,
            took_ms=int((time.monotonic() - began) * 1000),
        ))  # fmt: skip
        return response

    return answer


def _problem_of(error: BaseException, service: Service) -> Problem:
    if isinstance(error, Refused):
        problem = error.problem
    elif isinstance(error, asyncio.CancelledError):
        # A server that stops waits for its requests for a while only; what was sent is sent again.
        problem = Problem("server_unavailable", retry_s=5)
    elif isinstance(error, ClientDisconnect):
        problem = Problem("request_malformed", why="cut_off")
    elif isinstance(error, EnvironmentTrouble):
        code = {"disk_full": "server_disk_full"}.get(error.code, error.code)
        problem = Problem(code if code in PROBLEMS else "server_unavailable", retry_s=5)
        log.event("server_trouble", code=error.code, cause=str(error.details.get("cause", "")).lower())
    else:
        problem = Problem("server_trouble", retry_s=60)
        _log_place(error)
    if problem.code == "nonce":
        return replace(problem, nonce=service.nonces.make(service.clock.now_at()))
    return problem


def _log_place(error: BaseException) -> None:
    """Kind and place, never the words: those may hold what somebody sent."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}" if trace else ""
    code = error.code if isinstance(error, ResetOrError) else ""
    log.event("server_error", kind=type(error).__name__.lower(), place=place.lower(), code=code)


def _problem_response(problem: Problem) -> Response:
    headers = {auth.PROBLEM_HEADER: problem.code}
    if problem.retry_s is not None:
        headers["retry-after"] = str(problem.retry_s)
    if problem.kind.status == 401:
        headers["www-authenticate"] = auth.HEADER
    if problem.offset is not None:
        headers[auth.OFFSET_HEADER] = str(problem.offset)
    return Response(
        problems.encode_problem(problem), problem.kind.status, headers, media_type=problems.CONTENT_TYPE
    )


def brake(service: Service, request: Request) -> None:
    """Slows down one network address of callers without a key; raises Refused("too_many_requests")."""
    wait = service.brake.wait_s(address_of(request, service.options.trust_proxy))
    if wait:
        raise Refused("too_many_requests", retry_s=wait)


async def chunks_of(request: Request, most: int, options: Options) -> AsyncIterator[bytes]:
    """The body as it arrives. Raises Refused: `request_too_large`, `request_timeout`.

    Who lets a body drip in byte by byte is a caller to hang up on, not a slow line.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > most:
        raise Refused("request_too_large")
    stream, total, waited = aiter(request.stream()), 0, 0.0
    while True:
        began, left = time.monotonic(), total / options.body_bytes_per_s - waited
        try:
            async with asyncio.timeout(options.body_timeout_s + min(0.0, left)):
                chunk = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise Refused("request_timeout") from error
        waited += time.monotonic() - began
        total += len(chunk)
        if total > most:
            raise Refused("request_too_large")
        if chunk:
            yield chunk


async def body_of(request: Request, most: int, options: Options) -> bytes:
    return b"".join([chunk async for chunk in chunks_of(request, most, options)])


@dataclass(frozen=True)
class Weighing:
    """Counts the bytes of bodies in both directions, also of streams and of those that are cut off."""

    app: ASGIApp
    meter: Meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        came = went = 0

        async def receiving() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            return message

        async def sending(message: Message) -> None:
            nonlocal went
            await send(message)
            went += len(message.get("body", b""))

        try:
            await self.app(scope, receiving, sending)
        finally:
            route = scope.get(ROUTE, "unknown")
            self.meter.count("received_bytes_total", route, by=came)
            self.meter.count("sent_bytes_total", route, by=went)

"""The ASGI application: which path goes to which route, and what happens in the background."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central.http import Weighing, guarded
from reset_or.central.refusal import Refused
from reset_or.central.routes import Routes
from reset_or.central.service import Service

_FLUSH_S = 1.0
_HOUSE_EVERY = 3600


def build_app(service: Service) -> Starlette:
    """The application over a service; closing it closes nothing of the service."""
    routes = Routes(service, version("reset-or"))
    table = [
        ("/v1/sync", "POST", "sync", routes.sync),
        ("/v1/nonce", "GET", "nonce", routes.nonce),
        ("/v1/blob/{id}", "HEAD", "blob", routes.blob_head),
        ("/v1/blob/{id}", "GET", "blob", routes.blob_get),
        ("/v1/blob/{id}", "PUT", "blob", routes.blob_put),
        ("/v1/invite/{id}", "POST", "invite", routes.invite_post),
        ("/v1/invite/{id}", "GET", "invite", routes.invite_get),
        ("/v1/holds", "GET", "holds", routes.holds),
        ("/v1/invite/{id}/answer", "POST", "answer", routes.answer_post),
        ("/v1/invite/{id}/answer", "GET", "answer", routes.answer_get),
        ("/status", "GET", "status", routes.status),
        ("/metrics", "GET", "metrics", routes.metrics),
        ("/openapi.json", "GET", "openapi", routes.openapi),
    ]
    # HEAD stands before GET, for Starlette answers HEAD by every GET route.
    made = [Route(path, guarded(service, name, run), methods=[act]) for path, act, name, run in table]
    app = Starlette(
        routes=made,
        lifespan=lambda _: _background(service),
        middleware=[Middleware(Weighing, meter=service.meter)],
        exception_handlers={HTTPException: _no_such_route(service)},
    )
    app.router.redirect_slashes = False
    return app


def _no_such_route(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        code = "method_not_allowed" if getattr(error, "status_code", 404) == 405 else "not_found"

        async def refuse(_: Request) -> Response:
            raise Refused(code)

        said = await guarded(service, "unknown", refuse)(request)
        if code == "method_not_allowed":
            said.headers["allow"] = ", ".join(_methods_of(request))
        return said

    return answer


def _methods_of(request: Request) -> list[str]:
    """What the path of the request can be asked with; no OPTIONS, for no page of another site is let in."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    here = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in here for method in route.methods or ()})


@contextlib.asynccontextmanager
async def _background(service: Service) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(_keep_house(service, stop))
    if service.relay is not None:
        service.relay.start()
    try:
        yield
    finally:
        stop.set()  # not cancelled: a step in a thread would go on behind a closed database
        await task
        if service.relay is not None:
            await run_in_threadpool(service.relay.stop)
        await run_in_threadpool(service.ledger.flush)


async def _keep_house(service: Service, stop: asyncio.Event) -> None:
    """Writes the access log, shows how this process does, and keeps house once an hour."""
    rounds = 0
    while not stop.is_set():
        try:
            service.monitoring.tick()
            await run_in_threadpool(service.ledger.flush)
            if rounds % _HOUSE_EVERY == 0:
                await run_in_threadpool(service.keep_house)
        except EnvironmentTrouble as error:
            log.event("housekeeping_failed", code=error.code)
        rounds += 1
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _FLUSH_S)

"""Running the application: the listening socket, TLS, stopping in good order, several processes."""

from __future__ import annotations

import gc
import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import uvicorn

from reset_or.base.errors import EnvironmentTrouble, UsageError
from reset_or.base.hosts import is_this_computer
from reset_or.central.app import build_app
from reset_or.central.connection import connections
from reset_or.central.meter import Board
from reset_or.central.service import Service

CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_BACKLOG: Final = 512
_GRACE_S: Final = 20


@dataclass(frozen=True)
class Listening:
    """Where to listen. Without a certificate only on this machine itself; port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def check(self) -> None:
        """Raises UsageError: `tls_both_files`, `plain_http_off_loopback`."""
        if (self.tls_cert is None) != (self.tls_key is None):
            raise UsageError("tls_both_files")
        if self.tls_cert is None and not is_this_computer(self.host):
            raise UsageError("plain_http_off_loopback")

    def bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio switches Nagle's algorithm off only where the protocol is named: 40 ms an answer otherwise.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        try:
            if sys.platform != "win32":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.host, self.port))
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise EnvironmentTrouble("port_in_use", port=self.port) from error
        return listener

    def url(self, listener: socket.socket) -> str:
        host, port = listener.getsockname()[:2]
        scheme = "https" if self.tls_cert else "http"
        return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


def make_server(service: Service, listening: Listening, ready: Callable[[], None]) -> Server:
    """A server that is not yet running; `run(sockets=[...])` blocks until it is told to stop."""
    config = uvicorn.Config(
        build_app(service), loop="asyncio", http=connections(service.options, service.meter), ws="none",
        lifespan="on", log_config=None, log_level="critical", access_log=False,
        server_header=False, proxy_headers=False, timeout_keep_alive=75,
        timeout_graceful_shutdown=_GRACE_S, ssl_certfile=listening.tls_cert,
        ssl_keyfile=str(listening.tls_key) if listening.tls_key else None, ssl_ciphers=CIPHERS,
    )  # fmt: skip
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise EnvironmentTrouble("tls_files_unreadable") from error
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return Server(config, ready)


def run(
    open_service: Callable[[], Service], listening: Listening, ready: Callable[[str], None], *,
    workers: int = 1, until_stdin_closes: bool = False,
) -> None:  # fmt: skip
    """Serves until SIGTERM, SIGINT or, if asked, the end of stdin; running requests are finished first."""
    listener = listening.bind()
    url = listening.url(listener)
    try:
        if workers == 1:
            _serve(open_service(), listening, listener, lambda: ready(url), until_stdin_closes)
        else:
            _serve_with_children(open_service, listening, listener, workers, lambda: ready(url))
    finally:
        listener.close()


def _serve(
    service: Service, listening: Listening, listener: socket.socket, ready: Callable[[], None],
    until_stdin_closes: bool,
) -> None:  # fmt: skip
    try:
        server = make_server(service, listening, ready)

        def stop(*_: Any) -> None:
            server.should_exit = True

        # Before uvicorn listens to signals itself, and after: it raises them again once it has stopped.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        # What is there now stays: the collector need not look at it again and again, with every batch.
        gc.collect()
        gc.freeze()
        if until_stdin_closes:
            threading.Thread(target=_stop_at_end_of_stdin, args=(server,), daemon=True).start()
        server.run(sockets=[listener])
    finally:
        service.close()


def _stop_at_end_of_stdin(server: Server) -> None:
    while os.read(0, 4096):
        pass
    server.should_exit = True


def _serve_with_children(
    open_service: Callable[[], Service], listening: Listening, listener: socket.socket, workers: int,
    ready: Callable[[], None],
) -> None:  # fmt: skip
    """Forked children share the listening socket; each has its own connections to the database."""
    if not hasattr(os, "fork"):
        raise UsageError("workers_not_here")
    open_service().close()  # refusals are said once, here
    board = Board(workers)

    def work(number: int) -> None:
        service = open_service()
        service.meter.join(board, number)
        _serve(service, listening, listener, lambda: None, False)

    left = {_fork(partial(work, number)) for number in range(workers)}

    stopping = False

    def stop(*_: Any) -> None:
        nonlocal stopping
        stopping = True
        for child in left:
            _terminate(child)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    ready()
    died = False
    while left:
        child, status = os.wait()
        left.discard(child)
        code = os.waitstatus_to_exitcode(status)
        if code and not (stopping and code == -signal.SIGTERM):  # stopped before it had begun
            # The others end in good order, and whoever watches us starts all of them again.
            died = True
            stop()
    if died:
        raise EnvironmentTrouble("worker_died")


def _terminate(child: int) -> None:
    try:
        os.kill(child, signal.SIGTERM)
    except ProcessLookupError:
        return


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        os._exit(1)
    os._exit(0)

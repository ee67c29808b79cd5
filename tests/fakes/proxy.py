"""A network between a client and a server: real sockets, faults by a seeded plan or one at a time.

It reads whole HTTP/1.1 messages, so that a fault meets a request and not a packet. Towards the client it may
speak TLS; the server behind it is reached in plain HTTP. It changes nothing in a message that it passes on:
a broken signature never comes from here.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import ssl
import sys
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from tests.fakes.child import serving_module

PORTAL: Final = b"<html><body>Welcome to Hospital Wi-Fi. Please sign in.</body></html>"
NOWHERE: Final = "http://no-such-host.invalid"
"""A host name that no DNS server answers (RFC 6761). As https for what must not speak plain HTTP."""

REQUEST_FAULTS: Final = (
    "cut_before", "cut_after", "cut_request", "cut_answer", "duplicate", "race", "slow", "portal", "login",
    "gateway",
)  # fmt: skip
"""cut_before: the request is read and dropped. cut_after: the server did its work, the answer is dropped.
cut_request, cut_answer: the connection ends after `at` bytes of the body. duplicate, race: the server gets it
twice, one after the other or at once, and one of the two answers comes back. slow: `slow_bytes_per_s` and
`slow_round_trip_s`. portal: a page with 200. login: 302 to one. gateway: 502."""

_SLICES: Final = 16
CONNECTION_FAULTS: Final = ("refuse",)
TLS_FAULTS: Final = ("refuse", "wrong_certificate", "plain_text")
"""refuse: the connection ends before a byte is read. plain_text: an HTTP page where TLS is expected."""


@dataclass(frozen=True)
class Fault:
    """`at`: bytes of the body that still pass; below 0 the head is torn, that many bytes before its end.
    None: drawn by the proxy. `when`: the beginning of the request line that it waits for."""

    kind: str
    at: int | None = None
    when: str = ""


@dataclass(frozen=True)
class _Message:
    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.partition(b"\r\n")[0].decode("latin-1")

    def header(self, name: bytes) -> bytes:
        for line in self.head.lower().split(b"\r\n")[1:]:
            if line.startswith(name + b":"):
                return line[len(name) + 1 :].strip()
        return b""

    def first(self, at: int) -> bytes:
        return (self.head + self.body)[: max(0, len(self.head) + at)]


class _Cut(Exception):
    """The connection to the client ends here."""


@dataclass
class Proxy:
    """`rate`: of 100 requests (and connections), how many meet one of `kinds`; `next` goes before.

    `round_trip_s` and `bytes_per_s` (0: no limit) hold for every message; `scale` shortens all delays, for
    clients whose timeout is shortened likewise. `done`: (fault, request line) in the order they happened.
    `requests`, `bytes_up`, `bytes_down`: what went through, faults included.
    """

    server_url: str
    seed: int = 0
    rate: int = 0
    kinds: tuple[str, ...] = REQUEST_FAULTS + CONNECTION_FAULTS
    round_trip_s: float = 0.0
    bytes_per_s: float = 0.0
    slow_round_trip_s: float = 3.0
    slow_bytes_per_s: float = 1000.0
    scale: float = 1.0
    tls: ssl.SSLContext | None = None
    wrong_tls: ssl.SSLContext | None = None
    url: str = ""
    requests: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    done: list[tuple[str, str]] = field(default_factory=list)
    _next: list[Fault] = field(default_factory=list)
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    def next(self, *faults: Fault) -> None:
        """The faults of the coming requests, one each, in this order."""
        self._next += faults

    async def serve(self, stop: asyncio.Event, ready: threading.Event) -> None:
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        scheme = "https" if self.tls else "http"
        self.url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        behind = _Behind(self)
        try:
            await self._greet(writer)
            while True:
                await self._one(await _message(reader), writer, behind)
        except (_Cut, OSError, EOFError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            behind.drop()
            writer.transport.abort()

    async def _greet(self, writer: asyncio.StreamWriter) -> None:
        fault = self._draw("", TLS_FAULTS if self.tls else CONNECTION_FAULTS)
        if fault is not None and fault.kind == "refuse":
            raise _Cut
        if fault is not None and fault.kind == "plain_text":
            writer.write(_page(b"400 Bad Request", PORTAL))
            await writer.drain()
            raise _Cut
        context = self.wrong_tls if fault is not None and fault.kind == "wrong_certificate" else self.tls
        if context is not None:
            await writer.start_tls(context)

    async def _one(self, asked: _Message, writer: asyncio.StreamWriter, behind: _Behind) -> None:
        self.requests += 1
        fault = self._draw(asked.line, REQUEST_FAULTS)
        kind = fault.kind if fault is not None else ""
        if kind in ("portal", "login", "gateway"):
            writer.write(_PAGES[kind])
            await writer.drain()
            return
        if kind == "cut_before":
            raise _Cut
        if kind == "cut_request":
            await behind.tear(asked.first(self._place(fault, asked)))
            raise _Cut
        answer = await self._ask(asked, kind, behind)
        if kind == "cut_after":
            raise _Cut
        if kind == "cut_answer":
            writer.write(answer.first(self._place(fault, answer)))
            await writer.drain()
            raise _Cut
        self.bytes_down += len(answer.body)
        await self.pour(writer, answer, slow=kind == "slow")
        if answer.header(b"connection") == b"close":
            raise _Cut

    async def _ask(self, asked: _Message, kind: str, behind: _Behind) -> _Message:
        if kind == "race":
            other = _Behind(self)
            try:
                answers = list(await asyncio.gather(behind.ask(asked), other.ask(asked)))
            finally:
                other.drop()
        else:
            answers = [
                await behind.ask(asked, slow=kind == "slow") for _ in range(2 if kind == "duplicate" else 1)
            ]
        return self._dice.choice(answers)

    def _draw(self, line: str, possible: tuple[str, ...]) -> Fault | None:
        found = None
        if self._next:
            first = self._next[0]
            if first.kind in possible and line.startswith(first.when):
                found = self._next.pop(0)
        elif self._dice.randrange(100) < self.rate:
            kinds = [kind for kind in self.kinds if kind in possible]
            found = Fault(self._dice.choice(kinds)) if kinds else None
        if found is not None:
            self.done.append((found.kind, line))
        return found

    def _place(self, fault: Fault | None, message: _Message) -> int:
        if fault is not None and fault.at is not None:
            return fault.at
        return self._dice.randrange(-len(message.head), max(1, len(message.body)))

    async def pour(self, writer: asyncio.StreamWriter, message: _Message, *, slow: bool = False) -> None:
        """Half a round trip, then the bytes as slowly as the line is."""
        data = message.head + message.body
        trip = self.slow_round_trip_s if slow else self.round_trip_s
        rate = self.slow_bytes_per_s if slow else self.bytes_per_s
        if trip:
            await asyncio.sleep(trip / 2 * self.scale)
        slices = _SLICES if rate else 1
        for at in range(slices):
            if rate:
                await asyncio.sleep(len(data) / rate / slices * self.scale)
            writer.write(data[len(data) * at // slices : len(data) * (at + 1) // slices])
            await writer.drain()


@dataclass
class _Behind:
    """The connection to the server that belongs to one of a client."""

    proxy: Proxy
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, asked: _Message, *, slow: bool = False) -> _Message:
        reader, writer = await self._connect()
        self.proxy.bytes_up += len(asked.body)
        await self.proxy.pour(writer, asked, slow=slow)
        return await _message(reader, bodyless=asked.head.startswith(b"HEAD "))

    async def tear(self, part: bytes) -> None:
        """Sends a part of a request and ends the connection in good order, so that the server reads it."""
        _, writer = await self._connect()
        self.proxy.bytes_up += len(part.partition(b"\r\n\r\n")[2])
        writer.write(part)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        self._streams = None

    def drop(self) -> None:
        if self._streams is not None:
            self._streams[1].transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            where = urlsplit(self.proxy.server_url)
            self._streams = await asyncio.open_connection(where.hostname, where.port)
        return self._streams


async def _message(reader: asyncio.StreamReader, *, bodyless: bool = False) -> _Message:
    """A request, or an answer with a length, in chunks, or up to the end."""
    head = _Message(await reader.readuntil(b"\r\n\r\n"), b"")
    status = head.line.split(" ")[1]
    if bodyless or status in ("204", "304"):
        return head
    length = head.header(b"content-length")
    if length:
        return _Message(head.head, await reader.readexactly(int(length)))
    if head.header(b"transfer-encoding") == b"chunked":
        body = b""
        while True:
            line = await reader.readuntil(b"\r\n")
            piece = await reader.readexactly(int(line.split(b";")[0], 16) + 2)
            body += line + piece
            if line.strip() == b"0":
                return _Message(head.head, body)
    return head


def _page(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    length = str(len(body)).encode()
    return (
        b"HTTP/1.1 " + status + b"\r\ncontent-type: text/html\r\ncontent-length: " + length + b"\r\n" + more
        + b"\r\n" + body
    )  # fmt: skip


_PAGES: Final = {
    "portal": _page(b"200 OK", PORTAL),
    "login": _page(b"302 Found", b"", b"location: https://portal.example/login\r\n"),
    "gateway": _page(b"502 Bad Gateway", b"<html>Bad Gateway</html>"),
}


@contextlib.contextmanager
def faulty_proxy(server_url: str, **said: Any) -> Iterator[Proxy]:
    """A proxy in a thread of its own until the block ends; `said`: fields of `Proxy`."""
    proxy, ready = Proxy(server_url, **said), threading.Event()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=_run, args=(loop, proxy.serve(stop, ready)), name="proxy")
    thread.start()
    try:
        assert ready.wait(10)
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


def tls_pair() -> tuple[ssl.SSLContext, ssl.SSLContext, str]:
    """(context of the right server, of one whose certificate another authority made, PEM of the right CA)."""
    import trustme

    contexts = []
    right, wrong = trustme.CA(), trustme.CA()
    for authority in (right, wrong):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        contexts.append(context)
    return contexts[0], contexts[1], right.cert_pem.bytes().decode("ascii")


def proxy_process(
    server_url: str, *, round_trip_ms: float = 0, bytes_per_s: float = 0
) -> contextlib.AbstractContextManager[str]:
    """The URL of a proxy in a process of its own, for measuring: it only delays."""
    delays = ("--round-trip-ms", str(round_trip_ms), "--bytes-per-s", str(bytes_per_s))
    return serving_module("tests.fakes.proxy", server_url, *delays)


def main() -> None:
    """Serves until the end of stdin."""
    parser = argparse.ArgumentParser()
    parser.add_argument("server_url")
    parser.add_argument("--round-trip-ms", type=float, default=0)
    parser.add_argument("--bytes-per-s", type=float, default=0)
    said = parser.parse_args()
    delays = {"round_trip_s": said.round_trip_ms / 1000, "bytes_per_s": said.bytes_per_s}
    with faulty_proxy(said.server_url, **delays) as proxy:
        print(proxy.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()

"""HTTP as bytes on a socket, so that also what no library would send can be sent."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

LONGEST_S = 90.0
"""Longer than a server waits for anything, so that it is the server who gives up."""


@dataclass(frozen=True)
class Shot:
    """Bytes to send. `method`: as whose answer the answer is read. `whole`: an answer must come. `apart`: on
    a connection of its own, because nobody knows where the next request would begin."""

    data: bytes
    method: str = "GET"
    whole: bool = True
    apart: bool = False


@dataclass(frozen=True)
class Heard:
    """An answer; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Gun:
    """Sends shots to one server; keeps its connection as long as the server does."""

    url: str
    _line: socket.socket | None = None
    opened: int = 0

    def fire(self, shot: Shot) -> Heard | None:
        """The answer; None where the line ended without one."""
        if shot.apart:
            line = self._open()
            try:
                return self._talk(line, shot)
            finally:
                line.close()
        for _ in range(2):
            kept = self._line is not None
            self._line = self._line or self._open()
            heard = self._talk(self._line, shot)
            if heard is None or heard.headers.get("connection") == "close":
                self.hang_up()
            if heard is not None or not kept:  # a kept line may have ended before it heard us
                return heard
        return None

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _open(self) -> socket.socket:
        where = urlsplit(self.url)
        self.opened += 1
        return socket.create_connection((where.hostname, where.port), timeout=LONGEST_S)

    def _talk(self, line: socket.socket, shot: Shot) -> Heard | None:
        with contextlib.suppress(OSError):  # it may hang up before it has heard everything
            line.sendall(shot.data)
            if not shot.whole:
                line.shutdown(socket.SHUT_WR)
        return _hear(line, shot.method)


def _hear(line: socket.socket, method: str) -> Heard | None:
    answer = HTTPResponse(line, method=method)
    try:
        answer.begin()
        body = answer.read()
    except TimeoutError:
        raise
    except (HTTPException, OSError):
        return None
    finally:
        answer.close()
    return Heard(answer.status, {name.lower(): value for name, value in answer.getheaders()}, body)


@dataclass
class Slow:
    """Connections that say a little and then nothing, held open until the end."""

    url: str
    lines: list[socket.socket] = field(default_factory=list)

    def open(self, said: bytes) -> None:
        where = urlsplit(self.url)
        line = socket.create_connection((where.hostname, where.port), timeout=LONGEST_S)
        line.sendall(said)
        self.lines.append(line)

    def close(self) -> None:
        for line in self.lines:
            line.close()
        self.lines.clear()

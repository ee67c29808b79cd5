"""The least that takes a file and gives it back: streamed to the disk, hashed, fsynced; no crypto, no rights.

Run as `python -m tests.bench.bare_server FOLDER`; prints its URL and serves until stdin ends.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import uvicorn

from tests.fakes.child import serving_module

_CHUNK = 256 * 1024


def application(folder: Path) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """PUT keeps the body and answers its hash; GET gives it back."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        place = folder / "file"
        if scope["method"] == "PUT":
            answer = await _take(place, receive)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": answer})
            return
        length = str(place.stat().st_size).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        with place.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body"})

    return app


async def _take(place: Path, receive: Any) -> bytes:
    digest, more = hashlib.sha256(), True
    with place.open("wb") as stream:
        while more:
            message = await receive()
            digest.update(message["body"])
            stream.write(message["body"])
            more = message["more_body"]
        stream.flush()
        os.fsync(stream.fileno())
    return digest.hexdigest().encode()


def bare_server(folder: Path) -> AbstractContextManager[str]:
    """Its URL; a process of its own with the loop and the parser of the real server."""
    return serving_module("tests.bench.bare_server", str(folder))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application(Path(sys.argv[1])), loop="asyncio", http="h11", ws="none", lifespan="off",
        log_level="critical", access_log=False,
    )  # fmt: skip
    server = uvicorn.Server(config)

    def until_stdin_ends() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=until_stdin_ends, daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()

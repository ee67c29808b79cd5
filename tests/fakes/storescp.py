"""dcmtk's storescp: an archive of other people that takes any syntax, while a test runs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.fakes.orthanc import free_port


@contextmanager
def storescp(folder: Path, *options: str | Path) -> Iterator[int]:
    """Its port; it fills `folder`, which is made where it is missing."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    process = subprocess.Popen(["/usr/bin/storescp", "+xa", "-od", folder, *options, str(port)])
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}", timeout=0.05)
            except httpx.ConnectError:
                time.sleep(0.05)
            except httpx.HTTPError:
                break
        yield port
    finally:
        process.kill()
        process.wait()

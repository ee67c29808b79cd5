"""A disk of a few megabytes that can really be full: a small tmpfs, where this system lets us mount one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

STEP = 4096


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[None]:
    """`size` as mount says it: 1200k, 60m. Skips the test where nobody may mount."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("this system has no mount")
    if done.returncode:
        pytest.skip("this system does not let root mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(path: Path, *, leave: int = 0) -> None:
    """Writes `path` until the disk is full, then gives `leave` bytes back."""
    with path.open("wb", buffering=0) as stream:
        with suppress(OSError):
            while stream.write(bytes(STEP)):
                pass
        stream.truncate(max(0, stream.tell() - leave))

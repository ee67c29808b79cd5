"""Reads the files of the top-level package `resources`, frozen or not. Owns no file format."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources as _resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any


def resource(*parts: str) -> Traversable:
    """One file or folder under `resources/`."""
    place: Traversable = _resources.files("resources")
    for part in parts:
        place = place / part
    return place


@contextmanager
def file_of(*parts: str) -> Iterator[Path]:
    """One file as a path on the disk, for libraries that want to map it instead of holding its bytes."""
    with _resources.as_file(resource(*parts)) as path:
        yield path


def read_bytes(*parts: str) -> bytes:
    return resource(*parts).read_bytes()


def read_toml(*parts: str) -> dict[str, Any]:
    return tomllib.loads(resource(*parts).read_text(encoding="utf-8"))

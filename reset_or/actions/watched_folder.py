"""A folder that is watched for new photographs: a camera's card, or where a program puts its pictures.

Says which files are new and have come to rest; reads them only to tell what is known; decodes nothing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reset_or.base.errors import ResetOrError

FRESH_S: Final = 12 * 3600
"""Pictures older than this when the folder is first seen are earlier ones: a shift is not longer."""

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".heic", ".heif", ".hif", ".dcm"})
_DEPTH: Final = 5  # DCIM/100CANON and what programs put around it
_MOST: Final = 20_000
_State = tuple[int, int]  # size in bytes, time of change in ns


@dataclass(frozen=True)
class Look:
    """`ready` are new files in the order of their time; `growing` are still being written. `gone`: the folder
    is not there now."""

    ready: tuple[Path, ...] = ()
    growing: int = 0
    gone: bool = False


class WatchedFolder:
    """Asked again and again, off the screen's thread. Remembers what it saw while it lives."""

    def __init__(self, folder: Path, now_s: float) -> None:
        """`now_s`: seconds since 1970."""
        self.folder = folder
        self._after_ns = int((now_s - FRESH_S) * 1e9)
        self._first = True
        self._last: dict[Path, _State] = {}
        self._passed: dict[Path, _State] = {}
        self._hashes: dict[tuple[Path, _State], str] = {}

    def look(self, known: Callable[[str], bool] = lambda _sha256: False) -> Look:
        """What is new since the first look and not passed. A file is ready when two looks found it the same.

        `known` says by the SHA-256 of the file as taken whether it is in the records already.
        """
        try:
            now = dict(_files(self.folder))
        except OSError:
            return Look(gone=True)
        if self._first:
            self._first = False
            self._passed = {path: state for path, state in now.items() if state[1] < self._after_ns}
        last, self._last = self._last, now
        fresh = [path for path, state in now.items() if self._passed.get(path) != state]
        still = [path for path in fresh if last.get(path) == now[path] and now[path][0] > 0]
        ready = [path for path in still if not self._is_known(path, now[path], known)]
        ready.sort(key=lambda path: (now[path][1], path))
        return Look(tuple(ready), len(fresh) - len(still))

    def passed(self, paths: tuple[Path, ...]) -> None:
        """Taken in, or left out: not offered again as long as they stay the same."""
        self._passed |= {path: self._last[path] for path in paths if path in self._last}

    def _is_known(self, path: Path, state: _State, known: Callable[[str], bool]) -> bool:
        from reset_or.images.intake import read_whole

        key = (path, state)
        if key not in self._hashes:
            try:
                self._hashes[key] = hashlib.sha256(read_whole(path)).hexdigest()
            except ResetOrError:  # too large, or going away: offered, to be refused by its own name
                return False
        return known(self._hashes[key])


def _files(folder: Path, depth: int = _DEPTH) -> Iterator[tuple[Path, _State]]:
    """Every picture file below `folder`, links not followed; OSError if the folder itself cannot be read."""
    count = 0
    folders = [(folder, depth)]
    while folders and count < _MOST:
        place, left = folders.pop()
        try:
            with os.scandir(place) as found:
                entries = list(found)
        except OSError:
            if place == folder:
                raise
            continue
        for entry in entries:
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            if entry.is_dir(follow_symlinks=False):
                folders += [(Path(entry.path), left - 1)] if left > 0 else []
            elif Path(entry.name).suffix.lower() in SUFFIXES:
                count += 1
                state = _state(entry)
                if state is not None:
                    yield Path(entry.path), state


def _state(entry: os.DirEntry[str]) -> _State | None:
    try:
        said = entry.stat(follow_symlinks=False)
    except OSError:  # it went away between the list and the look
        return None
    return said.st_size, said.st_mtime_ns

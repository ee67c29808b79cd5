"""A disk that loses power: what a process really wrote, and every state in which it may be found afterwards.

`record` runs a child under strace and keeps its calls on the files of one folder, with their bytes and what
the child said. `Disk` replays them: bytes are safe after fsync of their file, names after fsync of their
folder, and of everything else any part may be there, in sectors of 512 bytes and in any order. This is more
than any one file system does, and less than a disk that lies about fsync.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

SECTOR = 512
_ROOT = Path(__file__).parents[2]
_CALLS = ("openat,close,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2,"
          "mkdir,lseek,dup,fcntl")  # fmt: skip
_CALL = re.compile(r"^(\d+) +([a-z0-9]+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Event:
    """One call. `what`: create, write, truncate, sync, sync_folder, unlink, rename, folder, say."""

    what: str
    ino: int = 0
    path: str = ""
    target: str = ""
    at: int = 0
    data: bytes = b""


def record(
    module: str, home: Path, arguments: list[str], log: Path, *, root: Path | None = None
) -> list[Event]:
    """Runs `python -m module home *arguments`; what it writes to its standard output are its words.

    `root` (default: home) is the folder whose files are followed. Skips the test where the
    system does not allow to trace.
    """
    reader = _Reader(str(root or home))
    made = subprocess.run(
        ["strace", "-f", "-qq", "-xx", "-s", "4000000", "-o", str(log), "--seccomp-bpf", "-e",
         f"trace={_CALLS}", sys.executable, "-m", module, str(home), *arguments],
        cwd=_ROOT, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"PYTHONPATH": str(_ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    if "PTRACE" in made.stderr or "Operation not permitted" in made.stderr:
        pytest.skip("this system does not allow to trace a process")
    assert made.returncode == 0, made.stderr[-3000:]
    return list(reader.events(log))


class _Reader:
    """Turns lines of strace into events on the files below `root`, of the first process alone."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.pid = ""
        self.places: dict[int, tuple[str, int, int]] = {}  # handle -> path, inode (0: a folder), position
        self.names = {str(path): number for number, path in enumerate(_files(Path(root)), 1)}
        self.last = len(self.names)

    def events(self, log: Path) -> Iterator[Event]:
        with log.open(encoding="ascii") as lines:
            for line in lines:
                found = _CALL.match(line)
                if found is None:
                    assert "unfinished" not in line or line.split()[0] != self.pid, line
                    continue
                self.pid = self.pid or found[1]
                if found[1] == self.pid and int(found[4]) >= 0:
                    yield from self._one(found[2], found[3], int(found[4]))

    def _one(self, name: str, said: str, result: int) -> Iterator[Event]:
        texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(said)]
        if name == "openat":
            yield from self._open(os.fsdecode(texts[0]), said, result)
        elif name in ("unlink", "unlinkat", "mkdir", "rename", "renameat", "renameat2"):
            yield from self._named(name, [os.fsdecode(text) for text in texts])
        elif name == "write" and said.startswith("1,"):
            yield from (Event("say", path=line) for line in texts[0].decode().splitlines())
        else:
            yield from self._handled(name, said, texts, result)

    def _open(self, path: str, said: str, handle: int) -> Iterator[Event]:
        self.places.pop(handle, None)
        if not path.startswith(self.root) or path.endswith(".lock"):
            return
        if path not in self.names and "O_CREAT" not in said:
            self.places[handle] = (path, 0, 0)
            return
        if path not in self.names:
            self.last += 1
            self.names[path] = self.last
            yield Event("create", self.last, path)
        elif "O_TRUNC" in said:
            yield Event("truncate", self.names[path])
        self.places[handle] = (path, self.names[path], 0)

    def _named(self, name: str, paths: list[str]) -> Iterator[Event]:
        if not paths[0].startswith(self.root):
            return
        if name == "mkdir":
            yield Event("folder", path=paths[0])
        elif name.startswith("unlink"):
            self.names.pop(paths[0], None)
            yield Event("unlink", path=paths[0])
        else:
            ino = self.names[paths[1]] = self.names.pop(paths[0])
            yield Event("rename", ino, paths[0], paths[1])

    def _handled(self, name: str, said: str, texts: list[bytes], result: int) -> Iterator[Event]:
        handle = int(said.split(",")[0])
        if handle not in self.places:
            return
        path, ino, position = self.places[handle]
        if name == "close":
            del self.places[handle]
        elif name in ("fsync", "fdatasync"):
            yield Event("sync", ino) if ino else Event("sync_folder", path=path)
        elif name == "pwrite64":
            yield Event("write", ino, at=int(said.rsplit(",", 1)[1]), data=texts[0][:result])
        elif name == "write":
            self.places[handle] = (path, ino, position + result)
            yield Event("write", ino, at=position, data=texts[0][:result])
        elif name == "ftruncate":
            yield Event("truncate", ino, at=int(said.rsplit(",", 1)[1]))
        elif name == "lseek":
            self.places[handle] = (path, ino, result)


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock")


@dataclass
class Disk:
    """Follows the events; `after_loss` makes one state in which the folder may be found."""

    root: str
    safe: dict[int, bytearray] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    loose: dict[int, list[Event]] = field(default_factory=dict)
    loose_names: list[tuple[str, str, int | None]] = field(
        default_factory=list
    )  # folder, path, inode or None

    @classmethod
    def of(cls, root: Path) -> Disk:
        """A disk on which the folder, as it is now, is safe."""
        made = cls(str(root))
        for number, path in enumerate(_files(root), 1):
            made.safe[number], made.names[str(path)] = bytearray(path.read_bytes()), number
        for folder in (root, *(path for path in root.rglob("*") if path.is_dir())):
            made.names[str(folder)] = 0
        return made

    def follow(self, events: list[Event]) -> None:
        for event in events:
            getattr(self, f"_{event.what}")(event)

    def after_loss(self, place: Path, dice: random.Random) -> str:
        """Writes one possible state into `place` and names how it was chosen."""
        way = dice.choice(("torn", "torn", "torn", "nothing", "everything", "bytes", "names", "first"))
        keep = {"nothing": 0.0, "names": 0.0, "everything": 1.0, "bytes": 1.0}.get(way, dice.random())
        keep_names = {"nothing": 0.0, "names": 1.0, "everything": 1.0, "bytes": 0.0}.get(way, dice.random())
        names = dict(self.names)
        some = int(len(self.loose_names) * keep_names)
        for number, (_folder, path, ino) in enumerate(self.loose_names):
            if number < some if way == "first" else dice.random() < keep_names:
                _set(names, path, ino)
        place.mkdir(parents=True)
        for path, ino in sorted(names.items()):
            target = place / Path(path).relative_to(self.root)
            if any(str(folder) not in names for folder in _folders_of(path, self.root)):
                continue  # a file in a folder whose own name is lost
            if ino == 0:
                target.mkdir(exist_ok=True)
            else:
                target.write_bytes(self._content(ino, way, keep, dice))
        return way

    def _content(self, ino: int, way: str, keep: float, dice: random.Random) -> bytes:
        content, loose = bytearray(self.safe.get(ino, b"")), self.loose.get(ino, [])
        some = int(len(loose) * keep)
        for number, event in enumerate(loose):
            whole = way != "torn"
            if way == "first" and number >= some:
                break
            if event.what == "truncate":
                if not whole or keep:
                    _truncate(content, event.at)
                continue
            for at, sector in _sectors(event):
                if (whole and keep) or (not whole and dice.random() < keep):
                    _write(content, at, sector)
        return bytes(content)

    # --- what each event does ------------------------------------------------------------------------

    def _create(self, event: Event) -> None:
        self.safe[event.ino] = bytearray()
        self._name(event.path, event.ino)

    def _write(self, event: Event) -> None:
        self.loose.setdefault(event.ino, []).append(event)

    _truncate = _write

    def _sync(self, event: Event) -> None:
        content = self.safe[event.ino]
        for each in self.loose.pop(event.ino, []):
            if each.what == "truncate":
                _truncate(content, each.at)
            else:
                _write(content, each.at, each.data)

    def _sync_folder(self, event: Event) -> None:
        still = []
        for each in self.loose_names:
            if each[0] == event.path:
                _set(self.names, each[1], each[2])
            else:
                still.append(each)
        self.loose_names = still

    def _unlink(self, event: Event) -> None:
        self._name(event.path, None)

    def _rename(self, event: Event) -> None:
        self._name(event.target, event.ino)
        self._name(event.path, None)

    def _folder(self, event: Event) -> None:
        self._name(event.path, 0)

    def _say(self, event: Event) -> None:
        """Words are not on the disk."""

    def _name(self, path: str, ino: int | None) -> None:
        self.loose_names.append((str(Path(path).parent), path, ino))


def _set(names: dict[str, int], path: str, ino: int | None) -> None:
    if ino is None:
        names.pop(path, None)
    else:
        names[path] = ino


def _folders_of(path: str, root: str) -> list[Path]:
    return [each for each in Path(path).parents if str(each).startswith(root)]


def _sectors(event: Event) -> Iterator[tuple[int, bytes]]:
    """The write, cut at the sectors of the disk."""
    at, end = event.at, event.at + len(event.data)
    while at < end:
        until = min(end, (at // SECTOR + 1) * SECTOR)
        yield at, event.data[at - event.at : until - event.at]
        at = until


def _write(content: bytearray, at: int, data: bytes) -> None:
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def _truncate(content: bytearray, size: int) -> None:
    del content[size:]
    content.extend(bytes(size - len(content)))

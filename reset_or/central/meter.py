"""What each process counts, shared with the others, and written in the text form that Prometheus reads.

A scrape reaches any one of several processes. So each of them lays its counts, about once a second, into
its own slot of memory that all share, and whoever is asked tells the counts of all, one series a process
(decision 0014). Labels are names from our own tables: nothing that a caller sends becomes one.
"""

from __future__ import annotations

import json
import mmap
import struct
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from reset_or.wire.messages import SyncAnswer

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
PREFIX: Final = "reset_or_"
_SLOT: Final = 1 << 18
_HEAD: Final = struct.Struct("<II")

Labels = tuple[str, ...]
Values = Mapping[str, Mapping[Labels, float]]
"""Series name without prefix -> values of its labels in their order -> value."""


@dataclass(frozen=True)
class Series:
    """One name of the exposition. `each`: counted by each process, which the label `process` names."""

    kind: Literal["counter", "gauge", "histogram"]
    labels: Labels
    help: str
    each: bool = True


SERIES: Final[dict[str, Series]] = {
    "requests_total": Series(
        "counter", ("route", "status", "problem"), "Answered requests; problem is empty for success."
    ),
    "request_seconds": Series(
        "histogram", ("route",), "Time from a request's head to the head of its answer."
    ),
    "received_bytes_total": Series("counter", ("route",), "Bytes of request bodies."),
    "sent_bytes_total": Series("counter", ("route",), "Bytes of answer bodies."),
    "pushed_items_total": Series("counter", ("status",), "Statements and envelopes that devices brought."),
    "refused_items_total": Series("counter", ("problem",), "Statements and envelopes not taken."),
    "pulled_entries_total": Series("counter", (), "Entries of feeds handed out."),
    "photos_finished_total": Series("counter", (), "Photos that became whole here."),
    "database_connections": Series("gauge", (), "Connections to the database in use at this moment."),
    "resident_memory_bytes": Series("gauge", (), "Memory of the process that is in RAM (Linux)."),
    "up_seconds": Series("gauge", (), "Seconds since the process began."),
    "build_info": Series("gauge", ("version", "schema"), "Always 1; versions of program and tables.", False),
    "database_up": Series("gauge", (), "1 when the database answered within a few seconds.", False),
    "database_bytes": Series("gauge", (), "Size of the whole database.", False),
    "database_in_recovery": Series("gauge", (), "1 when connected to a standby, which takes nothing.", False),
    "database_synchronous": Series("gauge", (), "1 when a commit waits for a standby.", False),
    "database_standbys": Series("gauge", (), "Replication connections to this database.", False),
    "table_bytes": Series("gauge", ("table",), "Size of a table with its indexes.", False),
    "table_rows_estimate": Series("gauge", ("table",), "Rows of a table by the planner's statistics.", False),
    "site_entries": Series("gauge", ("site",), "Newest place in a site's feed.", False),
    "site_newest_entry_age_seconds": Series(
        "gauge", ("site",), "Seconds since a site's newest entry.", False
    ),
    "site_record_bytes": Series("gauge", ("site",), "Sealed records of a site.", False),
    "devices_on_hold": Series("gauge", ("site",), "Devices of a site that are on hold.", False),
    "site_photos": Series("gauge", ("site",), "Whole photos of a site.", False),
    "site_photo_bytes": Series("gauge", ("site",), "Sealed photos of a site.", False),
    "relay_records_waiting": Series("gauge", (), "A relay: records without the centre's receipt.", False),
    "relay_photos_waiting": Series("gauge", (), "A relay: photos without the centre's receipt.", False),
    "relay_oldest_waiting_seconds": Series(
        "gauge", (), "A relay: age of the oldest thing that is not at the centre; 0 for none.", False
    ),
    "relay_contact_age_seconds": Series(
        "gauge", (), "A relay: seconds since a whole round with the centre went well.", False
    ),
    "relay_problem": Series("gauge", ("problem",), "A relay: 1 for what its last round met.", False),
    "photo_store_free_bytes": Series("gauge", (), "Free space where the folder of photos lies.", False),
}


class Board:
    """Memory shared by forked processes: one slot each, written by its owner alone."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        self._memory = mmap.mmap(-1, processes * _SLOT)

    def put(self, process: int, data: bytes) -> None:
        """Replaces what the process said before; more than a slot holds is not taken."""
        if len(data) <= _SLOT - _HEAD.size:
            at = process * _SLOT
            self._memory[at : at + _HEAD.size + len(data)] = _HEAD.pack(len(data), zlib.crc32(data)) + data

    def get(self, process: int) -> bytes:
        """What the process said last; b"" when it said nothing yet or says something new just now."""
        at = process * _SLOT
        length, crc = _HEAD.unpack_from(self._memory, at)
        data = self._memory[at + _HEAD.size : at + _HEAD.size + min(length, _SLOT - _HEAD.size)]
        return data if zlib.crc32(data) == crc else b""


@dataclass
class Meter:
    """The counts of one process; safe to use from any thread."""

    board: Board = field(default_factory=Board)
    process: int = 0
    _values: defaultdict[str, dict[Labels, float]] = field(default_factory=lambda: defaultdict(dict))
    _seen: dict[int, Values] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = field(default_factory=time.monotonic)

    @property
    def up_s(self) -> float:
        return time.monotonic() - self._began

    def join(self, board: Board, process: int) -> None:
        """This process is number `process` of several."""
        self.board, self.process = board, process

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        with self._lock:
            values = self._values[name]
            values[labels] = values.get(labels, 0) + by

    def synced(self, answer: SyncAnswer) -> None:
        """Counts what one sync brought and handed out."""
        for item in answer.items:
            self.count("pushed_items_total", item.status)
            if item.status == "refused":
                self.count("refused_items_total", item.problem)
        pulled = sum(len(site.entries) for site in answer.sites)
        if pulled:
            self.count("pulled_entries_total", by=pulled)

    def set(self, name: str, value: float) -> None:
        with self._lock:
            self._values[name][()] = value

    def took(self, name: str, seconds: float, *labels: str) -> None:
        """One observation of a histogram; its last label here is the bucket, or `sum`."""
        bucket = next((bound for bound in BUCKETS_S if seconds <= bound), None)
        self.count(name, *labels, "+Inf" if bucket is None else repr(bucket))
        self.count(name, *labels, "sum", by=seconds)

    def publish(self) -> None:
        """Lays the counts where the other processes see them."""
        self.set("up_seconds", int(self.up_s))
        memory = _resident_bytes()
        if memory is not None:
            self.set("resident_memory_bytes", memory)
        with self._lock:
            plain = {
                name: [[*labels, value] for labels, value in v.items()] for name, v in self._values.items()
            }
        self.board.put(self.process, json.dumps(plain, separators=(",", ":")).encode())

    def text(self, common: Values) -> str:
        """The exposition: what every process counted, and `common`, which is not counted by processes."""
        self.publish()
        for process in range(self.board.processes):
            said = self.board.get(process)
            if said:
                self._seen[process] = _read(said)
        return exposition(self._seen, common)


def exposition(by_process: Mapping[int, Values], common: Values) -> str:
    """Prometheus text format 0.0.4 of everything that has a value."""
    lines = []
    for name, series in SERIES.items():
        samples: list[str] = []
        if series.each:
            for process in sorted(by_process):
                values = by_process[process].get(name, {})
                samples += _samples(name, series, values, (("process", str(process + 1)),))
        else:
            samples += _samples(name, series, common.get(name, {}), ())
        if samples:
            lines += [
                f"# HELP {PREFIX}{name} {series.help}",
                f"# TYPE {PREFIX}{name} {series.kind}",
                *samples,
            ]
    return "\n".join(lines) + "\n"


def _samples(
    name: str, series: Series, values: Mapping[Labels, float], more: tuple[tuple[str, str], ...]
) -> list[str]:
    if series.kind == "histogram":
        return _histogram(name, series, values, more)
    return [_line(name, (*zip(series.labels, at, strict=True), *more), values[at]) for at in sorted(values)]


def _histogram(
    name: str, series: Series, values: Mapping[Labels, float], more: tuple[tuple[str, str], ...]
) -> list[str]:
    lines = []
    for at in sorted({labels[:-1] for labels in values}):
        said, total = (*zip(series.labels, at, strict=True), *more), 0.0
        for bound in (*map(repr, BUCKETS_S), "+Inf"):
            total += values.get((*at, bound), 0)
            lines.append(_line(f"{name}_bucket", (*said, ("le", bound)), total))
        lines.append(_line(f"{name}_sum", said, values.get((*at, "sum"), 0)))
        lines.append(_line(f"{name}_count", said, total))
    return lines


def _line(name: str, labels: Iterable[tuple[str, str]], value: float) -> str:
    said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
    number = str(int(value)) if value == int(value) else repr(float(value))
    return f"{PREFIX}{name}{{{said}}} {number}" if said else f"{PREFIX}{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _read(said: bytes) -> Values:
    return {name: {tuple(row[:-1]): row[-1] for row in rows} for name, rows in json.loads(said).items()}


def _resident_bytes() -> int | None:
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * mmap.PAGESIZE
    except OSError:
        return None

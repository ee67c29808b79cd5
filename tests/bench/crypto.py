"""How fast this machine seals and opens at all: the bound of a push and of a pull, without any database.

Whole revisions: author's seal, age to the three recipients, device's seal; and the same from the outside in.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context

from reset_or.revisions.envelope import open_sealed, read_envelope, verify_device
from reset_or.revisions.revision import FieldChange, read_plaintext, verify_author
from reset_or.revisions.signing import public_bytes
from tests.bench.device import READING
from tests.fakes.trial import SyntheticTrial

_READY = 200


@dataclass
class _Bench:
    """What one process works with; `made` are (header, seal, body) of envelopes to open."""

    trial: SyntheticTrial = field(default_factory=SyntheticTrial)
    made: list[tuple[bytes, bytes, bytes | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site = self.trial.add_site("03")
        self.device, self.person = self.site.devices[0], self.site.people["zhang"]
        self.chg = {name: FieldChange(None, value) for name, value in READING.items()}

    def seal(self, count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            signed = self.trial.revision(
                self.device, self.person, form="reading", case=32 * "1", rec=32 * "2", chg=self.chg
            )
            self.made.append(self._parts(signed.plaintext()))
        return time.perf_counter() - began

    def _parts(self, plaintext: bytes) -> tuple[bytes, bytes, bytes | None]:
        envelope = self.trial.envelope(self.device, plaintext=plaintext)
        return envelope.hdr, envelope.dsig, envelope.body

    def open(self, count: int) -> float:
        device, author = public_bytes(self.device.key), public_bytes(self.person.key)
        keys = [self.site.identity]
        began = time.perf_counter()
        for number in range(count):
            envelope = read_envelope(*self.made[number % len(self.made)])
            verify_device(envelope, device)
            verify_author(read_plaintext(open_sealed(envelope.body or b"", keys)), author)
        return time.perf_counter() - began


_bench: list[_Bench] = []


def _warm() -> int:
    """Makes what is opened later; gives the bytes of one envelope."""
    if not _bench:
        _bench.append(_Bench())
        _bench[0].seal(_READY)
    return sum(len(part or b"") for part in _bench[0].made[0])


def _seal(count: int) -> float:
    return _bench[0].seal(count)


def _open(count: int) -> float:
    return _bench[0].open(count)


@dataclass(frozen=True)
class Rates:
    """Revisions a second of one process and of two at once; `size`: bytes of one as sealed."""

    seal: tuple[float, float]
    open: tuple[float, float]
    size: int


def rates(count: int) -> Rates:
    """Measures with fresh processes, warmed up."""
    with _worker() as one, _worker() as two:
        size, _ = (pool.submit(_warm).result() for pool in (one, two))
        found = []
        for work in (_seal, _open):
            alone = count / one.submit(work, count).result()
            began = time.perf_counter()
            for each in [pool.submit(work, count) for pool in (one, two)]:
                each.result()
            found.append((alone, 2 * count / (time.perf_counter() - began)))
    return Rates(found[0], found[1], size)


@contextmanager
def _worker() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield pool

"""What one sync stands on: the store behind its lane, the client, the directory, and the running count."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from reset_or.base.changes import Changes
from reset_or.base.clock import Clock
from reset_or.base.lanes import Begun, InlineLanes, Lanes, on_store
from reset_or.base.paths import Home
from reset_or.revisions.directory import Directory
from reset_or.revisions.history import Placed
from reset_or.store.rows import RecordRow
from reset_or.wire.client import Client

if TYPE_CHECKING:
    from reset_or.store.store import Store

T = TypeVar("T")
Project = Callable[[Mapping[str, Sequence[Placed]]], Sequence[RecordRow]]


@dataclass(frozen=True)
class Ground:
    """What one device syncs with. `project(revisions by case)` folds them with what the store has.

    `lanes`: the store is touched only on its lane, in short steps, so that a page's query can go between
    two of them; None where the caller's thread is the store's.
    """

    store: Store
    client: Client
    directory: Directory
    clock: Clock
    home: Home
    project: Project
    study: str
    site: str
    dev: str
    box_secret: str
    lanes: Lanes | None = None

    def step(self, work: Callable[[], T]) -> T:
        """Runs `work` where the store may be touched and waits for it."""
        return on_store(self.lanes, work)

    def begin(self, work: Callable[[], T]) -> Begun[T]:
        """Runs `work`, which waits for the server and never touches the store, while the caller goes on."""
        return (self.lanes or InlineLanes()).begin("line", work)


@dataclass
class Tally:
    """What happened so far. `refused`: rec -> problem code; `alarm`: the first healing that was needed."""

    changes: Changes = field(default_factory=Changes)
    pushed: int = 0
    pulled: int = 0
    alarm: str = ""
    problem: str = ""
    retry_s: int | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def note(self, placed: Sequence[Placed], records: Sequence[RecordRow]) -> None:
        """Revisions and projections that were stored."""
        revisions = [each.signed.revision for each in placed]
        self.changes |= Changes(
            frozenset({r.rec for r in revisions} | {row.rec for row in records}),
            frozenset(row.case for row in records if row.case),
            frozenset(r.form for r in revisions),
            ledger=True,
        )

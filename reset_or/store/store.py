"""The store that everybody above is given: reads, one transaction at a time, and the head file after it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar, cast

from sqlalchemy import Executable, func, select

from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.paths import Home
from reset_or.store import check as checks
from reset_or.store import head as head_file
from reset_or.store import tables as t
from reset_or.store.asking import at_most
from reset_or.store.head import Head
from reset_or.store.link import Link
from reset_or.store.lock import FolderLock
from reset_or.store.queries_sync import HELD, WAITING, SyncQueries
from reset_or.store.rows import ChainHead, Waiting
from reset_or.store.unit import Unit

T = TypeVar("T")


class Store(SyncQueries):
    """Made by `opening`; used on the store lane only.

    `read_only`: "" or the code why no new revision and no draft is taken: `open_rolled_back`,
    `open_head_missing` (see `accept_head`), `store_unwritable` (until the store is opened again).
    """

    def __init__(
        self, home: Home, link: Link, lock: FolderLock, clock: Clock, *, install_id: str, head_key: bytes
    ) -> None:
        self.home = home
        self.install_id = install_id
        self.read_only = ""
        self._link = link
        self._lock = lock
        self._clock = clock
        self._head_key = head_key
        self._head_behind = False
        self._own_heads: dict[tuple[str, str], ChainHead] = {}
        self._remembered: dict[tuple[Hashable, ...], object] = {}
        self._turn = 0
        self._own_count, self._newest_own = self.newest_own()

    @property
    def own_count(self) -> int:
        """Number of envelopes this installation ever wrote."""
        return self._own_count

    @property
    def turn(self) -> int:
        """How many transactions there were since it was opened: what was read stands until the next."""
        return self._turn

    @contextmanager
    def transaction(self) -> Iterator[Unit]:
        """Everything the block asks of its unit, in ONE transaction when the block ends.

        An error inside the block writes nothing. Raises EnvironmentTrouble `disk_full` (nothing written;
        goes on as soon as there is room) or `store_unwritable` (read-only from then on), TrustBroken(
        "db_damaged"), OurBug("store_constraint").
        """
        unit, saved = Unit(self), False
        yield unit
        if not unit.operations:
            return
        if self.read_only == "store_unwritable":
            raise EnvironmentTrouble("store_unwritable")
        try:
            self._link.run(unit.operations, unit.env_ids)
        except (EnvironmentTrouble, TrustBroken) as error:
            if error.code != "disk_full":
                self.read_only = "store_unwritable"
            raise
        else:
            saved = unit.only_saves
        finally:
            self._turn += 1
            self._forget(len(unit.env_ids) if saved else None)
        if unit.pulled:
            self._own_heads.clear()  # the feed may have brought own envelopes that were lost here
        if unit.own_head is not None:
            self._own_count, self._newest_own = unit.own_head
            self._own_heads.update(unit.heads)
            self._head_behind = True
        if self._head_behind and not self.read_only:
            self.write_head()

    def select(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Sequence[tuple[Any, ...]]:
        return self._link.rows(statement, values)

    def remembered(self, what: tuple[Hashable, ...], ask: Callable[[], T]) -> T:
        """The answer to a question that every sync asks, until something is written that is no save of this
        device: nobody else writes this database. Never a secret."""
        if what not in self._remembered:
            self._remembered[what] = ask()
        return cast(T, self._remembered[what])

    def _forget(self, saved: int | None) -> None:
        """What a transaction changed of what is remembered. `saved`: it was nothing but so many saves of this
        device, of which a sync has as many more to send."""
        known = self._remembered
        self._remembered = {}
        if saved is not None:
            self._remembered |= {what: answer for what, answer in known.items() if what[0] != HELD}
            waiting = known.get(WAITING)
            if isinstance(waiting, Waiting):
                self._remembered[WAITING] = replace(waiting, own=waiting.own + saved)

    def now_at(self) -> int:
        return self._clock.now_at()

    def newest_own(self) -> tuple[int, str]:
        """(count, env_id) of the newest own envelope; (0, "") before the first."""
        statement = select(t.env.c.own, t.env.c.env_id).where(t.env.c.own.is_not(None))
        found = self.select(statement.order_by(t.env.c.own.desc()).limit(at_most(1)))
        return (found[0][0], found[0][1]) if found else (0, "")

    def own_head_of(self, site: str, dev: str) -> ChainHead:
        """Like `chain_head`, remembered: only this process writes own envelopes."""
        place = (site, dev)
        if place not in self._own_heads:
            self._own_heads[place] = self.chain_head(site, dev)
        return self._own_heads[place]

    def own_env_id(self, count: int) -> str:
        """The envelope with this count, "" where there is none."""
        found = self.select(select(t.env.c.env_id).where(t.env.c.own == count))
        return str(found[0][0]) if found else ""

    def accept_head(self) -> None:
        """The server agreed that nothing of this device is missing here: the store takes revisions again.

        Raises EnvironmentTrouble where the head file cannot be written.
        """
        if self.read_only in ("open_rolled_back", "open_head_missing"):
            head_file.write(self.home.head, self._head(), self._head_key)
            self.read_only = ""

    def check(self, progress: Callable[[int, int], None] | None = None) -> list[str]:
        """Everything the store can know about itself: pages, tables, chains, hashes.

        Returns codes, [] when all is well. `progress(done, total)` counts envelopes and revisions.
        """
        return checks.full(self, progress)

    def revision_total(self) -> int:
        return int(self.select(select(func.coalesce(func.max(t.rev.c.pos), 0)))[0][0])

    def close(self) -> None:
        """Closes the database and lets the folder go; twice is allowed."""
        self._remembered.clear()
        self._link.close()
        self._lock.release()
        self._head_key = b""

    def _head(self) -> Head:
        return Head(self._own_count, self._newest_own, self.now_at())

    def write_head(self) -> None:
        """The save is durable already; a head that could not be written is only behind, which is allowed,
        and is written with the next one."""
        try:
            head_file.write(self.home.head, self._head(), self._head_key)
        except EnvironmentTrouble:
            return
        self._head_behind = False

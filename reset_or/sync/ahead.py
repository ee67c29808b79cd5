"""Sending ahead: while a request is at the server, the answer before it is stored and the next is made ready.

Only where all goes plainly: own envelopes go out, each gets its receipt, and the feed says nothing else.
The next request then needs nothing from the store that the verified answer does not say. Any other answer is
handed back with nothing under way. A device that dies in between sends again what the server has already,
and is answered with the same receipts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from reset_or.base.errors import TrustBroken
from reset_or.base.lanes import CancelToken
from reset_or.store.rows import Cursor
from reset_or.sync import outbox
from reset_or.sync.ground import Ground
from reset_or.sync.inbox import Inbox, Page
from reset_or.sync.keeper import Keeper
from reset_or.sync.outbox import Batch, Following
from reset_or.sync.results import SyncStatus
from reset_or.wire.feed import Receipts
from reset_or.wire.messages import SyncAnswer


@dataclass(frozen=True)
class Told:
    """A request that was answered: what was sent, what came back at `at`, and nothing of it stored."""

    batch: Batch
    answer: SyncAnswer
    at: int


@dataclass(frozen=True)
class Plain:
    """A verified answer that says of each envelope sent that it is in the feed, and nothing more."""

    page: Page
    receipts: Receipts
    before: Cursor

    @property
    def cursor(self) -> Cursor:
        """After it is stored."""
        return self.page.cursors[-1]


@dataclass(frozen=True)
class Ahead:
    """`send` asks the server and touches no store."""

    ground: Ground
    inbox: Inbox
    keeper: Keeper
    status: SyncStatus
    cancel: CancelToken
    send: Callable[[Batch], Told]

    def run(self, batch: Batch) -> Told:
        """Sends `batch`, and what follows as long as all goes plainly. The last one sent is not stored yet.

        Raises what the server's answer or the store means; no request is under way then.
        """
        keep: Callable[[], None] | None = None
        while True:
            self.status.sending = batch.recs
            if keep is None and batch.behind < 1:
                return self.send(batch)
            told, following = self._beside(batch, keep)
            plain = None if following is None or self.cancel.cancelled else read_plain(told, self.inbox)
            if following is None or plain is None:
                return told
            keep, batch = partial(self.keep, told, plain), following.batch(batch, plain.cursor)

    def keep(self, told: Told, plain: Plain) -> None:
        """Stores a plain answer: receipts, places in the feed and cursor in one transaction."""
        self.status.clock_off_ms = plain.page.head.at - told.at
        self.keeper.page(plain.page, plain.before, plain.receipts)
        self.keeper.sent(len(told.batch.envelopes))

    def _beside(self, batch: Batch, keep: Callable[[], None] | None) -> tuple[Told, Following | None]:
        """`batch` goes to the server; meanwhile `keep`, and what may follow."""
        ground = self.ground
        asked = ground.begin(partial(self.send, batch))
        try:
            if keep is not None:
                keep()
            following = ground.step(
                partial(outbox.following, ground.store, ground.directory, ground.dev, batch)
            )
        except BaseException:
            with suppress(Exception):  # what was kept or not matters more than how this request ended
                asked.wait()
            raise
        return asked.wait(), following


def read_plain(told: Told, inbox: Inbox) -> Plain | None:
    """None for every answer that says anything else, or anything that is not true."""
    batch, answer = told.batch, told.answer
    if answer.outcome != "ok" or answer.more or len(answer.sites) != 1 or not batch.envelopes:
        return None
    (said,) = answer.sites
    sent = [(row.env_id, "env") for row in batch.envelopes]
    if [(entry.id, entry.kind) for entry in said.entries] != sent or any(
        entry.proof is not None for entry in said.entries
    ):
        return None
    # The page holds each entry against its receipt; so an item with the same receipt is proven.
    proven = [(entry.id, entry.receipt) for entry in said.entries]
    if [(i.id, i.receipt) for i in answer.items if i.status in ("stored", "duplicate")] != proven:
        return None
    before, receipts = batch.held[said.site], Receipts(answer.receipts, inbox.directory, answer.feed)
    try:
        page = inbox.page(answer, said, before, receipts, frozenset(name for name, _kind in sent))
    except TrustBroken:
        return None  # said with its reason where it is read in order
    return Plain(page, receipts, before)

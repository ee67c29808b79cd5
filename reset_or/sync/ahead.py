"""Asking ahead: while a request is at the server, the answer before it is stored and the next is made ready.

Only where all goes plainly. Sending: own envelopes go out, each gets its receipt, and the feed says nothing
else. Fetching: nothing goes out, and one site's feed goes on. The next request then needs nothing from the
store that the answer does not say. Any other answer is handed back with nothing under way. A device that dies
in between sends or fetches again what had its answer already.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from reset_or.base.errors import TrustBroken
from reset_or.base.lanes import CancelToken
from reset_or.revisions.directory import Directory
from reset_or.store.rows import Cursor
from reset_or.sync import outbox
from reset_or.sync.ground import Ground
from reset_or.sync.inbox import Inbox, Page
from reset_or.sync.keeper import Keeper
from reset_or.sync.outbox import Batch, Following
from reset_or.sync.results import SyncStatus
from reset_or.wire import messages
from reset_or.wire.feed import Receipts, read_head_of
from reset_or.wire.messages import SyncAnswer


@dataclass(frozen=True)
class Told:
    """A request that was answered: what was sent, what came back at `at`, and nothing of it stored."""

    batch: Batch
    answer: SyncAnswer
    receipts: Receipts
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
    """`send` asks the server and touches no store; `receive` verifies and stores an answer."""

    ground: Ground
    inbox: Inbox
    keeper: Keeper
    status: SyncStatus
    cancel: CancelToken
    send: Callable[[Batch], Told]
    receive: Callable[[Told], None]

    def run(self, batch: Batch) -> Told:
        """Sends `batch`, and what follows as long as all goes plainly. The last one sent is not stored yet.

        Raises what the server's answer or the store means; no request is under way then.
        """
        keep: Callable[[], None] | None = None
        while True:
            self.status.sending = batch.recs
            if keep is None and batch.behind < 1:
                told, following = self.send(batch), None
            else:
                told, following = self._beside(batch, keep)
            if self.cancel.cancelled:
                return told
            plain = read_plain(told, self.inbox) if following is not None else None
            if following is not None and plain is not None:
                keep, batch = partial(self.keep, told, plain), following.batch(batch, plain.cursor)
                continue
            after = fetching_on(told, self.ground.directory)
            if after is None:
                return told
            keep, batch = partial(self.receive, told), after

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
            following = self._following(batch)
        except BaseException:
            with suppress(Exception):  # what was kept or not matters more than how this request ended
                asked.wait()
            raise
        return asked.wait(), following

    def _following(self, batch: Batch) -> Following | None:
        if batch.behind < 1:
            return None
        ground = self.ground
        return ground.step(partial(outbox.following, ground.store, ground.directory, ground.dev, batch))


def fetching_on(told: Told, directory: Directory) -> Batch | None:
    """The request for the next page of a feed, where this answer is one of many pages and nothing was sent.

    It believes the answer only as far as its receipts go: a page that is not what they say is refused when it
    is read, and what the next request brought goes with it. None where there is no more, or not so simply.
    """
    batch, answer = told.batch, told.answer
    sent = batch.envelopes or batch.statements or batch.request.own_bodies
    if sent or answer.outcome != "ok" or not answer.more or len(answer.sites) != 1:
        return None
    (said,) = answer.sites
    if not said.entries:
        return None
    last, before = said.entries[-1], batch.held[said.site]
    try:
        head, central = read_head_of(said, answer.feed, directory)
        if not told.receipts.covers(last.receipt, last, said.site):
            return None
        _hash_before, reached = told.receipts.hashes(last.receipt, last.seq)
    except TrustBroken:
        return None  # said with its reason where it is read in order
    held = Cursor(said.site, answer.feed, last.seq, reached, max(before.head_at, head.at), not central)
    place = messages.Cursor(held.site, held.seq, held.feed_hash)
    return replace(
        batch,
        request=replace(batch.request, feed=held.feed, cursors=(place,)),
        held={held.site: held},
    )


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
    before, receipts = batch.held[said.site], told.receipts
    try:
        page = inbox.page(answer, said, before, receipts, frozenset(name for name, _kind in sent))
    except TrustBroken:
        return None  # said with its reason where it is read in order
    return Plain(page, receipts, before)

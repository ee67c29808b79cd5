"""One sync of records from beginning to end: what to ask, what the answer means, how both sides heal.

No sockets: requests go through `Client`. Nothing is remembered outside the store except what one sync
needs: cursor and data move in one transaction, so a sync may end anywhere.

What the server lost is sent again by every device that holds it: its own chain, then other devices' chains as
relays, with the receipts that prove when they had arrived.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken
from reset_or.base.lanes import CancelToken
from reset_or.store.rows import Cursor, QuarantineRow
from reset_or.sync import heal, outbox, retry
from reset_or.sync.ahead import Ahead, Told, read_plain
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.inbox import Inbox
from reset_or.sync.keeper import Keeper
from reset_or.sync.outbox import CENTRE, Batch, Stuck
from reset_or.sync.results import SyncStatus
from reset_or.wire import messages
from reset_or.wire.feed import Receipts, granted, read_head_of
from reset_or.wire.messages import SyncAnswer, SyncRequest, decode_answer, encode_request

MAX_HEALINGS: Final = 3


class Engine:
    """`run` raises for the network and for broken trust; what was kept before that stays kept."""

    def __init__(self, ground: Ground, status: SyncStatus, cancel: CancelToken | None = None) -> None:
        self._ground = ground
        self._status = status
        self._cancel = cancel or CancelToken()
        self._stuck: set[Stuck] = status.relay_waits(ground.clock.now_at())
        self._push = True
        self._pulls_first = False
        self._healings = 0
        self._moves = 0
        self.tally = Tally()
        self.inbox = Inbox(ground.study, ground.dev, ground.box_secret, ground.directory)
        self._keeper = Keeper(ground, self.inbox, status, self.tally)
        self._ahead = Ahead(ground, self.inbox, self._keeper, status, self._cancel, self._send, self._receive)

    def run(self) -> None:
        """Rounds until nothing is left to send or to fetch.

        Raises EnvironmentTrouble and UserFixable as the network and the server say, Cancelled, and
        TrustBroken (`device_forked`, `feed_differs`, `feed_gap`, `receipt_wrong`, `server_inconsistent`).
        """
        while True:
            self._cancel.check()
            told = self._ask(self._ground.step(self._next_batch))
            if told is None:
                continue
            batch, answer = told.batch, told.answer
            if answer.outcome == "rolled_back":
                self._heal(answer)
            elif answer.outcome == "behind" and not batch.request.own_bodies:
                self._begin_taking_back()
            else:
                self._receive(told)
                if not self._more(batch, answer):
                    break
        for cursor, row in self._ground.step(self._agreed):
            self._cancel.check()
            self._ask_again(cursor, row)

    def try_again(self) -> None:
        """Judges what waits for certificates or keys once more, without asking the server."""
        self._ground.step(self._keeper.learn_keys)
        self._keeper.again()

    # --- asking --------------------------------------------------------------------------------------

    def _next_batch(self) -> Batch:
        ground = self._ground
        sites = ground.directory.sites() if ground.site == CENTRE else [ground.site]
        return outbox.next_batch(
            ground.store, ground.directory, dev=ground.dev, sites=sites, stuck=self._stuck, push=self._push,
            own_bodies=self.inbox.takes_back,
        )  # fmt: skip

    def _ask(self, batch: Batch) -> Told | None:
        """The last one that was sent and what it was answered; None where the server does not know a site any
        more and is to be told again."""
        try:
            told = self._ahead.run(batch)
        except ResetOrError as error:
            if error.code != "site_not_allowed" or self._ground.site != CENTRE:
                raise
            self._count_healing("server_rolled_back")
            self._ground.step(self._send_statements_again)
            return None
        finally:
            self._status.sending = frozenset()
        if self._ground.site != CENTRE:
            self._meet(told.answer)
        return told

    def _send(self, batch: Batch) -> Told:
        """One request. It touches no store: that may be at work on the answer before."""
        untrusted = self._ground.client.sync(encode_request(batch.request))
        at = self._ground.clock.now_at()
        answer = _decoded(untrusted)
        if tuple(said.site for said in answer.sites) != batch.sites:
            raise TrustBroken("answer_other_sites")
        self._status.connected = True
        receipts = Receipts(answer.receipts, self._ground.directory, answer.feed)
        return Told(batch, answer, receipts, at)

    def _meet(self, answer: SyncAnswer) -> None:
        """A relay whose key nobody has told this device yet: its grant stands at the beginning of its feed.

        What the statements there say holds only if it hangs on the trial's root; without it nothing of the
        relay is believed.
        """
        said, directory = answer.sites[0], self._ground.directory
        try:
            read_head_of(said, answer.feed, directory)
        except TrustBroken as error:
            if error.code != "bad_signature":
                raise
        else:
            return
        first = SyncRequest(cursors=(messages.Cursor(said.site),))
        told = _decoded(self._ground.client.sync(encode_request(first)))
        found = [] if [s.site for s in told.sites] != [said.site] else granted(told.sites[0], directory)
        if found:
            self._ground.step(partial(heal.keep_statements, self._ground.store, found))
        read_head_of(said, answer.feed, directory)

    def _ask_again(self, cursor: Cursor, row: QuarantineRow) -> None:
        """One entry that came spoilt, from the place before it.

        The same bytes once more count as a try; other bytes were spoilt on the way and do not.
        """
        place = messages.Cursor(cursor.site, cursor.seq, cursor.feed_hash)
        request = SyncRequest(feed=cursor.feed, cursors=(place,), limit=1)
        answer = _decoded(self._ground.client.sync(encode_request(request)))
        if answer.outcome != "ok" or [said.site for said in answer.sites] != [cursor.site]:
            return
        receipts = Receipts(answer.receipts, self._ground.directory, answer.feed)
        page = self.inbox.page(answer, answer.sites[0], cursor, receipts, frozenset())
        if [each.pulled.entry.id for each in page.entries] != [row.id]:
            return
        pulled = page.entries[0].pulled
        if not pulled.trouble or pulled.untrusted == (row.hdr, row.sig, row.body):
            self._ground.step(partial(self._keeper.one_more, page.entries))
            if page.statements:
                self._keeper.again()

    # --- receiving -----------------------------------------------------------------------------------

    def _receive(self, told: Told) -> None:
        batch, answer, receipts = told.batch, told.answer, told.receipts
        plain = read_plain(told, self.inbox)
        if plain is not None:
            self._ahead.keep(told, plain)
            return
        sent = [*batch.statements, *(row.env_id for row in batch.envelopes)]
        if [item.id for item in answer.items] != sent:
            raise TrustBroken("answer_other_items")
        refused = self._keeper.items(batch.envelopes, answer, receipts)
        try:
            for said in answer.sites:
                cursor = batch.held[said.site]
                page = self.inbox.page(answer, said, cursor, receipts, self._keeper.held(said.entries))
                self._status.clock_off_ms = page.head.at - told.at
                self._keeper.page(page, cursor, receipts)
        finally:
            self._keeper.end()
        self._note_refused(batch, refused)

    def _note_refused(self, batch: Batch, refused: dict[str, tuple[str, int | None]]) -> None:
        """What was refused stays here, is named, and its chain goes no further in this sync.

        Only the first one of a chain says why: the rest waits behind it. Another device's chain that is
        refused is that device's to mend; it is offered again after a while.
        """
        for row in batch.envelopes:
            problem, retry_s = refused.get(row.env_id, ("", None))
            if not problem or (row.site, row.dev) in self._stuck:
                continue
            self._stuck.add((row.site, row.dev))
            if not row.own:
                self._status.relay_waits_for(row.site, row.dev, self._ground.clock.now_at())
                continue
            if problem == "fork":
                raise TrustBroken("device_forked", site=row.site, n=row.n)
            self.tally.problem = self.tally.problem or problem
            self.tally.retry_s = retry_s
            for rec in self._ground.step(partial(self._ground.store.recs_of, [row.rev_id])):
                self.tally.refused[rec] = problem
        for stmt_id in batch.statements:
            if stmt_id in refused:
                self.tally.problem, self._push = self.tally.problem or refused[stmt_id][0], False

    # --- healing -------------------------------------------------------------------------------------

    def _heal(self, answer: SyncAnswer) -> None:
        """The server lost what it once receipted: back to the last common place, and send again."""
        ground, centre = self._ground, self._ground.site == CENTRE
        relay = not centre and not read_head_of(answer.sites[0], answer.feed, ground.directory)[1]
        if not centre and self._moved(answer.sites[0].site, relay=relay):
            return
        self._count_healing("server_rolled_back")
        sites = {said.site: said for said in answer.sites}
        work = partial(heal.rolled_back, ground.store, sites, answer.feed, centre=centre, relay=relay)
        ground.step(work)
        self._stuck.clear()
        self._status.relay_after = {}

    def _moved(self, site: str, *, relay: bool) -> bool:
        """Whether this is no server that lost its feed but another one: who signs tells them apart. It may
        know already what the other had, so this device listens first, and then sends what is missing."""
        ground = self._ground
        known = ground.step(partial(ground.store.cursor, site))
        if not known.feed or known.relay == relay:
            return False
        self._moves += 1
        if self._moves > MAX_HEALINGS:
            raise TrustBroken("server_inconsistent")
        ground.step(partial(heal.moved, ground.store, ground.directory, site, to_relay=relay))
        log.event("server_moved", relay=relay)
        self._pulls_first, self._push = True, False
        self._stuck.clear()
        return True

    def _begin_taking_back(self) -> None:
        """This device lost saves that the server has: fetch them before anything else is sent."""
        self._count_healing("device_behind")
        self.inbox.takes_back, self._push = True, False

    def _send_statements_again(self) -> None:
        with self._ground.store.transaction() as unit:
            outbox.send_all_again(self._ground.store, unit)

    def _count_healing(self, code: str) -> None:
        self._healings += 1
        if self._healings > MAX_HEALINGS:
            raise TrustBroken("server_inconsistent")
        self.tally.alarm = self.tally.alarm or code

    def _agreed(self) -> list[tuple[Cursor, QuarantineRow]]:
        """The server agreed that nothing of this device is missing here. What came spoilt and is to be asked
        for once more."""
        store = self._ground.store
        store.accept_head()
        if not store.waiting().quarantined:
            return []
        self._keeper.learn_keys()
        return retry.to_ask_again(store, self._ground.clock.now_at())

    # --- ends ----------------------------------------------------------------------------------------

    def _more(self, batch: Batch, answer: SyncAnswer) -> bool:
        if answer.more or (batch.left_out and self._push):
            return True
        if self.inbox.takes_back or self._pulls_first:
            self.inbox.takes_back, self._pulls_first, self._push = False, False, True
            return True
        if not (batch.envelopes or batch.statements):
            return False  # what was saved meanwhile wakes the next sync
        return self._push and self._ground.step(self._has_unsent)

    def _has_unsent(self) -> bool:
        store = self._ground.store
        if not (store.waiting().own or store.waiting().relayed or self._ground.site == CENTRE):
            return False
        waiting = [(site, self._ground.dev) for site in store.outbox_sites()] + store.relay_chains()
        if any(chain not in self._stuck for chain in waiting):
            return True
        return self._ground.site == CENTRE and bool(outbox.unsent_statements(store))


def _decoded(untrusted: bytes) -> SyncAnswer:
    try:
        return decode_answer(untrusted)
    except TrustBroken as error:
        # Torn or foreign bytes; what a server really says wrongly is found by signatures.
        raise EnvironmentTrouble("server_not_ours", reason=error.code) from error

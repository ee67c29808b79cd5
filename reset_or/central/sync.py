"""One sync: let in, compare, take, answer. No HTTP here; everything here runs in a worker thread.

What has nothing to store asks the database one question, over one connection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import sha256_hex
from reset_or.central.admission import CENTRE, Admission
from reset_or.central.database import Database
from reset_or.central.door import Asked, Caller, Door
from reset_or.central.erasure import Eraser
from reset_or.central.feed import Place, ends, newest_feed
from reset_or.central.options import Options
from reset_or.central.pull import (
    Page,
    ReceiptShelf,
    Spare,
    Standing,
    common_places,
    entries_since,
    standing,
)
from reset_or.central.refusal import Refused
from reset_or.central.take import Added, Batch, Taken, Taker, take_envelopes, take_statements
from reset_or.central.verify import Verifier, read_proofs
from reset_or.revisions.receipts import Signed, SiteHead, sign_head
from reset_or.wire.frames import Frame
from reset_or.wire.messages import Cursor, Entry, Item, SiteAnswer, SyncAnswer, SyncRequest, decode_request


@dataclass(frozen=True)
class SyncDesk:
    """Answers `POST /v1/sync`."""

    database: Database
    door: Door
    admission: Admission
    verifier: Verifier
    key: Ed25519PrivateKey
    options: Options
    eraser: Eraser

    def answer(self, asked: Asked, untrusted_body: bytes, *, now: int, nonce: str) -> SyncAnswer:
        """Raises Refused: what the door raises, and for a request that is not the one that was signed, cannot
        be read, or names another's site."""
        body_sha256 = sha256_hex(untrusted_body)
        with self.database.reading() as connection:
            caller = self.door.enter(connection, asked)
            asked.hold_against(body_sha256)
            request = _read(untrusted_body)
            self._check_rights(caller, request)
            found = standing(connection, caller, request)
            if found.outcome != "ok" or not (request.statements or request.envelopes):
                return self._say(connection, caller, request, found, (), now=now, nonce=nonce)
        batch = self._take(caller, request, now)
        if _has_seen_the_rest(caller, request, batch):
            return self._say_added(caller, request, batch, now=now, nonce=nonce)
        with self.database.reading() as connection:
            return self._say(connection, caller, request, found, batch.taken, now=now, nonce=nonce)

    def _check_rights(self, caller: Caller, request: SyncRequest) -> None:
        for site in {*(c.site for c in request.cursors), *(o.site for o in request.own)}:
            if not caller.view.may_use(caller.device, site):
                raise Refused("site_not_allowed")
        if request.statements and caller.device.site != CENTRE:
            raise Refused("site_not_allowed", why="statements")

    def _take(self, caller: Caller, request: SyncRequest, now: int) -> Batch:
        taker = Taker(self.database, self.key, self.options, caller.device.key_id, now)
        taken, view = list[Taken](), caller.view
        if request.statements:
            taken = take_statements(taker, self.admission, request.statements)
            with self.database.reading() as connection:
                view = self.admission.current(connection)
            self.eraser.carry_out(view)
        if request.envelopes:
            proofs = read_proofs(request.proofs, view.directory)
            checked = self.verifier.check(request.envelopes, view, caller.device, proofs)
            batch = take_envelopes(taker, checked, proofs)
            return replace(batch, taken=taken + batch.taken)
        return Batch(taken)

    def _say(
        self, connection: sa.Connection, caller: Caller, request: SyncRequest, found: Standing,
        taken: Sequence[Taken], *, now: int, nonce: str,
    ) -> SyncAnswer:  # fmt: skip
        feed = caller.feed
        if taken:
            if newest_feed(connection) != feed:  # an operator restarted the feed meanwhile
                raise Refused("server_unavailable", retry_s=1)
            found = replace(found, ends=ends(connection, feed, caller.device.key_id, [*found.ends]))
        shelf = ReceiptShelf(feed)
        items = _with_receipts(connection, taken, shelf)
        page = Page(request.limit)
        sites = [
            self._site(connection, caller, found, cursor, page, shelf, request.own_bodies, now)
            for cursor in request.cursors
        ]
        return SyncAnswer(
            outcome=found.outcome, feed=feed, nonce=nonce, at=now, items=items, receipts=tuple(shelf.signed),
            sites=tuple(sites), more=any(site.more for site in sites),
        )  # fmt: skip

    def _site(
        self, connection: sa.Connection, caller: Caller, found: Standing, cursor: Cursor, page: Page,
        shelf: ReceiptShelf, own_bodies: bool, now: int,
    ) -> SiteAnswer:  # fmt: skip
        head, dev = found.ends[cursor.site].head, caller.device.key_id
        n, env_id = found.ends[head.site].own
        said = SiteAnswer(head.site, self._signed(caller.feed, head, now), own_n=n, own_id=env_id)
        if found.outcome == "rolled_back":
            if cursor.site not in found.astray:
                return said
            if found.other_feed:
                return replace(said, common=(Cursor(cursor.site),))
            return replace(said, common=common_places(connection, caller.feed, cursor, head))
        if head.seq > cursor.seq and not page.full:
            # A device without a box is a relay's: it holds what it brought.
            spare = Spare(dev, "" if caller.device.box else dev) if not own_bodies else Spare()
            said = replace(said, entries=entries_since(connection, cursor, head.seq, page, shelf, spare))
        reached = said.entries[-1].seq if said.entries else cursor.seq
        return replace(said, more=reached < head.seq)

    def _say_added(
        self, caller: Caller, request: SyncRequest, batch: Batch, *, now: int, nonce: str
    ) -> SyncAnswer:
        """What `_say` would say where the caller has seen all but what it brought. Nothing is read."""
        at = {site: place for place, site in enumerate(batch.added)}
        sites = []
        for cursor in request.cursors:
            added = batch.added[cursor.site]
            entries = tuple(
                Entry(seq, "env", each.env_id, received_ms, at[cursor.site], Frame(each.hdr, each.dsig))
                for seq, received_ms, each in added.entries
            )
            newest, head = added.entries[-1][2], self._signed(caller.feed, added.head, now)
            sites.append(SiteAnswer(cursor.site, head, newest.header.n, newest.env_id, entries))
        return SyncAnswer(
            outcome="ok", feed=caller.feed, nonce=nonce, at=now,
            items=tuple(each.item if each.place is None else each.with_receipt(at[each.place[0]])
                        for each in batch.taken),
            receipts=tuple(added.receipt for added in batch.added.values()), sites=tuple(sites),
        )  # fmt: skip

    def _signed(self, feed: str, head: Place, now: int) -> Signed:
        at = max(now, head.received_ms)
        return sign_head(self.key, SiteHead(feed, head.site, head.seq, head.feed_hash, at))


def _has_seen_the_rest(caller: Caller, request: SyncRequest, batch: Batch) -> bool:
    """Whether the caller holds all of the feeds but what this batch added, which is its own, bodies too."""
    added = batch.added
    return (
        batch.feed == caller.feed
        and not (request.statements or request.proofs or request.own_bodies)
        and all(c.site in added and c.seq == added[c.site].before.seq for c in request.cursors)
        and all(each.place is None or _is_in(each.place, added) for each in batch.taken)
        and all(each.header.dev == caller.device.key_id for a in added.values() for _, _, each in a.entries)
        and sum(len(each.entries) for each in added.values()) <= request.limit
    )


def _is_in(place: tuple[str, int], added: Mapping[str, Added]) -> bool:
    site, seq = place
    return site in added and seq > added[site].before.seq


def _read(untrusted_body: bytes) -> SyncRequest:
    try:
        return decode_request(untrusted_body)
    except TrustBroken as error:
        raise Refused("request_malformed", why=error.code) from error


def _with_receipts(
    connection: sa.Connection, taken: Sequence[Taken], shelf: ReceiptShelf
) -> tuple[Item, ...]:
    places = shelf.covering(connection, [each.place for each in taken if each.place is not None])
    return tuple(each.item if each.place is None else each.with_receipt(places[each.place]) for each in taken)

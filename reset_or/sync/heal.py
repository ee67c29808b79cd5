"""How both sides heal: a server that lost receipted entries, a device that lost its own or changed servers.

Nothing is ever deleted of what was signed; only places of a feed that no longer exists are forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from reset_or.base.errors import TrustBroken
from reset_or.revisions.directory import Directory
from reset_or.revisions.receipts import GENESIS
from reset_or.revisions.statements import Statement, read_statement
from reset_or.store.rows import Cursor, Pulled
from reset_or.sync import outbox
from reset_or.sync.inbox import Checked
from reset_or.wire.messages import SiteAnswer

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit


def rolled_back(
    store: Store, sites: Mapping[str, SiteAnswer], feed: str, *, centre: bool, relay: bool = False
) -> None:
    """Back to the last place both sides hold; what came after it counts as unsent again.

    Where the cursor fits and only own envelopes are missing, the cursor stays and they are sent again.
    """
    with store.transaction() as unit:
        for site, said in sites.items():
            cursor = replace(store.cursor(site), relay=relay)
            if cursor.feed not in ("", feed) or said.common:
                cursor = _common(store, said, cursor, feed)
                unit.put_cursor(cursor)
            unit.forget_feed(site, cursor.seq)
        if centre:
            outbox.send_all_again(store, unit)


def _common(store: Store, said: SiteAnswer, cursor: Cursor, feed: str) -> Cursor:
    for place in said.common:
        if place.seq == 0:
            break
        entry = store.entry(said.site, place.seq)
        if entry is not None and entry.feed_hash == place.feed_hash:
            return replace(cursor, feed=feed, seq=place.seq, feed_hash=place.feed_hash)
    return replace(cursor, feed=feed, seq=0, feed_hash=GENESIS)


def moved(store: Store, directory: Directory, site: str, *, to_relay: bool) -> None:
    """This device was pointed at another server: back to what it knew of that one's feed, if anything."""
    with store.transaction() as unit:
        unit.move_feed(site, to_relay=to_relay)
    directory.forget_places(site)
    for row in store.statements():
        for place, seq, at in row.places:
            if place == site and seq is not None and directory.knows(row.stmt_id):
                directory.add(read_statement(row.data, row.sig), site=site, seq=seq, at=at)


def keep_statements(store: Store, statements: Sequence[Statement]) -> None:
    """Verified statements whose place in a feed is still to be told."""
    with store.transaction() as unit:
        for statement in statements:
            unit.put_statement(statement)


def take_back(unit: Unit, store: Store, part: Sequence[Checked]) -> None:
    """Own envelopes that this store lost, in chain order.

    Raises TrustBroken("device_forked") where another envelope stands at the place of one of them.
    """
    heads: dict[str, tuple[int, str]] = {}
    for each in part:
        envelope = each.pulled.envelope
        if not each.own or envelope is None:
            continue
        header = envelope.header
        if header.site not in heads:
            known = store.chain_head(header.site, header.dev)
            heads[header.site] = known.n, known.env_id
        n, env_id = heads[header.site]
        if (header.n, header.prev) != (n + 1, env_id):
            raise TrustBroken("device_forked", site=header.site, n=header.n)
        heads[header.site] = header.n, envelope.env_id
        unit.take_back(envelope, each.pulled.revision)
        if each.pulled.revision is not None and each.pulled.standing != "certified":
            unit.set_standing([each.pulled.revision.rev_id], each.pulled.standing)


def as_applied(each: Checked) -> Pulled:
    """What `Unit.apply` is to store: an own envelope that was taken back is held already."""
    if not each.own:
        return each.pulled
    return replace(each.pulled, envelope=None, revision=None)

"""A new device id for an installation that exists: after its disk was copied or an old backup put back.

Two computers that write as one device make two histories of it; the server takes one and puts the device on
hold. By a code of the centre each of them becomes a device of its own, with new keys. What the server never
took is sealed anew under the new id; what it has stays where it is. Nothing is lost and nobody's signature
changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from reset_or.actions.context import Context, DeviceKeys
from reset_or.actions.enrolment import WORDS, post, put_answer, unanswered
from reset_or.actions.events import note
from reset_or.actions.installation import new_device, put_device, read_installation
from reset_or.actions.write import seal_next
from reset_or.base.errors import UserFixable
from reset_or.base.lanes import Lanes, on_store
from reset_or.revisions import signing
from reset_or.revisions.receipts import GENESIS
from reset_or.store.rows import ChainHead, Cursor
from reset_or.wire import invites
from reset_or.wire.client import Client
from reset_or.wire.invites import AnswerKeys, InviteContent

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit
    from reset_or.wire.transport import Transport

_ALL: Final = 1_000_000
_FORKED: Final = frozenset({"device_forked", "chain_forked"})


@dataclass(frozen=True)
class Renewed:
    """`words`: what the centre reads back before it admits the new id. `resealed`: revisions that had not
    arrived and travel under the new id. `posted` False: the network went away, the next sync posts the
    keys."""

    site: str
    words: str
    old_dev: str
    new_dev: str
    resealed: int
    posted: bool


@dataclass(frozen=True)
class ThisDevice:
    """Its id, and the six words that the centre reads back, "" once it has admitted the device."""

    dev: str
    words: str


def this_device(ctx: Context) -> ThisDevice:
    admitted = ctx.directory.grant(ctx.device.dev) is not None
    return ThisDevice(ctx.device.dev, "" if admitted else ctx.store.meta(WORDS) or "")


def renew(ctx: Context, *, code: str, transport: Transport, lanes: Lanes | None = None) -> Renewed:
    """Takes a new device id in one transaction, and asks the centre to admit it.

    With `lanes` it is called on the net lane, beside no sync. Raises what `enrolment.invited` raises,
    UserFixable("renew_other_site") for a code of another trial or site, TrustBroken("invite_answered") where
    somebody used the code first.
    """
    plain, client = invites.read_code(code), Client(transport, None)
    content = unanswered(client, plain)
    done = on_store(lanes, lambda: _take_new_id(ctx, plain, content))
    return replace(done, posted=post(ctx.store, client, lanes))


def _take_new_id(ctx: Context, plain: str, content: InviteContent) -> Renewed:
    _check(ctx, content)
    store, old, new = ctx.store, ctx.device, new_device()
    answer = AnswerKeys(
        invites.invite_id(plain), ctx.study, ctx.site, signing.public_bytes(new.sign), new.box_public,
        people=_uncertified(ctx),
    )  # fmt: skip
    store.accept_head()  # a chain that only begins has lost nothing
    with store.transaction() as unit:
        count = _seal_anew(ctx, unit, old.dev, new)
        _fetch_again(store, unit, ctx.site)
        put_device(unit, new)
        put_answer(unit, plain, answer)
    ctx.device = new
    note(ctx, what="device_renewed", count=count)
    return Renewed(ctx.site, invites.six_words(answer), old.dev, new.dev, count, posted=False)


def _check(ctx: Context, content: InviteContent) -> None:
    said = read_installation(ctx.store)
    if (content.trial.study, content.trial.root, content.site) != (said.study, said.root, said.site):
        raise UserFixable("renew_other_site", site=content.site)
    if content.expires_at <= ctx.clock.now_at():
        raise UserFixable("invite_expired")


def _uncertified(ctx: Context) -> tuple[tuple[str, bytes], ...]:
    """The key of the person at the keyboard where the centre has not certified it: it comes with the device.
    Everybody else's certificate holds on, whatever the device is called."""
    public = signing.public_bytes(ctx.people.signing_key(ctx.user))
    return () if ctx.directory.grant(signing.key_id(public)) is not None else ((ctx.user, public),)


def _seal_anew(ctx: Context, unit: Unit, old: str, new: DeviceKeys) -> int:
    """What the old id wrote and never got a receipt for, now or once, in the order it was written."""
    rows = [row for row in ctx.store.outbox(ctx.site, _ALL) if row.dev == old and not row.proof]
    head, count = ChainHead(0, ""), 0
    unit.retire_chain(ctx.site, old)
    for row in rows:
        revision = ctx.store.revision(row.rev_id) if row.rev_id else None
        if revision is None or revision.skeleton is not None:
            continue  # erased by order: there is nothing left to seal
        signed = revision.read()
        sealed = seal_next(ctx, new, head, signed)
        unit.append(sealed, signed, standing=revision.standing)
        head, count = replace(head, n=head.n + 1, env_id=sealed.env_id), count + 1
    return count


def _fetch_again(store: Store, unit: Unit, site: str) -> None:
    """What the other computer wrote as this device was kept apart: it is another device's now."""
    rows = [row for row in store.quarantined() if row.site == site and row.code in _FORKED]
    places = [row.seq for row in rows if row.seq]
    if not places:
        return
    seq, cursor = min(places) - 1, store.cursor(site)
    before = store.entry(site, seq)
    if before is None and seq:
        return
    for row in rows:
        unit.drop_quarantine(row.id)
    feed_hash = GENESIS if before is None else before.feed_hash
    unit.put_cursor(Cursor(site, cursor.feed, seq, feed_hash, cursor.head_at))

"""Orders of erasure, as the people who sign them act: the centre orders, the surgeon of the site signs, the
centre sends. What the order then does is carried out by every device and by the server (sync.erasure).

An order names whole records, whole cases, or photos. With a record go the pages of signatures that show it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from reset_or.actions.casefiles import roots
from reset_or.actions.centre import CENTRE, admin_key, send_all
from reset_or.actions.context import Context, Secret
from reset_or.actions.installation import queue_statements
from reset_or.base import ids
from reset_or.base.errors import TrustBroken, UserFixable
from reset_or.revisions import signing
from reset_or.revisions.canonical import canon
from reset_or.wire.erase_order import EraseOrder, new_order

if TYPE_CHECKING:
    from reset_or.store.rows import StoredRevision
    from reset_or.wire.transport import Transport

REASONS: Final = ("consent_withdrawn", "wrong_person", "authority", "other")
"""The codes that `erase-order` offers; each has its words."""
_MOST: Final = 800
"""Envelopes and photos of one order: a statement has at most 64 KiB."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")


@dataclass(frozen=True)
class OrderView:
    """What an order says. `subjects`: the cases concerned, as far as this store knows them; `signed_by`: user
    names; `signed`: the order carries both signatures and the centre's last one."""

    site: str
    subjects: tuple[str, ...]
    records: int
    photos: int
    reason_code: str
    at: int
    signed_by: tuple[str, ...]
    signed: bool


def order(
    ctx: Context, *, site: str, reason_code: str, records: Sequence[str] = (), cases: Sequence[str] = (),
    photos: Sequence[str] = (),
) -> EraseOrder:  # fmt: skip
    """A new order with the administrator's signature. `cases`: subject codes.

    Raises UserFixable `role_may_not`, `erase_nothing_named`, `erase_unknown`, `erase_too_many`,
    `erase_reason_code`.
    """
    key = admin_key(ctx, act="erase")
    if not (records or cases or photos):
        raise UserFixable("erase_nothing_named")
    if not _CODE.fullmatch(reason_code):
        raise UserFixable("erase_reason_code")
    rows, blobs = _Named(ctx, site).all(records, cases, photos)
    env_ids = ctx.store.sealing(row.rev_id for row in rows)
    if len(env_ids) + len(blobs) > _MOST:
        raise UserFixable("erase_too_many", most=_MOST)
    made = new_order(
        study=ctx.study, site=site, issuer=signing.key_id(signing.public_bytes(key)), at=ctx.clock.now_at(),
        env_ids=tuple(env_ids), blobs=tuple(blobs), reason_code=reason_code,
    )  # fmt: skip
    return made.signed_by(key)


@dataclass(frozen=True)
class _Named:
    """The revisions and photos of one site that an order means."""

    ctx: Context
    site: str

    def all(
        self, records: Iterable[str], cases: Iterable[str], photos: Iterable[str]
    ) -> tuple[list[StoredRevision], list[str]]:
        found: dict[str, StoredRevision] = {}
        blobs: set[str] = set()
        for rec in records:
            rows = self._own(self.ctx.store.revisions(rec), rec)
            found |= {row.rev_id: row for row in (*rows, *self._pages(rows))}
            blobs |= {row.id for row in self.ctx.store.blobs(case=rows[0].case) if row.rec == rec}
        for subject in cases:
            case = ids.case_rec(self.ctx.study, subject)
            for root in roots(self.ctx.store, case):
                rows = self._own(self.ctx.store.revisions_of_case(root), subject)
                found |= {row.rev_id: row for row in rows}
                blobs |= {row.id for row in self.ctx.store.blobs(case=root)}
        for blob_id in photos:
            row = self.ctx.store.blob(blob_id)
            if row is None or row.site != self.site:
                raise UserFixable("erase_unknown", item=blob_id)
            blobs.add(blob_id)
        return list(found.values()), sorted(blobs)

    def _own(self, rows: Sequence[StoredRevision], item: str) -> Sequence[StoredRevision]:
        if not rows or {row.site for row in rows} != {self.site}:
            raise UserFixable("erase_unknown", item=item)
        return rows

    def _pages(self, rows: Sequence[StoredRevision]) -> list[StoredRevision]:
        """Signatures over any of them: the page that was signed shows what they say."""
        wanted, found = {row.rev_id for row in rows}, []
        for row in self.ctx.store.revisions_of_case(rows[0].case) if rows[0].case else ():
            sig = row.read().revision.sig if row.act == "sign" else None
            if sig is not None and wanted & set(sig.signs):
                found.append(row)
        return found


def co_sign(ctx: Context, *, given: EraseOrder, secret: Secret) -> EraseOrder:
    """The order with the signature of the surgeon at the keyboard, who gives the password again.

    Raises UserFixable `role_may_not`, `erase_other_site`, `erase_not_ordered`, and of the password.
    """
    user = ctx.user
    if ctx.role_of(user) != "surgeon":
        raise UserFixable("role_may_not", role=ctx.role_of(user) or "none", form="statement", act="erase")
    if (given.site, given.order["study"]) != (ctx.site, ctx.study):
        raise UserFixable("erase_other_site", site=given.site)
    if ("centre_admin", CENTRE) not in _signers(ctx, given).values():
        raise UserFixable("erase_not_ordered")
    return given.signed_by(ctx.people.verify(user, secret))


def finish(ctx: Context, *, given: EraseOrder) -> EraseOrder:
    """The order with the centre's last signature, which makes it the statement that is sent.

    Raises UserFixable `role_may_not`, `erase_other_centre`, `erase_waits` where the surgeon has not signed.
    """
    key = admin_key(ctx, act="erase")
    said = given.order["issuer"], given.order["study"]
    if said != (signing.key_id(signing.public_bytes(key)), ctx.study):
        raise UserFixable("erase_other_centre")
    if set(_signers(ctx, given).values()) != {("centre_admin", CENTRE), ("surgeon", given.site)}:
        raise UserFixable("erase_waits", site=given.site)
    return given.finished_by(key)


def send(ctx: Context, *, transport: Transport, given: EraseOrder) -> None:
    """Hands a finished order to the server; this device erases too. Twice is once.

    Raises TrustBroken for an order whose signatures do not fit, and what went wrong on the way; then the
    order waits in the store for the next sync.
    """
    admin_key(ctx, act="erase")
    statement = given.statement()
    known = ctx.directory.knows(statement.stmt_id)
    ctx.directory.add(statement)
    if not known:
        with ctx.store.transaction() as unit:
            queue_statements(ctx.store, unit, [statement])
    send_all(ctx, transport)


def view(ctx: Context, given: EraseOrder) -> OrderView:
    """What the order means, for the people who sign it."""
    rows = ctx.store.revisions_sealed_in(given.env_ids)
    subjects = set()
    for case in {row.case for row in rows if row.case}:
        known = ctx.store.record(case)
        subjects.add(known.subject if known is not None else case)
    for blob_id in given.blobs:
        blob = ctx.store.blob(blob_id)
        known = ctx.store.record(blob.case) if blob is not None else None
        subjects |= {known.subject} if known is not None else set()
    users = tuple(
        grant.subj_id for key_id in _signers(ctx, given) if (grant := ctx.directory.grant(key_id)) is not None
    )
    return OrderView(
        given.site, tuple(sorted(subjects)), len({row.rec for row in rows}), len(given.blobs),
        str(given.order["reason_code"]), int(given.order["at"]), users, bool(given.sig),
    )  # fmt: skip


def _signers(ctx: Context, given: EraseOrder) -> dict[str, tuple[str, str]]:
    """key id -> (role, site) of each valid signature; one that does not fit is TrustBroken."""
    found = {}
    for key_id, said in given.sigs:
        grant = ctx.directory.grant(key_id)
        if grant is None or grant.kind != "person" or not ctx.directory.valid_at(key_id, None):
            raise TrustBroken("statement_unknown_issuer")
        signing.verify(grant.public, signing.STMT, canon(given.order), signing.unb64(said, length=64))
        found[key_id] = grant.role, grant.site
    return found

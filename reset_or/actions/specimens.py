"""The inbox: specimens that arrived without a subject, and whose they turned out to be.

A specimen holds photos, calibrations and readings as a case does. Attaching it is the act of two named
people: one writes whose it is, another signs that. What was measured stays as it was signed, by whom and
when; it is then seen in the case, and still here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from reset_or.actions import casefiles
from reset_or.actions.casefile import attachment
from reset_or.actions.context import Context, Saved, Secret
from reset_or.actions.gate import is_blinded
from reset_or.actions.gate_photos import specimen as row_of
from reset_or.actions.gate_photos import with_photo
from reset_or.actions.people import names
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.revisions.revision import Sig
from reset_or.revisions.statements import SITE_ROLES

if TYPE_CHECKING:
    from reset_or.actions.casefile import CaseFile
    from reset_or.actions.photo_views import SpecimenRow
    from reset_or.record.codebook import Value


def begin_specimen(ctx: Context, *, label: str = "", note: str = "", found_at: int | None = None) -> Saved:
    """A specimen without a subject, found now or at `found_at`. `label`: what is written on it."""
    at = ctx.clock.now_at() if found_at is None else found_at
    values: dict[str, Value | None] = {"label": label or None, "note": note or None, "found_at": at}
    given = {name: value for name, value in values.items() if value is not None}
    return write(ctx, Intent("specimen", "create", values=given))


def update_specimen(ctx: Context, *, specimen: str, fields: Mapping[str, Value | None]) -> Saved:
    """Another label or note; whose it is changes only by `attach_specimen`."""
    need_specimen(ctx, specimen)
    if forbidden := set(fields) - {"label", "note", "found_at"}:
        raise UserFixable("field_fixed", field=min(forbidden))
    return write(ctx, Intent("specimen", "update", specimen, values=fields, why="typing_error"))


def withdraw_specimen(ctx: Context, *, specimen: str, reason: str = "other") -> Saved:
    """Takes a specimen out of the inbox that was begun by mistake; it stays readable in the trail."""
    need_specimen(ctx, specimen)
    values: dict[str, Value | None] = {"withdrawn_reason": reason}
    return write(ctx, Intent("specimen", "withdraw", specimen, values=values, why=reason))


def specimen_rows(ctx: Context, *, with_attached: bool = True) -> tuple[SpecimenRow, ...]:
    """Every specimen that began without a subject, the newest first; those attached say to whom."""
    found = []
    for row in ctx.store.records(form="specimen"):
        if row.status in ("withdrawn", "erased") or (row.status == "attached" and not with_attached):
            continue
        found.append(_row(ctx, row.rec))
    return tuple(found)


def specimen_row(ctx: Context, *, specimen: str) -> SpecimenRow:
    """One specimen, also a withdrawn one. Raises UserFixable("specimen_unknown")."""
    casefiles.need_record(ctx, "specimen", specimen)
    return _row(ctx, specimen)


def _row(ctx: Context, specimen: str) -> SpecimenRow:
    file, user = casefiles.need(ctx, specimen), ctx.user
    return row_of(file, file.case, user, blinded=is_blinded(file, user, ctx.role_of(user)))


def attach_specimen(ctx: Context, *, specimen: str, case: str) -> Saved:
    """The first person says whose it is; it counts when a second one has signed that.

    Raises UserFixable `specimen_unknown`, `case_unknown`, `specimen_attached` (two people said so already).
    """
    file = need_specimen(ctx, specimen)
    known = attachment(file.case, ctx.study)
    if known is not None and known.confirmed_by:
        raise UserFixable("specimen_attached", subject=known.subject)
    subject = casefiles.need(ctx, case).record.subject
    if not subject:
        raise UserFixable("case_unknown")
    values: dict[str, Value | None] = {"attached_to": subject}
    return write(ctx, Intent("specimen", "update", specimen, values=values, why="source_corrected"))


def detach_specimen(ctx: Context, *, specimen: str) -> Saved:
    """Takes an attachment back, also one that two people made; nothing that was measured is lost."""
    file = need_specimen(ctx, specimen)
    if attachment(file.case, ctx.study) is None:
        raise UserFixable("specimen_not_attached")
    values: dict[str, Value | None] = {"attached_to": None}
    return write(ctx, Intent("specimen", "update", specimen, values=values, why="wrong_subject"))


def confirm_attachment(ctx: Context, *, specimen: str, signer: str, secret: Secret) -> Saved:
    """The second person signs whose it is, with the own password or PIN.

    Raises UserFixable `specimen_not_attached`, `signer_is_author`, `signer_unknown`, `specimen_attached`, and
    whatever the secret's check refuses.
    """
    file = need_specimen(ctx, specimen)
    known = attachment(file.case, ctx.study)
    if known is None:
        raise UserFixable("specimen_not_attached")
    if known.confirmed_by:
        raise UserFixable("specimen_attached", subject=known.subject)
    writes = file.case.writes["attached_to"]
    if signer in {write.user for write in writes}:
        raise UserFixable("signer_is_author")
    if ctx.role_of(signer) not in SITE_ROLES:
        raise UserFixable("signer_unknown")
    key = ctx.people.verify(signer, secret)
    sig = Sig(
        signs=tuple(sorted(write.rev_id for write in writes)),
        meaning="confirmed",
        name=names(ctx).get(signer, signer),
        reauth=secret.kind,
        view=attachment_page(file, known.subject),
    )
    return write(ctx, Intent("specimen", "sign", specimen, sig=sig, author=signer, key=key))


def need_specimen(ctx: Context, specimen: str) -> CaseFile:
    """The file of a specimen. Raises UserFixable `specimen_unknown`, `specimen_withdrawn`."""
    if casefiles.need_record(ctx, "specimen", specimen).withdrawn:
        raise UserFixable("specimen_withdrawn")
    return casefiles.need(ctx, specimen)


def attachment_page(file: CaseFile, subject: str) -> tuple[dict[str, str | int], ...]:
    """What the second person is shown: whose, what the label says, and the pictures; no length."""
    rows: list[dict[str, str | int]] = [{"label": "subject", "value": subject}]
    label = file.case.value("label")
    if isinstance(label, str):
        rows.append({"label": "specimen", "value": label})
    rows += [{"label": "photo", "sha256": each.blobs[0].sha256} for each in with_photo(file)]
    return tuple(rows)

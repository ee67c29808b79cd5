"""Stills that come by the network: kept in the inbox first, and put from there into the case that was open
when they came; or kept in one case, where a command named it.

A still has no subject. It waits in the inbox under a specimen of its own examination. Whose it is are two
people to say (specimens.py), but for one case: the person who has a case open at the very computer where the
still arrived chooses it by its picture, as if it had been taken with this computer's camera.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions import casefiles, photos, specimens
from reset_or.actions.casefile import attachment
from reset_or.actions.context import Context, Saved
from reset_or.actions.write import Intent, write
from reset_or.base.changes import Changes
from reset_or.base.errors import UserFixable
from reset_or.base.ids import sha256_hex
from reset_or.revisions.history import RecordState

if TYPE_CHECKING:
    from reset_or.images.intake import TakenPhoto

LONGEST_MS: Final = 8 * 3_600_000
"""A case is not open for longer than a theatre session (workspace.THEATRE_HOURS)."""
_LATEST: Final = 50
"""Specimens among which a still that is sent once more is looked for."""

Do = Callable[..., Any]
"""`do(action, **said)` runs an action on the store's lane and waits for what it gives."""


@dataclass(frozen=True)
class Kept:
    """A still that is safe. `new` False: the same object was here already, as `photo`."""

    photo: str
    specimen: str
    at: int
    new: bool
    changes: Changes = field(default_factory=Changes)


class Boxes:
    """Which specimen of the inbox holds the stills of an examination; lives as long as its session, in memory
    only. Used on the store's lane alone. `only`: a case or specimen that holds all of them."""

    def __init__(self, only: str = "") -> None:
        self.only = only
        self.of_exam: dict[str, str] = {}


def keep_still(
    do: Do, untrusted_dicom: bytes, *, boxes: Boxes, label: str = "", state: str = "",
    zone_min: int | None = None,
) -> Kept:  # fmt: skip
    """Takes a still in and seals it into its box: only then may its sender hear that it is safe.

    Runs on the caller's thread; only what is short is done on the store's lane, and the sandbox decodes.
    `label`: the name of a new specimen. `zone_min` is assumed where the file names no zone. Raises as
    `read_dicom` and `photos.prepare_photo` do; then nothing is kept (a file that no record names is swept
    away by the next opening).
    """
    from reset_or.images.dicom_read import read_dicom

    known: Kept | None = do(_already, camera_sha256=sha256_hex(untrusted_dicom), boxes=boxes)
    if known is not None:
        return known
    taken = read_dicom(untrusted_dicom, zone_min=zone_min)
    box, began = do(_box, exam=taken.exam, boxes=boxes, label=label)
    sealed = photos.seal_prepared(do(photos.prepare_photo, case=box, taken=taken, state=state))
    kept: Kept = do(_record, sealed=sealed)
    return replace(kept, changes=began | kept.changes)


def _already(ctx: Context, *, camera_sha256: str, boxes: Boxes) -> Kept | None:
    """A sender that was not told in time sends again: no other still, and no error."""
    if boxes.only:
        known = photos.same_photo(casefiles.need(ctx, boxes.only), camera_sha256)
    else:
        known = _known(ctx, camera_sha256)
    return None if known is None else Kept(known.rec, known.case, known.created_at, new=False)


def _record(ctx: Context, *, sealed: photos.Sealed) -> Kept:
    saved = photos.record_photo(ctx, sealed=sealed)
    at = casefiles.need_record(ctx, "photo", saved.rec).created_at
    return Kept(saved.rec, sealed.prepared.case, at, new=True, changes=saved.changes)


def _known(ctx: Context, camera_sha256: str) -> RecordState | None:
    """Among the newest specimens; where the still was put into a case since, it is no other still."""
    rows = sorted(ctx.store.records(form="specimen"), key=lambda row: -row.created_at)[:_LATEST]
    for row in rows:
        file = casefiles.load(ctx.store, row.rec, ctx.parsed)
        known = photos.same_photo(file, camera_sha256) if file is not None else None
        if known is not None:
            return known
    return None


def _box(ctx: Context, *, exam: str, boxes: Boxes, label: str) -> tuple[str, Changes]:
    """The specimen of this examination, begun if there is none that still waits."""
    if boxes.only:
        return boxes.only, Changes()
    known = boxes.of_exam.get(exam) if exam else None
    if known is not None:
        state = casefiles.need_record(ctx, "specimen", known)
        if not state.withdrawn and attachment(state, ctx.study) is None:
            return known, Changes()
    begun = specimens.begin_specimen(ctx, label=label)
    if exam:
        boxes.of_exam[exam] = begun.rec
    return begun.rec, begun.changes


def prepare_still(
    ctx: Context, *, photo: str, case: str, opened_at: int, taken: TakenPhoto, **said: Any
) -> photos.Prepared:
    """One person puts a still into the case that has been open here since `opened_at` (UTC ms): the first of
    three steps, as `photos.prepare_photo` with `said`; `photos.seal_prepared` and `record_still` follow.

    `taken`: the still itself (resealing.take_again). Raises UserFixable `still_needs_two` where the rule of
    one person does not hold, `photo_unknown`, and as `prepare_photo`, which also asks about a label in the
    picture (`photo_label_other`).
    """
    _for_one(ctx, photo, opened_at)
    if casefiles.need_record(ctx, "case", case).withdrawn:
        raise UserFixable("case_unknown")
    return photos.prepare_photo(ctx, case=case, taken=taken, replaces=photo, **said)


def record_still(ctx: Context, *, photo: str, opened_at: int, sealed: photos.Sealed) -> Saved:
    """The last step: the rule still holds, the still is in the case and no more in the inbox. A specimen that
    holds nothing any more leaves it too."""
    try:
        still = _for_one(ctx, photo, opened_at)
    except UserFixable:
        photos.drop_sealed(sealed)
        raise
    saved = photos.record_photo(ctx, sealed=sealed)
    return replace(saved, changes=saved.changes | _tidy(ctx, still.case))


def _for_one(ctx: Context, photo: str, opened_at: int) -> RecordState:
    """The still, where one person is enough: it came from a tower to this very computer while the case was
    open here, nobody has said whose it is, and nothing was measured on it."""
    state = casefiles.need_record(ctx, "photo", photo)
    if state.withdrawn:
        raise UserFixable("photo_unknown")
    root = ctx.store.record(state.case)
    if root is None or root.form != "specimen":
        raise UserFixable("still_needs_two")
    file, now_at = casefiles.need(ctx, state.case), ctx.clock.now_at()
    used = any(each.value("photo") == photo for each in (*file.readings, *file.calibrations))
    here = all(
        each.signed.revision.dev == ctx.device.dev
        for each in file.placed
        if each.signed.revision.rec == photo
    )
    in_time = opened_at <= state.created_at and now_at - LONGEST_MS <= state.created_at
    said = attachment(file.case, ctx.study) is not None
    if state.value("source") != "tower" or not here or not in_time or used or said:
        raise UserFixable("still_needs_two")
    return state


def _tidy(ctx: Context, specimen: str) -> Changes:
    """An empty specimen of a tower has no place in the inbox."""
    file = casefiles.need(ctx, specimen)
    if any(not each.withdrawn for each in file.parts):
        return Changes()
    values = {"withdrawn_reason": "put_into_case"}
    intent = Intent("specimen", "withdraw", specimen, values=values, why="put_into_case")
    return write(ctx, intent).changes

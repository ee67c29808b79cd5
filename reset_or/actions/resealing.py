"""A photograph that is sealed already is taken up again: for the case it belongs to, or to black out text.

A sealed file never changes. What comes of it is a new photograph with a record of its own that says which one
it stands for; that one is withdrawn in the same transaction and stays readable in the trail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reset_or.actions import casefiles, photos
from reset_or.actions.casefile import photo_of
from reset_or.actions.context import Context, Saved
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.base.ids import sha256_hex

if TYPE_CHECKING:
    from reset_or.images.intake import TakenPhoto
    from reset_or.record.model import PhotoRecord
    from reset_or.revisions.history import RecordState
    from reset_or.revisions.revision import BlobRef


@dataclass(frozen=True)
class SealedAgain:
    """A stored photograph, and what its record says of it: for `take_again`, on any lane. Not to be kept."""

    sealed: photos.SealedPhoto
    blob: BlobRef
    said: PhotoRecord


def find_again(ctx: Context, *, photo: str) -> SealedAgain:
    """The quick half, which needs the store. Raises as `photos.find_photo`."""
    sealed = photos.find_photo(ctx, photo=photo)
    state = casefiles.need_record(ctx, "photo", photo)
    return SealedAgain(sealed, state.blobs[0], photo_of(state))


def take_again(again: SealedAgain) -> TakenPhoto:
    """As it was when it was first taken in, from the sealed file, verified. The slow half; needs no store."""
    from reset_or.images.intake import TakenPhoto
    from reset_or.images.sandbox import inspect
    from reset_or.images.strip import strip

    data, mime, turn = photos.unseal(again.sealed)
    blob, said = again.blob, again.said
    return TakenPhoto(
        data=data, mime=mime, w=blob.w, h=blob.h, turn=turn, captured_at=blob.captured_at,
        captured_zone_min=None, sha256=sha256_hex(data), camera_sha256=blob.camera_sha256,
        warnings=tuple(said.warnings.split()), source=said.source or "camera",
        labels=inspect(strip(data), None).labels,
    )  # fmt: skip


def say_no_text(ctx: Context, *, photo: str) -> Saved:
    """A person looked: no text in the picture names anybody. Raises UserFixable `photo_unknown`."""
    state = _open(ctx, photo)
    values = {"burned_in": False}
    return write(ctx, Intent("photo", "update", photo, state.case, values, why="source_corrected"))


def prepare_black(ctx: Context, *, photo: str, taken: TakenPhoto) -> photos.Prepared:
    """The same picture with regions black (`burned_text.black_out`) takes its place; whoever blacks out says
    that nothing in what is left names anybody. What was measured on the old one and not signed is to be
    measured again.

    The first of three steps: `photos.seal_prepared` and `photos.record_photo` follow.
    """
    state = _open(ctx, photo)
    said = photo_of(state)
    return photos.prepare_photo(
        ctx, case=state.case, taken=taken, state=said.state, caption=said.caption, burned_in=False,
        label_reason=said.label_reason, replaces=photo,
    )  # fmt: skip


def _open(ctx: Context, photo: str) -> RecordState:
    state = casefiles.need_record(ctx, "photo", photo)
    if state.withdrawn:
        raise UserFixable("photo_unknown")
    return state

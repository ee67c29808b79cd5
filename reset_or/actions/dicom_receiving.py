"""A still that came by the network becomes a photograph: of a case, or of a specimen in the inbox."""

from __future__ import annotations

from reset_or.actions import casefiles
from reset_or.actions.context import Context
from reset_or.actions.photos import attach_photo
from reset_or.base.ids import sha256_hex


def receive_still(ctx: Context, *, case: str, untrusted_dicom: bytes, state: str = "") -> str:
    """Takes it in, seals it and gives the photo's rec: only then may the sender hear that it is safe.

    A sender that never heard so sends again: the same object is the same photograph, and no error.
    Raises as `take_in` and `attach_photo` do; nothing is kept then.
    """
    from reset_or.images.dicom_read import read_dicom

    name = sha256_hex(untrusted_dicom)
    for photo in casefiles.need(ctx, case).photos:
        if any(blob.camera_sha256 == name for blob in photo.blobs):
            return photo.rec
    taken = read_dicom(untrusted_dicom, zone_min=ctx.clock.offset_min())
    return attach_photo(ctx, case=case, taken=taken, state=state).rec

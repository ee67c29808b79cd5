"""A still that came by the network becomes a photograph: of a case, or of a specimen in the inbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reset_or.actions import casefiles
from reset_or.actions.context import Context
from reset_or.actions.photos import prepare_photo, record_photo, same_photo, seal_prepared
from reset_or.base.ids import sha256_hex

Do = Callable[..., Any]
"""`do(action, **said)` runs an action on the store's lane and gives what it gives."""


def receive_still(
    do: Do, *, case: str, untrusted_dicom: bytes, state: str = "", zone_min: int | None = None
) -> str:
    """Takes it in, seals it and gives the photo's rec: only then may the sender hear that it is safe.

    Runs on the caller's thread; only what is short is done on the store's lane. `zone_min` is assumed where
    the file names no zone. A sender that never heard so sends again: the same object is the same photograph,
    and no error. Raises as `read_dicom` and `prepare_photo` do; nothing is kept then.
    """
    from reset_or.images.dicom_read import read_dicom

    name = sha256_hex(untrusted_dicom)
    known: str = do(_known, case=case, camera_sha256=name)
    if known:
        return known
    taken = read_dicom(untrusted_dicom, zone_min=zone_min)
    sealed = seal_prepared(do(prepare_photo, case=case, taken=taken, state=state))
    return str(do(record_photo, sealed=sealed).rec)


def _known(ctx: Context, *, case: str, camera_sha256: str) -> str:
    known = same_photo(casefiles.need(ctx, case), camera_sha256)
    return "" if known is None else known.rec

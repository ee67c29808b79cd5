"""Takes a still out of other people's DICOM: the picture and the moment it was taken, and nothing else.

De-identification by construction (PS3.15 Annex E, basic profile): no element is cleaned, none is copied.
What leaves the child is one stripped picture and a time; RESET-OR builds its own object around them. So no
preamble, file meta, private group, nested sequence, overlay, padding or EXIF of the sender can remain.
Text burned into the pixels is another matter: burned_text.py.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

from reset_or.base.errors import UserFixable
from reset_or.images import sandbox
from reset_or.images.intake import TakenPhoto
from reset_or.images.kinds import JPEG, MAX_BYTES, check_size
from reset_or.images.strip import strip

TIME_LIMIT_S: Final = 30.0
REFUSALS: Final = frozenset(
    {
        "dicom_damaged", "dicom_nested", "dicom_deflated", "dicom_coding_refused", "dicom_class_refused",
        "dicom_multi_frame", "dicom_no_picture", "photo_16_bit", "photo_12_bit", "photo_grey",
        "photo_palette", "photo_cmyk", "photo_jpeg_variant",
        "photo_animated",
    }
)  # fmt: skip


def read_dicom(untrusted_dicom: bytes, *, zone_min: int | None = None) -> TakenPhoto:
    """One colour still as a photograph of the tower; its identity stays behind.

    JPEG Baseline frames stay byte for byte (without metadata inside them); whatever else can be read
    becomes PNG of its pixels. `zone_min` is assumed where the file names no zone. Raises UserFixable:
    dicom_damaged, dicom_nested, dicom_deflated, dicom_coding_refused, dicom_class_refused,
    dicom_multi_frame, dicom_no_picture, and the photo_ codes of `strip` and `sandbox.inspect`.
    """
    request = {"task": "dicom"}
    answer, payload = sandbox.ask_labelled(
        request, untrusted_dicom, MAX_BYTES, refusals=REFUSALS, time_limit_s=TIME_LIMIT_S
    )
    stripped = strip(payload)  # the child's word is not taken for what it hands over
    check_size(stripped.w, stripped.h)
    if stripped.data != payload:
        raise UserFixable("photo_check_crashed")
    unread = sandbox.Inspected(stripped.w, stripped.h, 1, None, None, False)
    moment = sandbox.told_by(answer, unread, zone_min)
    name = hashlib.sha256(stripped.data).hexdigest()
    signs = {"identity_removed"}
    if answer.get("text_likely") is not False:
        signs.add("text_likely")
    if answer.get("lossy") is True and stripped.mime != JPEG:
        signs.add("lossy_before")
    if moment.captured_at is None:
        signs.add("capture_time_missing")
    elif moment.zone_assumed:
        signs.add("capture_zone_assumed")
    return TakenPhoto(
        data=stripped.data, mime=stripped.mime, w=stripped.w, h=stripped.h, turn=1,
        captured_at=moment.captured_at,
        captured_zone_min=moment.zone_min if moment.captured_at is not None else None,
        sha256=name, camera_sha256=hashlib.sha256(untrusted_dicom).hexdigest(),
        warnings=tuple(sorted(signs)), source="tower", labels=moment.labels, exam=_exam(answer),
    )  # fmt: skip


def _exam(answer: dict[str, object]) -> str:
    said = answer.get("exam")
    return said if isinstance(said, str) and re.fullmatch(r"[0-9a-f]{64}", said) else ""

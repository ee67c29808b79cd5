"""Takes a photograph in: reads it once, strips it, has it decoded in the sandbox, names what is odd.

Gives plain values; keeps nothing and writes nothing. Sealing is seal.py, linking to a case is the action's.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.images import sandbox
from reset_or.images.kinds import HEIC, JPEG, MAX_BYTES, SUFFIXES, is_dicom, kind_of
from reset_or.images.strip import Stripped, strip
from reset_or.record.specimen_label import SpecimenLabel

# Names that messengers give to saved pictures, and the longer sides they shrink them to.
_MESSENGER_NAME: Final = re.compile(
    r"(?i)^(mmexport\d|wx_camera_|wechat|weixin|img-\d{8}-wa\d|qq图片|微信图片)"
)
_MESSENGER_SIDES: Final = (1080, 1280, 1440, 1600)


@dataclass(frozen=True)
class TakenPhoto:
    """A checked photograph without metadata, ready to be sealed.

    `data` is the stripped file, never re-encoded; `w`, `h` are pixels as coded and `turn` (1-8, EXIF)
    sets them upright. `captured_at` is UTC ms, `captured_zone_min` the camera's zone. `sha256` is of
    `data`, `camera_sha256` of the file as taken. `warnings` are sorted codes: capture_time_missing,
    capture_zone_assumed, capture_zone_missing, colour_profile_removed, converted_from_heic,
    messenger_recompressed, second_picture_removed. `source`: `camera`, or `tower` for a still out of
    other people's DICOM. `labels` are the specimen labels that were read in it. `exam`: a hash of the
    sender's study, equal for stills of one examination; for memory only, never written anywhere.
    """

    data: bytes
    mime: str
    w: int
    h: int
    turn: int
    captured_at: int | None
    captured_zone_min: int | None
    sha256: str
    camera_sha256: str
    warnings: tuple[str, ...]
    source: str = "camera"
    labels: tuple[SpecimenLabel, ...] = ()
    exam: str = ""


def take_in(
    untrusted_photo: Path | bytes, *, name: str | None = None, zone_min: int | None = None
) -> TakenPhoto:
    """Checks and strips one photograph from a file or from memory.

    `name` is the file name as the sender gave it (a path brings its own); it is looked at and forgotten.
    `zone_min` is the computer's zone, assumed where the camera wrote none. Nothing is kept on refusal.
    Raises UserFixable and EnvironmentTrouble with one code a cause (see `strip`, `sandbox.inspect`), and
    photo_vanished, photo_changed, photo_unreadable, photo_not_a_file, photo_file_too_large,
    photo_wrong_extension; for DICOM see `dicom_read`.
    """
    if isinstance(untrusted_photo, Path):
        name = untrusted_photo.name if name is None else name
        untrusted_bytes = read_whole(untrusted_photo)
    else:
        untrusted_bytes = untrusted_photo
    if len(untrusted_bytes) > MAX_BYTES:
        raise UserFixable("photo_file_too_large", limit_mb=MAX_BYTES >> 20)
    suffix = Path(name or "").suffix.lower()
    if is_dicom(untrusted_bytes):
        if suffix in SUFFIXES:
            raise UserFixable("photo_wrong_extension", kind="dicom")
        return _still(untrusted_bytes, zone_min)
    mime = kind_of(untrusted_bytes)
    if suffix and SUFFIXES.get(suffix) != mime:
        raise UserFixable("photo_wrong_extension", kind=mime.removeprefix("image/"))
    stripped, found = _checked(untrusted_bytes, mime, zone_min)
    return TakenPhoto(
        data=stripped.data,
        mime=stripped.mime,
        w=stripped.w,
        h=stripped.h,
        turn=found.turn,
        captured_at=found.captured_at,
        captured_zone_min=found.zone_min if found.captured_at is not None else None,
        sha256=hashlib.sha256(stripped.data).hexdigest(),
        camera_sha256=hashlib.sha256(untrusted_bytes).hexdigest(),
        warnings=_warnings(stripped, found, name or "", mime),
        labels=found.labels,
    )


def _checked(untrusted: bytes, mime: str, zone_min: int | None) -> tuple[Stripped, sandbox.Inspected]:
    if mime == HEIC:
        png, found = sandbox.from_heic(untrusted, zone_min)
        return strip(png), found
    stripped = strip(untrusted)
    return stripped, sandbox.inspect(stripped, zone_min)


def _still(untrusted_dicom: bytes, zone_min: int | None) -> TakenPhoto:
    from reset_or.images.dicom_read import read_dicom

    return read_dicom(untrusted_dicom, zone_min=zone_min)


def _warnings(stripped: Stripped, found: sandbox.Inspected, name: str, mime: str) -> tuple[str, ...]:
    codes = set()
    if mime == HEIC:
        codes.add("converted_from_heic")
    if found.captured_at is None:
        codes.add("capture_time_missing")
    elif found.zone_assumed:
        codes.add("capture_zone_assumed")
    if stripped.had_profile:
        codes.add("colour_profile_removed")
    if stripped.had_tail:
        codes.add("second_picture_removed")
    if _MESSENGER_NAME.match(name) or _looks_shrunk(stripped):
        codes.add("messenger_recompressed")
    return tuple(sorted(codes))


def _looks_shrunk(stripped: Stripped) -> bool:
    """A JPEG without any EXIF in a size that messengers make: a hint, never a refusal."""
    sides = (stripped.w, stripped.h)
    bare = stripped.mime == JPEG and not stripped.exif
    return bare and (max(sides) in _MESSENGER_SIDES or min(sides) == 1080)


def read_whole(path: Path) -> bytes:
    """The bytes of a regular file that did not change while it was read; at most MAX_BYTES.

    Raises EnvironmentTrouble: photo_vanished, photo_changed, photo_unreadable. UserFixable:
    photo_not_a_file, photo_file_too_large.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError as error:
        raise EnvironmentTrouble("photo_vanished") from error
    except OSError as error:
        if path.is_dir():
            raise UserFixable("photo_not_a_file") from error
        raise EnvironmentTrouble("photo_unreadable", errno=error.errno) from error
    try:
        before = os.fstat(handle)
        if not stat.S_ISREG(before.st_mode):
            raise UserFixable("photo_not_a_file")
        if before.st_size > MAX_BYTES:
            raise UserFixable("photo_file_too_large", limit_mb=MAX_BYTES >> 20)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            data = stream.read(MAX_BYTES + 1)
        _check_still(path, before, os.fstat(handle), len(data))
    except OSError as error:  # the card was pulled out or the share went away
        raise EnvironmentTrouble("photo_vanished") from error
    finally:
        os.close(handle)
    return data


def _check_still(path: Path, before: os.stat_result, after: os.stat_result, length: int) -> None:
    """A name that points elsewhere by now, or bytes that moved, mean that nobody can say what was read."""
    try:
        named = path.stat()
    except FileNotFoundError as error:
        raise EnvironmentTrouble("photo_vanished") from error
    same_file = (named.st_dev, named.st_ino) == (before.st_dev, before.st_ino)
    unmoved = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if length != before.st_size or not same_file or not unmoved:
        raise EnvironmentTrouble("photo_changed")

"""Decodes pictures in a child process that is killed at its limits; gives plain values back.

Picture bytes travel through stdin only, so that nothing lies on the disk in the clear. What the child
answers is checked like any other untrusted input: bounded, typed, in range.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import reset_or
from reset_or.base.errors import EnvironmentTrouble, OurBug, UserFixable
from reset_or.images.kinds import MAX_PIXELS, MAX_SIDE
from reset_or.images.labels import labels_told
from reset_or.images.strip import Stripped
from reset_or.record.specimen_label import SpecimenLabel

_ENDED: Final = ("photo_check_crashed", "photo_check_time", "photo_check_memory")
_HEIC: Final = frozenset({"photo_heic_not_installed"})
CHILD_ARGUMENT: Final = "--decoder-child"
"""The hidden argument with which a frozen application becomes the decoder child."""

TIME_LIMIT_S: Final = 10.0
MAX_PREVIEW_SIDE: Final = 4096
_MAX_HEAD: Final = 64 * 1024
_PIPE: Final = 1 << 20
"""Bytes a pipe holds where the system lets it be said: fewer wake-ups than with 64 KiB."""

Room = Callable[[int, int], memoryview]
"""Where the pixels of a picture of so many across and down go: writable, exactly w * h * 4 bytes."""

REFUSALS: Final = frozenset(
    {"photo_damaged", "photo_truncated", "photo_too_many_pixels", "photo_colour_kind", "photo_check_memory"}
)
"""What every task may refuse with; a task with codes of its own names them when it asks."""


@dataclass(frozen=True)
class Inspected:
    """What decoding found: pixels as coded, the EXIF turn (1-8), the camera's clock, the specimen labels.

    `captured_at` is UTC ms; None where the camera wrote no time, or no zone and none was assumed.
    `zone_min` is the zone used, `zone_assumed` whether it is the computer's instead of the camera's.
    """

    w: int
    h: int
    turn: int
    captured_at: int | None
    zone_min: int | None
    zone_assumed: bool
    labels: tuple[SpecimenLabel, ...] = ()


@dataclass(frozen=True)
class Preview:
    """Upright decoded pixels: `rgb` holds w * h * 3 bytes, rows from the top."""

    w: int
    h: int
    rgb: bytes


def inspect(stripped: Stripped, assumed_zone_min: int | None = None) -> Inspected:
    """Decodes the whole picture once, reads turn and time from its EXIF block and specimen labels in it.

    `assumed_zone_min` (minutes ahead of UTC) is used where the camera wrote no zone. Raises
    UserFixable(photo_damaged, photo_truncated, photo_too_many_pixels, photo_colour_kind,
    photo_check_memory, photo_check_time, photo_check_crashed), EnvironmentTrouble(photo_checker_missing).
    """
    request = {"task": "inspect", "mime": stripped.mime, "exif_len": len(stripped.exif)}
    answer, _ = ask_labelled(request, stripped.exif + stripped.data, 0)
    w, h, turn = number(answer, "w", MAX_SIDE), number(answer, "h", MAX_SIDE), number(answer, "turn", 8)
    if (w, h) != (stripped.w, stripped.h):
        raise UserFixable("photo_damaged")
    return told_by(answer, Inspected(w, h, turn, None, None, False), assumed_zone_min)


def told_by(answer: dict[str, Any], found: Inspected, assumed_zone_min: int | None) -> Inspected:
    """`found` with what a child read and nobody trusts: `captured` (ISO text), `offset_min`, `labels`."""
    zone_min = answer.get("offset_min")
    if not isinstance(zone_min, int) or abs(zone_min) > 14 * 60:
        zone_min = None
    assumed = zone_min is None and assumed_zone_min is not None
    zone_min = assumed_zone_min if assumed else zone_min
    at = _captured_at(answer.get("captured"), zone_min)
    return replace(found, captured_at=at, zone_min=zone_min, zone_assumed=assumed, labels=labels_told(answer))


def from_heic(untrusted_bytes: bytes, assumed_zone_min: int | None = None) -> tuple[bytes, Inspected]:
    """The upright picture of a HEIC file as PNG, and its camera's clock (`inspect` says how it is read).

    Raises as `inspect` does, and UserFixable("photo_heic_not_installed") without the extra `heic`.
    """
    answer, png = ask_labelled(
        {"task": "heic"}, untrusted_bytes, MAX_PIXELS * 3, refusals=_HEIC, time_limit_s=30.0
    )
    w, h = number(answer, "w", MAX_SIDE), number(answer, "h", MAX_SIDE)
    return png, told_by(answer, Inspected(w, h, 1, None, None, False), assumed_zone_min)


def preview(picture: bytes, mime: str, turn: int, max_side: int) -> Preview:
    """Upright RGB pixels of a picture, for the screen and the PDF. Raises as `inspect` does."""
    side = min(max_side, MAX_PREVIEW_SIDE)
    request = {"task": "preview", "mime": mime, "turn": turn, "max_side": side}
    return _pixels_of(request, picture, side, side * side * 3)


def pixels(picture: bytes, mime: str, turn: int) -> Preview:
    """Upright RGB pixels at full size: the decoded picture, turned, bit for bit. Raises as `inspect` does."""
    request = {"task": "pixels", "mime": mime, "turn": turn, "layout": "RGB"}
    return _pixels_of(request, picture, MAX_SIDE, MAX_PIXELS * 3)


def pixels_into(picture: bytes, mime: str, turn: int, room: Room) -> None:
    """The same pixels as BGRA (A 255), read from the child straight into `room(w, h)`: held once.

    `room` is asked once, when the child has decoded and its answer was found sound. Raises as `inspect`.
    """

    def place(answer: dict[str, Any], length: int) -> memoryview:
        w, h = number(answer, "w", MAX_SIDE), number(answer, "h", MAX_SIDE)
        if length != w * h * 4:
            raise UserFixable("photo_check_crashed")
        return room(w, h)

    request = {"task": "pixels", "mime": mime, "turn": turn, "layout": "BGRA"}
    _check_request(request)
    ask(request, picture, MAX_PIXELS * 4, place=place)


def _check_request(request: dict[str, Any]) -> None:
    if request["mime"] not in ("image/jpeg", "image/png") or not 1 <= request["turn"] <= 8:
        raise OurBug("photo_preview_request")


def _pixels_of(request: dict[str, Any], picture: bytes, side: int, most: int) -> Preview:
    _check_request(request)
    answer, rgb = ask(request, picture, most)
    w, h = number(answer, "w", side), number(answer, "h", side)
    if len(rgb) != w * h * 3:
        raise UserFixable("photo_check_crashed")
    return Preview(w, h, rgb)


def _captured_at(wall: object, zone_min: int | None) -> int | None:
    if not isinstance(wall, str) or zone_min is None:
        return None
    try:
        local = datetime.fromisoformat(wall).replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(local.timestamp() - zone_min * 60) * 1000


def number(answer: dict[str, Any], name: str, most: int) -> int:
    """A whole number of 1 to `most` out of an answer that is not trusted."""
    value = answer.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise UserFixable("photo_check_crashed")
    return value


def child_command() -> list[str]:
    """How the decoder child is started: by the interpreter, or by the frozen application itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_ARGUMENT]
    return [sys.executable, "-s", "-m", "reset_or.images.decoder_child"]


def _child_environment() -> dict[str, str]:
    """Nothing but what an interpreter needs: no proxy, token or home reaches the untrusted side."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "LD_LIBRARY_PATH") if name in os.environ}
    root = str(Path(reset_or.__file__).resolve().parents[1])
    return kept | {"PYTHONPATH": root, "PYTHONDONTWRITEBYTECODE": "1"}


def start_child(command: list[str]) -> subprocess.Popen[bytes]:
    """A process with pipes and an empty environment, that sees nothing of ours. Ending it is the caller's."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pipesize=_PIPE,
            env=_child_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise EnvironmentTrouble("photo_checker_missing", errno=error.errno) from error


def ask_labelled(
    request: dict[str, Any], body: bytes, max_payload: int, **more: Any
) -> tuple[dict[str, Any], bytes]:
    """`ask`, with the specimen labels in the picture. Where that ends the child, once again without them:
    searching for labels must not lose a sound photograph.
    """
    try:
        return ask(request | {"labels": True}, body, max_payload, **more)
    except UserFixable as error:
        if error.code not in _ENDED:
            raise
    return ask(request | {"labels": False}, body, max_payload, **more)


def ask(
    request: dict[str, Any],
    body: bytes,
    max_payload: int,
    *,
    refusals: frozenset[str] = frozenset(),
    time_limit_s: float | None = None,
    place: Callable[[dict[str, Any], int], memoryview] | None = None,
) -> tuple[dict[str, Any], bytes]:
    """One child, one question: kills it at the time limit and reads no more than it may answer.

    `refusals` are the task's own codes; whatever else the child refuses with reads as a crash. `place(answer,
    length)` gives the memory that the payload is read into, instead of bytes.
    """
    head = json.dumps(request | {"max_pixels": MAX_PIXELS}).encode()
    message = (struct.pack(">I", len(head)), head, struct.pack(">Q", len(body)), body)
    child = start_child(child_command())
    late = threading.Event()

    def end_it() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(time_limit_s or TIME_LIMIT_S, end_it)
    timer.daemon = True
    timer.start()
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        answer = None
        if _told(child.stdin, message):
            answer = _heard(child.stdout, max_payload, REFUSALS | refusals, place)
    finally:
        timer.cancel()
        child.kill()
        child.stdout.close()
        child.wait()
    if answer is None:
        raise UserFixable("photo_check_time" if late.is_set() else "photo_check_crashed")
    return answer


def _told(stdin: IO[bytes], message: tuple[bytes, ...]) -> bool:
    """Whether the child took the whole question."""
    try:
        # The child reads everything before it answers, so writing first cannot block for ever;
        # if it ever did, the timer ends it.
        for part in message:
            stdin.write(part)
        stdin.close()
    except OSError:
        return False
    return True


def _heard(
    stdout: IO[bytes],
    max_payload: int,
    refusals: frozenset[str],
    place: Callable[[dict[str, Any], int], memoryview] | None,
) -> tuple[dict[str, Any], bytes] | None:
    """(answer, payload) as the child wrote them; None when it died or broke the form."""
    if place is None:
        read = read_answer(stdout, max_payload)
        return None if read is None else (_judged(read[0], refusals), read[1])
    head = _head(stdout, max_payload)
    if head is None:
        return None
    answer = _judged(head[0], refusals)
    room = place(answer, head[1])
    if room.nbytes != head[1]:
        raise OurBug("photo_preview_request")
    length: int = stdout.readinto(room)  # type: ignore[attr-defined]
    return (answer, b"") if length == head[1] else None


def read_answer(stdout: IO[bytes], max_payload: int) -> tuple[bytes, bytes] | None:
    """(head, payload) of one answer, no longer than they may be; None where the form is broken."""
    head = _head(stdout, max_payload)
    payload = b"" if head is None else stdout.read(head[1])
    return None if head is None or len(payload) != head[1] else (head[0], payload)


def _head(stdout: IO[bytes], max_payload: int) -> tuple[bytes, int] | None:
    """The head of an answer, and the length of the payload that follows."""
    head_length = _length(stdout, 4, _MAX_HEAD)
    head = b"" if head_length is None else stdout.read(head_length)
    payload_length = _length(stdout, 8, max_payload)
    if head_length is None or payload_length is None or len(head) != head_length:
        return None
    return head, payload_length


def _length(stdout: IO[bytes], width: int, most: int) -> int | None:
    raw = stdout.read(width)
    value = int.from_bytes(raw, "big")
    return value if len(raw) == width and value <= most else None


def _judged(head: bytes, refusals: frozenset[str]) -> dict[str, Any]:
    try:
        answer = json.loads(head)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise UserFixable("photo_check_crashed")
    code = answer.get("error")
    if code is not None:
        raise UserFixable(code if code in refusals else "photo_check_crashed")
    return answer

"""A live camera as the application sees it: questions to the process that holds it, each with a time limit.

Every call waits for its answer, so it is made off the screen's thread; calls of several threads take turns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from reset_or.base.errors import EnvironmentTrouble
from reset_or.images import sandbox
from reset_or.images.kinds import MAX_BYTES, MAX_SIDE
from reset_or.trial.limits import PhotoLimits

CAMERA_ARGUMENT: Final = "--camera-child"
"""The hidden argument with which a frozen application becomes the camera's process."""

MARKS: Final = ("none", "card", "ruler")
LIGHTS: Final = (
    "", "waiting", "too_few_markers", "too_tilted", "tilt_unknown", "blurred", "residual_too_high",
    "too_small", "marks_too_close",
)  # fmt: skip
CODES: Final = frozenset({"camera_none", "camera_in_use", "camera_no_picture", "camera_gone"})
_OPEN_S: Final = 25.0
_ANSWER_S: Final = 10.0


@dataclass(frozen=True)
class Live:
    """What the camera sees now: `rgb` holds w * h * 3 bytes; `frame_w`, `frame_h` what a shot would have.

    `mark` is what could give the scale, one of MARKS; `problem` what speaks against it, or against the
    picture where nothing is seen, one of LIGHTS.
    """

    w: int
    h: int
    rgb: bytes
    frame_w: int
    frame_h: int
    mark: str
    problem: str

    @property
    def good(self) -> bool:
        """Card or ruler lies in plane, as far as it can tell, and sharp."""
        return self.mark != "none" and not self.problem


@dataclass(frozen=True)
class CameraName:
    """`where` for the settings; `name` as the driver tells it, "" where it does not."""

    where: str
    name: str


class Camera:
    """An open camera. Raises EnvironmentTrouble with one code a cause: camera_none, camera_in_use,
    camera_no_picture, camera_gone (pulled out, or silent for too long)."""

    def __init__(self, where: str, limits: PhotoLimits) -> None:
        self._turn = threading.Lock()
        self._child = _start()
        try:
            self._ask({"ask": "open", "where": where, "limits": asdict(limits)}, 0, _OPEN_S)
        except BaseException:
            self.close()
            raise

    def look(self, side: int) -> Live:
        """The picture of now, no side longer than `side`."""
        head, rgb = self._ask({"ask": "look", "side": side}, side * side * 3)
        sizes = [sandbox.number(head, name, MAX_SIDE) for name in ("w", "h", "frame_w", "frame_h")]
        mark, problem = head.get("mark"), head.get("problem")
        if len(rgb) != sizes[0] * sizes[1] * 3 or mark not in MARKS or problem not in LIGHTS:
            raise EnvironmentTrouble("camera_gone")
        return Live(sizes[0], sizes[1], rgb, sizes[2], sizes[3], str(mark), str(problem))

    def shoot(self) -> bytes:
        """The next frame at full resolution, as PNG: coded once, without loss."""
        return self._ask({"ask": "shoot"}, MAX_BYTES)[1]

    def close(self) -> None:
        """Gives the camera free, whatever it is doing; any number of times."""
        _end(self._child)

    def _ask(
        self, request: dict[str, Any], most: int, limit_s: float = _ANSWER_S
    ) -> tuple[dict[str, Any], bytes]:
        with self._turn:
            return _asked(self._child, request, most, limit_s)


def cameras() -> tuple[CameraName, ...]:
    """The cameras of this computer; none where nobody can say."""
    child = _start()
    try:
        head, _ = _asked(child, {"ask": "devices"}, 0, _OPEN_S)
    except EnvironmentTrouble:
        return ()
    finally:
        _end(child)
    return tuple(CameraName(str(each["where"]), str(each["name"])) for each in head.get("devices", ()))


def _start() -> subprocess.Popen[bytes]:
    module = [sys.executable, "-s", "-m", "reset_or.images.capture_child"]
    command = [sys.executable, CAMERA_ARGUMENT] if getattr(sys, "frozen", False) else module
    return sandbox.start_child(command)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written yet goes nowhere
                pipe.close()


def _asked(
    child: subprocess.Popen[bytes], request: dict[str, Any], most: int, limit_s: float
) -> tuple[dict[str, Any], bytes]:
    timer = threading.Timer(limit_s, child.kill)
    timer.daemon = True
    timer.start()
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(json.dumps(request).encode() + b"\n")
        child.stdin.flush()
        answer = sandbox.read_answer(child.stdout, most)
        head = json.loads(answer[0]) if answer is not None else {"error": "camera_gone"}
    except (OSError, ValueError):
        raise EnvironmentTrouble("camera_gone") from None
    finally:
        timer.cancel()
    if answer is None or "error" in head:
        code = head.get("error")
        raise EnvironmentTrouble(code if code in CODES else "camera_gone")
    return head, answer[1]

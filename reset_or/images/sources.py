"""Where live pictures come from, behind one port: a camera that OpenCV opens, or a folder that is fed.

Runs in the camera's own process (capture_child). Which source it is stands in the settings: "" is the first
camera, `device:N` another one, `folder:PATH` a folder whose newest picture is the live one, as programs that
steer a camera leave it; also for rooms without a camera, and tests.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from reset_or.images.capture import CameraName

Frame = NDArray[np.uint8]
"""Rows from the top, blue green red."""

_LARGEST: Final = (4096, 3072)
_FIRST_S: Final = 5.0
_MISSES: Final = 10
_PAUSE_S: Final = 0.1
_SYSFS: Final = Path("/sys/class/video4linux")
_PROBED: Final = 4
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})


class SourceTrouble(Exception):
    """Carries one of capture.CODES."""


class ImageSource(Protocol):
    """`read` gives the next frame at full resolution and waits for it; raises SourceTrouble, and from then on
    always the same. `close` gives the camera free, any number of times."""

    def read(self) -> Frame: ...

    def close(self) -> None: ...


def open_source(where: str) -> ImageSource:
    """The source of a setting. Raises SourceTrouble: camera_none, camera_in_use, camera_no_picture."""
    kind, _, rest = where.partition(":")
    if kind == "folder":
        return FolderSource(Path(rest))
    if kind == "device":
        return VideoSource(int(rest) if rest.isdigit() else rest)
    found = devices()
    if not found:
        raise SourceTrouble("camera_none")
    return open_source(found[0].where)


def devices() -> tuple[CameraName, ...]:
    """The cameras that can be chosen: by the system's list (Linux), elsewhere by trying the first few."""
    if _SYSFS.is_dir():
        found = []
        for place in sorted(_SYSFS.glob("video*")):
            try:
                first = (place / "index").read_text().strip() == "0"  # the others carry no pictures
                name = (place / "name").read_text().strip()
            except OSError:
                continue
            if first:
                found.append(CameraName(f"device:{place.name.removeprefix('video')}", name))
        return tuple(found)
    return tuple(CameraName(f"device:{number}", "") for number in range(_PROBED) if _opens(number))


def _opens(number: int) -> bool:
    capture = cv2.VideoCapture(number)
    try:
        return capture.isOpened()
    finally:
        capture.release()


class VideoSource:
    """A document camera, webcam or frame grabber. `where`: its number, or what else VideoCapture opens.

    What is read is the frame as OpenCV decodes it: a camera that sends MJPEG sends it without the tables that
    would make it a file of its own, so that its frame is kept decoded, not as sent.
    """

    def __init__(self, where: int | str) -> None:
        self._capture: Any = cv2.VideoCapture(where)
        self._trouble = ""
        if not self._capture.isOpened():
            self.close()
            here = isinstance(where, int) and where in _numbers()
            raise SourceTrouble("camera_in_use" if here else "camera_none")
        if isinstance(where, int):
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, _LARGEST[0])
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, _LARGEST[1])
        self._first: Frame | None = self._wait_for_first()

    def _wait_for_first(self) -> Frame:
        until = time.monotonic() + _FIRST_S
        while time.monotonic() < until:
            good, frame = self._capture.read()
            if good:
                return _colour(frame)
            time.sleep(_PAUSE_S)
        self.close()
        raise SourceTrouble("camera_no_picture")

    def read(self) -> Frame:
        if self._first is not None:
            frame, self._first = self._first, None
            return frame
        for _ in range(_MISSES):
            good, found = (False, None) if self._trouble else self._capture.read()
            if good:
                return _colour(found)
            if self._trouble:
                break
            time.sleep(_PAUSE_S)
        self._trouble = "camera_gone"
        raise SourceTrouble(self._trouble)

    def close(self) -> None:
        self._trouble = self._trouble or "camera_gone"
        self._capture.release()


def _numbers() -> frozenset[int]:
    return frozenset(int(device.where.removeprefix("device:")) for device in devices())


class FolderSource:
    """The newest picture of a folder, by name, about ten times a second."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._gone = folder, False
        self._shown: tuple[Path, int, int] | None = None
        self._frame: Frame | None = None
        if not folder.is_dir():
            raise SourceTrouble("camera_none")
        if self._newest() is None:
            raise SourceTrouble("camera_no_picture")

    def read(self) -> Frame:
        if not self._gone:
            newest = self._newest()
            if newest is not None:
                if self._frame is not None:
                    time.sleep(_PAUSE_S)
                return newest
        self._gone = True
        raise SourceTrouble("camera_gone")

    def close(self) -> None:
        self._gone = True

    def _newest(self) -> Frame | None:
        """The last one by name that is whole; what is half written keeps the one before."""
        try:
            paths = [path for path in self._folder.iterdir() if path.suffix.lower() in _PICTURES]
            for path in sorted(paths, reverse=True):
                said = path.stat()
                key = (path, said.st_size, said.st_mtime_ns)
                if key == self._shown:
                    return self._frame
                frame = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
                if frame is not None:
                    self._shown, self._frame = key, _colour(frame)
                    return self._frame
        except (OSError, cv2.error):
            return None
        return self._frame if paths else None


def _colour(frame: Any) -> Frame:
    """Three channels of eight bits."""
    if frame.ndim == 2:
        frame = cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    return np.ascontiguousarray(frame[:, :, :3], np.uint8)

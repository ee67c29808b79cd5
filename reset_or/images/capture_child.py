"""The process that holds a camera: a driver that hangs or dies takes nothing else along.

One thread reads frames, one judges a small copy of them, and the main one answers. A look at a copy takes a
core's 0.13 s where it finds the card, 0.21 s where nothing, 0.37 s where a ruler (medians of 20 scenes each,
0.48 s at most), and as long a rest follows.

Requests are lines of JSON on stdin, answers as the decoder child writes them. Ends when stdin does.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import asdict, replace
from typing import Any, Final

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")

import cv2
import numpy as np

from reset_or.images.card import from_card
from reset_or.images.decoder_child import write_answer
from reset_or.images.marks import HOLD_TILT
from reset_or.images.ruler import calibrated, glance
from reset_or.images.sharpness import sharpness
from reset_or.images.sources import Frame, ImageSource, SourceTrouble, devices, open_source
from reset_or.trial.limits import PhotoLimits

cv2.setNumThreads(1)

_SMALL: Final = 1600
_LIGHT_S: Final = 0.2
_SHARP_ACROSS: Final = 300
"""Edges across the long side below which nobody can point at a millimetre (calibration.Sharpness)."""


class Live:
    """The newest frame, its number, and the light."""

    def __init__(self, source: ImageSource) -> None:
        self._source = source
        self._fresh = threading.Condition()
        self._frame: Frame | None = None
        self._number = 0
        self._trouble = ""
        self.light = {"mark": "none", "problem": "waiting"}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while True:
            try:
                frame = self._source.read()
            except SourceTrouble as trouble:
                with self._fresh:
                    self._trouble = str(trouble)
                    self._fresh.notify_all()
                return
            with self._fresh:
                self._frame, self._number = frame, self._number + 1
                self._fresh.notify_all()

    def newest(self, *, after: int = 0) -> tuple[Frame, int]:
        """The newest frame; one that was begun after frame `after`. Raises SourceTrouble."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._trouble or self._number > after)
            if self._trouble or self._frame is None:
                raise SourceTrouble(self._trouble)
            return self._frame, self._number

    def judge(self, limits: PhotoLimits) -> None:
        """Keeps `light` up to date, with at most half of one core."""
        number = 0
        while True:
            began = time.monotonic()
            try:
                frame, number = self.newest(after=number)
            except SourceTrouble:
                return
            self.light = light_of(frame, limits)
            spent = time.monotonic() - began
            time.sleep(max(spent, _LIGHT_S - spent))


def light_of(frame: Frame, limits: PhotoLimits) -> dict[str, str]:
    """`mark`: card, else ruler, else none, as seen in a small copy; `problem`: the first one of it, or ""."""
    share = min(1.0, _SMALL / max(frame.shape[:2]))
    small = cv2.resize(frame, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
    # Resolution is that of the frame: what the copy lost of it counts against nobody.
    here = replace(limits, min_px_per_cm=max(1, round(limits.min_px_per_cm * share)))
    found = from_card(grey, here)
    if found.problems[:1] != ("no_card",):
        return {"mark": "card", "problem": next(iter(found.problems), "")}
    ticks = glance(grey)
    found = calibrated(ticks, (grey.shape[1], grey.shape[0]), here)
    sharp = sharpness(grey)
    problems = ["blurred"] if sharp.across < _SHARP_ACROSS else []
    if ticks is None or "no_ruler" in found.problems:
        return {"mark": "none", "problem": next(iter(problems), "")}
    if 1000 * found.px_per_mm / sharp.edge_px < limits.min_sharpness_permille:
        problems.append("blurred")
    if len(ticks.places) < HOLD_TILT:
        problems.append("tilt_unknown")
    return {"mark": "ruler", "problem": next(iter((*found.problems, *problems)), "")}


def main() -> int:
    """Serves one camera until stdin ends."""
    live: Live | None = None
    for line in sys.stdin.buffer:
        request = json.loads(line)
        head: dict[str, Any] = {}
        payload = b""
        try:
            if request["ask"] == "devices":
                head = {"devices": [asdict(device) for device in devices()]}
            elif request["ask"] == "open":
                live = Live(open_source(request["where"]))
                live.newest()
                limits = PhotoLimits(**request["limits"])
                threading.Thread(target=live.judge, args=(limits,), daemon=True).start()
            elif live is not None:
                head, payload = _ANSWERS[request["ask"]](live, request)
        except SourceTrouble as trouble:
            head = {"error": str(trouble)}
        write_answer(head, payload)
    return 0


def _look(live: Live, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    frame, _ = live.newest()
    share = min(1.0, request["side"] / max(frame.shape[:2]))
    small = cv2.resize(frame, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    rgb = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2RGB), np.uint8)
    h, w = frame.shape[:2]
    sizes = {"w": rgb.shape[1], "h": rgb.shape[0], "frame_w": w, "frame_h": h}
    return sizes | live.light, rgb.tobytes()


def _shoot(live: Live, _request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """A frame that was begun after the press, at full resolution, written once without loss."""
    _, number = live.newest()
    frame, _ = live.newest(after=number)
    coded = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
    return {}, coded.tobytes()


_ANSWERS: Final = {"look": _look, "shoot": _shoot}


if __name__ == "__main__":
    sys.exit(main())

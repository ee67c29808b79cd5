"""What the bench of photographs starts as a process of its own, so that its memory is its own.

Reads one JSON line: the sealed photograph, its plain JPEG, how often. Answers one: CPU and wall-clock
seconds of each half of opening it and of a bare decode by Qt, in turns; kB of both processes; ms of frames.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from reset_or.actions import photos
from tests.bench.device import forget_peak, memory_kb
from ui.style import theme
from ui.viewmodels.drawing import Mark
from ui.widgets.canvas import Canvas
from ui.widgets.measure_view import MeasureView

FRAMES = 24
_GLASS = (1366, 768)


class _Clock:
    """Seconds and CPU seconds (of this process and its children) by name."""

    def __init__(self) -> None:
        self.wall: dict[str, list[float]] = {}
        self.cpu: dict[str, list[float]] = {}

    def run(self, name: str, work: Callable[[], Any]) -> Any:
        before, began = sum(os.times()[:4]), time.perf_counter()
        made = work()
        self.wall.setdefault(name, []).append(time.perf_counter() - began)
        self.cpu.setdefault(name, []).append(sum(os.times()[:4]) - before)
        return made


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    sealed = photos.SealedPhoto(Path(asked.pop("path")), **asked["sealed"])
    jpeg = base64.b64decode(asked["jpeg"])
    app = QApplication(sys.argv[:1])
    theme.apply(app, theme.tokens())
    view, clock = MeasureView(), _Clock()
    view.resize(*_GLASS)
    view.show()
    app.processEvents()
    view.set_image(Canvas(8, 8).image, "")
    app.processEvents()
    memory = []
    for _ in range(asked["times"]):
        clock.run("bare", lambda: QImage.fromData(jpeg))
        memory.append(_open(app, view, clock, sealed))
    print(json.dumps({
        "wall": clock.wall, "cpu": clock.cpu, "parent_kb": max(memory),
        "left_kb": _left(view), "child_kb": _child(sealed), "frames": _frames(app, view, sealed),
    }), flush=True)  # fmt: skip


def _open(app: QApplication, view: MeasureView, clock: _Clock, sealed: photos.SealedPhoto) -> int:
    """kB that this process grew by at most."""
    view.set_image(QImage(), "")
    forget_peak()
    before = memory_kb()[0]
    plain = clock.run("unseal", lambda: photos.unseal(sealed))
    canvas = clock.run("decode", lambda: photos.decode_whole(*plain, Canvas))

    def shown() -> None:
        view.set_image(canvas.image, "", smaller=canvas.smaller)
        app.processEvents()

    clock.run("glass", shown)
    clock.run("smaller", canvas.reduce)
    return memory_kb()[1] - before


def _left(view: MeasureView) -> int:
    """kB that go when the page is left."""
    before = memory_kb()[0]
    view.set_image(QImage(), "")
    return before - memory_kb()[0]


def _child(sealed: photos.SealedPhoto) -> int:
    """kB that the child held at most: looked at from beside, as its rusage would count this process too."""
    plain, most, done = photos.unseal(sealed), [0], threading.Event()
    children = Path(f"/proc/self/task/{threading.get_native_id()}/children")

    def look() -> None:
        while not done.wait(0.002) and children.exists():
            with contextlib.suppress(OSError, KeyError):  # gone in between
                for pid in children.read_text().split():
                    most[0] = memory_kb(pid)[1]  # the last: before it is a program of its own it counts us

    thread = threading.Thread(target=look)
    thread.start()
    photos.decode_whole(*plain, Canvas)
    done.set()
    thread.join()
    return most[0]


def _frames(
    app: QApplication, view: MeasureView, sealed: photos.SealedPhoto
) -> dict[str, dict[str, list[float]]]:
    """Milliseconds and those of the processor from an act to the painted glass, with marks on it."""
    canvas = photos.decode_whole(*photos.unseal(sealed), Canvas)
    canvas.reduce()
    view.set_image(canvas.image, "", smaller=canvas.smaller)
    across, down = canvas.w, canvas.h
    path = ((across * 0.1, down * 0.1), (across * 0.5, down * 0.5), (across * 0.9, down * 0.2))
    view.set_marks((Mark("proximal", path, "103 mm"),), "proximal", 1)
    view.set_scale(0.05)

    def zoom(number: int) -> None:
        view.zoom_by(1.25 if number % 2 else 0.8)

    def pan(number: int) -> None:
        view._pan(9 if number % 2 else -7, 5)

    def loupe(number: int) -> None:
        view._cross = QPointF(across * 0.4 + number, down * 0.4)
        view.viewport().update()

    view.fit()
    found = {"zoom near the whole picture": _painted(app, zoom)}
    for factor in (0.3, 1.0, 4.0):
        view.zoom_to(factor)
        found[f"pan at {factor:.0%}"] = _painted(app, pan)
    view.fit()
    view.turn(1)
    found["zoom, turned"] = _painted(app, zoom)
    view.turn(3)
    view.set_mode("mark")
    found["the loupe, whole picture"] = _painted(app, loupe)
    return found


def _painted(app: QApplication, act: Callable[[int], object]) -> dict[str, list[float]]:
    app.processEvents()
    wall, cpu = list[float](), list[float]()
    for number in range(FRAMES):
        began, before = time.perf_counter(), time.thread_time()
        act(number)
        app.processEvents()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.thread_time() - before) * 1000)
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    main()

"""The pathologist at the photo workbench of a running program, and the presses of a careful hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from reset_or.actions import cases, photos
from reset_or.images.intake import take_in
from tests.fakes import measuring as bench
from tests.fakes.screen import Screen

SUBJECT = "03-0147"


@dataclass
class Desk:
    """The pathologist li before the photograph of a specimen whose truth is known."""

    shown: Screen
    case: str
    photo: str
    truth: dict[str, Any]

    @property
    def page(self) -> Any:
        return self.shown.page

    @property
    def model(self) -> Any:
        return self.page.model

    def press(self, x: float, y: float) -> None:
        """As a hand does: on the glass, where the picture shows this point."""
        view = self.page.parts.view
        spot = view.viewportTransform().map(QPointF(x, y)).toPoint()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.page.parts.view, key)

    def type(self, code: str, digits: str) -> None:
        QTest.keyClicks(self.page.parts.lengths[code], digits)

    def scale(self) -> None:
        """Two marks, a check segment, and Use."""
        self.page.parts.methods.chip("ruler_points").click()
        request = bench.ruler(self.truth)
        for code, points, digits in (
            ("ruler", request.points, "170"), ("check", request.check_points, "50"),
        ):  # fmt: skip
            for point in points:
                self.press(*point)
            self.type(code, digits)
        self.page.parts.primary.click()
        self.page.parts.primary.click()

    def draw(self, end: str, shorter_mm: float = 0.0) -> None:
        """Six presses along the truth."""
        path = bench.path(self.truth, end, shorter_mm)
        for n in range(6):
            self.press(*path[round(n * (len(path) - 1) / 5)])

    def read(self, end: str, shorter_mm: float = 0.0) -> None:
        self.draw(end, shorter_mm)
        self.key(Qt.Key.Key_Return)
        self.key(Qt.Key.Key_Return)

    def cells(self, end: str) -> tuple[str, ...]:
        row = self.page.parts.table.row(end)
        return tuple(row.row.cells)


def desk_of(shown: Screen, jpeg: bytes | None = None) -> Desk:
    """With the photograph of the known specimen, or with another one."""
    shown.sign_in("wang")
    case = shown.site.cases[SUBJECT]
    shown.workspace.do(cases.mark_removed, case=case, minutes_ago=5)
    shown.shell.lock()
    shown.sign_in("li")
    taken, truth = bench.specimen()
    if jpeg is not None:
        taken, truth = take_in(jpeg), {}
    photo = shown.workspace.do(photos.attach_photo, case=case, taken=taken, state="fresh_unpinned").rec
    shown.shell.navigate("photos", case=case)
    shown.page.measure()
    return Desk(shown, case, photo, truth)

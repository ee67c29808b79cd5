"""The tour's part at the bench: the pathologist, blind, with a ruler first and then on the photograph.

Presses stand where the truth of the synthetic specimen lies, as a careful hand would set them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from ui.demo_pictures import beside, fixed
from ui.pages.workbench import WorkbenchPage
from ui.viewmodels.workbench_standing import ENDS

if TYPE_CHECKING:
    from reset_or.workspace.demo import Demo
    from ui.demo_tour import Driver

_PRESSES = 6


def bench(driver: Driver, demo: Demo) -> None:
    """The pathologist at the same computer: blind until the own readings are signed."""
    from ui.demo_tour import case_of, enter

    driver.started.shell.lock()
    driver.page("unlock")
    enter(driver, "li")
    driver.page("cases")
    driver.shoot("specimens")
    case = driver.ask(lambda: case_of(driver))
    driver.started.shell.navigate("margins", case=case, step="specimen")
    driver.page("margins")
    driver.keys("44")
    driver.idle()
    driver.shoot("bench-blind")
    driver.started.shell.navigate("photos", case=case)
    driver.page("photos")
    fixed(driver, demo)
    _measure(driver)
    beside(driver)
    driver.started.shell.navigate("inbox")
    driver.page("inbox")
    driver.shoot("inbox")
    driver.started.shell.navigate("cases")
    driver.page("cases")


def _measure(driver: Driver) -> None:
    """The ruler is read by itself, looked at and kept; then every length twice."""
    from reset_or.workspace.demo import specimen_photo
    from ui.demo_tour import SUBJECT

    _jpeg, truth = specimen_photo(SUBJECT)
    driver.press(driver.say("photos.measure"))
    driver.page("workbench")
    page = driver.started.window.page
    assert isinstance(page, WorkbenchPage)
    model = page.model
    driver.until("photo opened", lambda: model.picture.pixels is not None)
    driver.press(driver.say("workbench.method_ruler_ticks"))
    driver.press(driver.say("workbench.find_ruler_ticks"))
    driver.until("ruler read", lambda: model.scale.found is not None)
    driver.shoot("photo-scale")
    driver.press(driver.say("workbench.keep_scale"))
    driver.until("scale kept", lambda: model.calibration is not None)
    for number in (1, 2):
        for end in ENDS:
            driver.until(f"{end} is next", lambda end=end: model.end == end and model.next_no(end) > 0)  # type: ignore[misc]
            _draw(driver, page, truth, end)
            if (number, end) == (1, "distal"):
                driver.shoot("photo-distal")
            driver.key(Qt.Key.Key_Return)
            driver.key(Qt.Key.Key_Return)
            driver.idle()
    driver.until("all measured", lambda: model.measured)
    driver.shoot("photo-measured")
    driver.look("zh", "or")
    driver.shoot("photo-measured-zh")
    driver.look("en", "light")


def _draw(driver: Driver, page: WorkbenchPage, truth: dict[str, Any], end: str) -> None:
    points = truth[end] if end == "proximal" else truth[end][::-1]
    view = page.parts.view
    for n in range(_PRESSES):
        x, y = points[round(n * (len(points) - 1) / (_PRESSES - 1))]
        spot = view.viewportTransform().map(QPointF(x, y)).toPoint()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        driver.app.processEvents()

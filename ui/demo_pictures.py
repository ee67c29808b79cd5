"""The tour's part with pictures: the live camera, the tower's stills in the open case, two side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from ui.pages.photos import PhotosPage
from ui.pages.workbench import WorkbenchPage

if TYPE_CHECKING:
    from reset_or.workspace.demo import Demo
    from ui.demo_tour import Driver


def live(driver: Driver, demo: Demo) -> None:
    """The photographs of a folder stand for a camera: its light sees the ruler beside the specimen."""
    from ui.dialogs.take_photo import TakePhotoSheet

    workspace = driver.started.workspace
    workspace.save_settings(camera=f"folder:{demo.folder}")
    driver.press(driver.say("photos.camera"))
    sheet = driver.started.window.sheet
    assert isinstance(sheet, TakePhotoSheet)
    driver.until("ruler in the light", lambda: sheet.model.live is not None and sheet.model.live.good)
    driver.shoot("camera")
    sheet.dismiss()
    workspace.save_settings(camera="")
    driver.idle()


def _photos(page: PhotosPage) -> int:
    """How many are in the case as it stands now."""
    return len(page.model.view.photos) if page.model.view is not None else 0


def stills(driver: Driver, demo: Demo) -> None:
    """The tower sends two while the case is open; the person puts one of them in."""
    from reset_or.actions.tower import TowerPlace
    from reset_or.workspace.demo import free_port
    from reset_or.workspace.demo_still import send_stills
    from ui.dialogs.burned_text import BurnedTextSheet

    tower, page = driver.started.shell.tower, driver.started.window.page
    assert isinstance(page, PhotosPage)
    place = TowerPlace(on=True, host="127.0.0.1", port=free_port())
    tower.apply(place)
    driver.until("the tower's port", lambda: tower.state.phase == "listening")
    driver.started.workspace.lanes.run("net", lambda: send_stills(place.port, place.called))
    strip = page.parts.stills
    driver.until("two stills", lambda: len(strip.tiles) == 2 and len(page.stills.model.thumbs) == 2)
    strip.tiles[0].click()
    driver.idle()
    driver.shoot("photos-stills")
    page.model.intake.bowel = "in_vivo"
    strip.put.click()
    driver.until("a look at it", lambda: isinstance(driver.started.window.sheet, BurnedTextSheet))
    driver.shoot("photos-still-text")
    driver.press(driver.say("photos.text_clean"))
    driver.until("still in the case", lambda: _photos(page) == 2)
    strip.leave.click()
    tower.apply(TowerPlace())
    driver.idle()


def fixed(driver: Driver, demo: Demo) -> None:
    """The specimen again, after fixation: shorter."""
    from reset_or.workspace.demo import specimen_photo
    from ui.demo_tour import SUBJECT

    page = driver.started.window.page
    assert isinstance(page, PhotosPage)
    path = demo.folder / "fixed.jpg"
    path.write_bytes(specimen_photo(SUBJECT, (41, 25, 22))[0])
    page.model.intake.bowel = "fixed_unpinned"
    page.model.add([path])
    driver.until("fixed photo", lambda: _photos(page) == 3)
    assert page.model.view is not None
    page.model.choose(next(each.rec for each in page.model.view.photos if each.state == "fresh_unpinned"))
    driver.idle()


def beside(driver: Driver) -> None:
    """Fresh beside fixed, at one scale where both have one; then the still of the tower."""
    page = driver.started.window.page
    assert isinstance(page, WorkbenchPage)
    page.parts.view.setFocus()
    for name in ("beside", "beside-still"):
        driver.key(Qt.Key.Key_S) if name == "beside" else page.beside.model.step(1)
        driver.until(name, lambda: page.beside.model.picture.pixels is not None)
        driver.idle()
        driver.shoot(name)
    driver.key(Qt.Key.Key_Escape)

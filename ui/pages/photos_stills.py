"""On the photos page: the stills that the tower sent while this case was open, and text in pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QPixmap

from ui.viewmodels.photo_stills import StillsModel
from ui.viewmodels.photo_text import SealedText, open_question
from ui.widgets.images import image_of
from ui.widgets.still_strip import StillFace

if TYPE_CHECKING:
    from ui.dialogs.burned_text import Answer, BurnedTextSheet, Kind
    from ui.pages.photos import PhotosPage
    from ui.viewmodels.photo_intake import Job


class PhotoStills:
    """Belongs to one photos page; shows its strip there."""

    def __init__(self, page: PhotosPage, changed: Callable[[], None]) -> None:
        self.page, self.shell, self.strip = page, page.shell, page.parts.stills
        self.model = StillsModel(
            self.shell, self.shell.workspace.clock,
            self.shell.net, self.shell.tower, changed,
        )  # fmt: skip
        self._pixmaps: dict[str, QPixmap] = {}
        self.strip.toggled.connect(self.model.toggle)
        self.strip.put.clicked.connect(self.put)
        self.strip.leave.clicked.connect(self.model.leave)

    def forget(self) -> None:
        self.model.forget_pixels()
        self._pixmaps.clear()
        self.strip.show_stills("", (), set(), {})

    def put(self) -> None:
        """The marked ones go into the case as files do: text and labels in them are asked about first."""
        self.page.model.add(self.model.put())

    def show(self) -> None:
        view, say = self.page.model.view, self.shell.say
        mine = view is not None and bool(view.subject) and self.page.model.may_attach
        self.model.look(self.page.model.case if mine else "")
        for rec, pixels in self.model.thumbs.items():
            if rec not in self._pixmaps:
                self._pixmaps[rec] = QPixmap.fromImage(image_of(pixels))
        faces = [
            StillFace(
                each.photo, self.model.named(each), say("photos.still_spoken", time=self.model.named(each))
            )
            for each in self.model.came
        ]
        count = len(self.model.chosen)
        self.strip.put.setText(say("photos.stills_put", n=count) if count else say("photos.stills_choose"))
        self.strip.leave.setText(say("photos.stills_leave"))
        self.strip.show_stills(self.model.words(), faces, self.model.chosen, self._pixmaps)


def _kind(job: Job) -> Kind:
    return "still" if job.source.still else "file"


class PhotoText:
    """Asks about text in a picture: before it is sealed, or later where nobody could be asked then."""

    def __init__(self, page: PhotosPage) -> None:
        self.page, self.shell, self.button = page, page.shell, page.parts.text
        self.model = SealedText(self.shell, self.shell.net, self._replaced)
        self._sheet: BurnedTextSheet | None = None
        self._looking = 0
        self.button.clicked.connect(self.ask)

    def show(self) -> None:
        photos = self.page.model
        photo = photos.photo(photos.chosen)
        self.button.setText(self.shell.say("photos.text_look"))
        self.button.setVisible(
            photo is not None and open_question(photo) and photo.here and photos.may_attach
        )

    def forget(self) -> None:
        """Nothing of a picture stays behind a cover or on another page."""
        if self._sheet is not None:
            self._sheet.dismiss()
        self.model.forget()

    # before it is sealed --------------------------------------------------------------------------------
    def ask_job(self, job: Job) -> None:
        """Text may stand in this file's picture: nothing of it is kept before somebody has looked."""
        intake, self._looking = self.page.model.intake, job.number

        def looked(found: Any) -> None:
            self._looking = 0
            if self.page.isVisible() and intake.asking(job.number) is not None:
                name, kind = job.source.name, _kind(job)
                self._show(name, found, lambda code, boxes: intake.answer(job.number, code, boxes), kind)

        intake.look(job, looked)

    def offer(self) -> bool:
        """Asks about the next file that nobody was asked about; False where there is nothing to ask and
        nothing is being asked."""
        intake = self.page.model.intake
        if self._sheet is not None or intake.asking(self._looking) is not None:
            return True
        job = intake.to_offer(self.page.model.case)
        if job is not None:
            self.ask_job(job)
        return job is not None

    # afterwards -----------------------------------------------------------------------------------------
    def ask(self) -> None:
        """The same sheet for the chosen photograph; closed without an answer the question stays open."""
        rec = self.page.model.chosen
        title = next((row.title for row in self.page.model.rows() if row.rec == rec), "")

        def looked(found: Any) -> None:
            if self.page.isVisible() and self.page.model.chosen == rec:
                self._show(title, found, lambda code, boxes: self.model.answer(rec, code, boxes), "sealed")

        self.model.look(rec, looked)

    def _replaced(self, rec: str) -> None:
        self.page.model.chosen = rec
        self.page.model.reload()

    def _show(self, name: str, found: Any, answer: Answer, kind: Kind) -> None:
        from ui.dialogs.burned_text import BurnedTextSheet
        from ui.viewmodels.text_regions import TextRegions

        regions = TextRegions(found.size, found.boxes)
        self._sheet = BurnedTextSheet(self.shell, name, image_of(found.pixels), regions, answer, kind=kind)
        self.shell.show_sheet(self._sheet)
        self._sheet.closed.connect(self._closed)

    def _closed(self) -> None:
        self._sheet = None

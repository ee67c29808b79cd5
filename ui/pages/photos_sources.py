"""What brings photographs to the photos page beside dialog and drop: clipboard, watched folder, camera.

Also the question when a label in one of them names another subject.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog

from reset_or.actions import cases
from ui.dialogs.photo_label import PhotoLabelSheet
from ui.dialogs.take_photo import TakePhotoSheet
from ui.viewmodels.photo_intake import Job, Source
from ui.viewmodels.photo_watch import PhotoWatch
from ui.viewmodels.photos import PhotosModel, usable

if TYPE_CHECKING:
    from ui.pages.photos import PhotosPage

LOOK_MS: Final = 2000
_CODED: Final = (("image/png", ".png"), ("image/jpeg", ".jpg"))


def carried(mime: QMimeData, name: str) -> list[Path | Source]:
    """The files or the picture that were dropped or copied; `name` is for a picture without one.

    A coded picture is taken as its bytes and decoded in the sandbox only; one that is there as pixels alone
    is written as PNG, off the screen's thread.
    """
    files = usable([url.toLocalFile() for url in mime.urls() if url.isLocalFile()])
    if files:
        return list(files)
    for kind, suffix in _CODED:
        if mime.hasFormat(kind):
            return [Source(name + suffix, partial(bytes, mime.data(kind).data()))]
    image = mime.imageData() if mime.hasImage() else None
    if isinstance(image, QImage) and not image.isNull():
        return [Source(f"{name}.png", lambda: png_of(image))]
    return []


def png_of(image: QImage) -> bytes:
    """The pixels, written without loss. A QImage is a value: any thread may write it."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.convertToFormat(QImage.Format.Format_RGB888).save(buffer, "PNG", 90)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


class PhotoSources:
    """Belongs to one photos page; shows its line and its questions there."""

    def __init__(self, page: PhotosPage, changed: Callable[[], None]) -> None:
        self.page, self.shell = page, page.shell
        self.model: PhotosModel = page.model
        self.watch = PhotoWatch(
            self.shell, self.shell.workspace.clock,
            self.shell.net, changed, self._known,
        )  # fmt: skip
        self._asked = 0
        self._timer = QTimer(page)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.watch.look)
        parts = page.parts
        parts.camera.clicked.connect(self.take_photos)
        parts.watch.clicked.connect(self.ask_folder)
        parts.watch_take.clicked.connect(self.take_offered)
        parts.watch_skip.clicked.connect(self.watch.take)
        parts.watch_stop.clicked.connect(lambda: self.set_folder(""))

        paste = QShortcut(QKeySequence(QKeySequence.StandardKey.Paste), page)
        paste.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        paste.activated.connect(self.paste)

    def first_act(self, code: str) -> None:
        """A button of the empty page."""
        {"attach": self.page.ask_files, "camera": self.take_photos, "watch": self.ask_folder}[code]()

    def _known(self) -> frozenset[str]:
        view = self.model.view
        return frozenset(photo.camera_sha256 for photo in view.photos) if view is not None else frozenset()

    # clipboard ----------------------------------------------------------------------------------------
    def paste(self) -> None:
        """Pictures and files that were copied elsewhere."""
        found = carried(QGuiApplication.clipboard().mimeData(), self.shell.say("photos.pasted"))
        if not found and self.model.may_attach:
            self.shell.toast(self.shell.say("photos.nothing_to_paste"))
        self.model.add(found)

    # camera -------------------------------------------------------------------------------------------
    def take_photos(self) -> None:
        """The sheet with the live picture."""
        if self.model.may_attach:
            self.shell.show_sheet(TakePhotoSheet(self.shell, self.model))

    # folder -------------------------------------------------------------------------------------------
    def ask_folder(self) -> None:
        """The system's own dialog for a folder."""
        start = self.shell.workspace.settings.photo_folder
        folder = QFileDialog.getExistingDirectory(self.page, self.shell.say("photos.watch_choose"), start)
        if folder:
            self.set_folder(folder)

    def set_folder(self, folder: str) -> None:
        """Watched from now on, and after the next start; "" for none."""
        self.shell.workspace.save_settings(photo_folder=folder)
        self.watch.choose(folder)

    def shown(self) -> None:
        """The page is shown: look now and every two seconds."""
        self.watch.choose(self.shell.workspace.settings.photo_folder)
        self.watch.look()
        self._timer.start()

    def hidden(self) -> None:
        self._timer.stop()

    def take_offered(self) -> None:
        """The person's press: the offered files go into the open case."""
        if self.model.may_attach:
            self.model.add(list(self.watch.take()))

    def show(self) -> None:
        """The watched folder's line."""
        parts, say, view = self.page.parts, self.shell.say, self.model.view
        if view is None:
            return
        text, tone, icon = self.watch.words()
        may = self.model.may_attach
        parts.watch_line.show_notice(text if may else "", tone, icon)
        parts.watch_row.setVisible(bool(text) and may)
        offered = bool(self.watch.seen.ready) and not self.watch.seen.gone
        parts.watch_take.setVisible(offered)
        parts.watch_skip.setVisible(offered)
        parts.watch_take.setText(say("photos.watch_take", subject=view.subject or say("photos.specimen")))

    def offer_question(self) -> None:
        """A label's question that nobody was asked yet."""
        job = self.model.intake.question(self.model.case)
        if job is not None and job.number != self._asked:
            self._asked = job.number
            self.ask_label()

    # label --------------------------------------------------------------------------------------------
    def ask_label(self) -> None:
        """The first open question about a label; again when the person chooses its line."""
        job, view = self.model.intake.question(self.model.case), self.model.view
        if job is None or view is None:
            return
        intake = self.model.intake
        self.shell.show_sheet(
            PhotoLabelSheet(
                self.shell, job.source.name, job.label, view.subject,
                lambda reason: intake.keep_here(job, reason), lambda: self._open_other(job),
                lambda: intake.let_go(job),
            )
        )  # fmt: skip

    def _open_other(self, job: Job) -> None:
        def found(case: Any) -> None:
            self.model.carry = [self.model.intake.let_go(job)]
            self.shell.navigate("photos", case=str(case))

        self.shell.run(cases.find_case, found, subject=job.label)

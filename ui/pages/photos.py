"""The photos page of one case: attach by dialog or drop, look large, hashes and times. No pixel on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QImage,
    QPixmap,
)
from PySide6.QtWidgets import QFileDialog, QVBoxLayout

from reset_or.base.changes import Changes
from ui import exporting
from ui.pages.case_head import show_case
from ui.pages.page import Page
from ui.pages.photos_parts import PhotosParts
from ui.pages.photos_sources import PhotoSources, carried
from ui.pages.photos_stills import PhotoStills, PhotoText
from ui.viewmodels.photos import STATES, SUFFIXES, PhotosModel, usable
from ui.widgets.chips import Option
from ui.widgets.images import image_of

if TYPE_CHECKING:
    from ui.shell import Shell


class PhotosPage(Page):
    """`enter(case=)`."""

    name: ClassVar[str] = "photos"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = PhotosModel(
            shell,
            shell.workspace.clock,
            shell.net,
            self.refresh,
        )
        self._pixmaps: dict[str, QPixmap] = {}
        self._large = ""
        self._fresh = False
        self.parts = PhotosParts(self._thumb, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.parts)
        self.setAcceptDrops(True)
        self.sources = PhotoSources(self, self.refresh)
        self.stills, self.text = PhotoStills(self, self.refresh), PhotoText(self)
        self._connect()
        shell.changed.connect(self._changed)
        shell.tower.changed.connect(self._came)
        shell.theme_changed.connect(self.refresh)
        self.retranslate()

    def _connect(self) -> None:
        parts = self.parts
        parts.header.back.connect(self.shell.back)
        parts.attach.clicked.connect(self.ask_files)
        parts.export.clicked.connect(lambda: exporting.ask(self.shell, self.model.case, self.model.view))
        parts.measure.clicked.connect(self.measure)
        parts.stop.clicked.connect(self.model.intake.stop)
        parts.empty.acted.connect(self.sources.first_act)
        parts.list.opened.connect(self._pressed)
        parts.list.chosen.connect(self._opened)
        parts.states.chosen.connect(self._state)
        parts.view.zoomed.connect(lambda factor: self._zoomed(factor))
        for code, act in (
            ("fit", parts.view.fit),
            ("one", lambda: parts.view.zoom_to(1.0)),
            ("zoom_in", lambda: parts.view.zoom_by(1.25)),
            ("zoom_out", lambda: parts.view.zoom_by(0.8)),
            ("turn", lambda: parts.view.turn(1)),
        ):
            parts.tools[code].clicked.connect(lambda _=False, act=act: act())

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        view = self.model.view
        return self.shell.say("photos.title", subject=view.subject) if view is not None else ""

    @property
    def holds(self) -> bool:
        return self.model.intake.begun or bool(self.model.carry or self.sources.watch.folder)

    def enter(self, **params: Any) -> None:
        self._pixmaps.clear()
        self._fresh = True
        self.model.open(str(params.get("case", "")))
        self.sources.shown()

    def leave(self) -> None:
        self.sources.hidden()
        self._forget()

    def cover(self, covered: bool) -> None:
        self._forget() if covered else self.model.reload()

    def _forget(self) -> None:
        """Nothing decoded stays behind a cover or on another page."""
        self.model.forget_pixels()
        self.stills.forget()
        self.text.forget()
        self._pixmaps.clear()
        self._large = ""
        self.parts.view.set_image(QImage(), "")

    def retranslate(self) -> None:
        say, parts = self.shell.say, self.parts
        parts.header.back_button.setText(say("photos.back"))
        parts.attach.setText(say("photos.attach"))
        parts.stop.setText(say("photos.stop"))
        parts.watch.set_spoken(say("photos.watch"))
        parts.export.set_spoken(say("export.open"))
        parts.camera.setText(say("photos.camera"))
        parts.watch_skip.setText(say("photos.watch_skip"))
        parts.watch_stop.set_spoken(say("photos.watch_stop"))
        parts.measure.setText(say("photos.measure"))
        parts.drop.set_words(say("photos.drop"))
        parts.state_title.set_text(say("photos.state_title"))
        for code, button in parts.tools.items():
            button.set_spoken(say(f"photos.{code}"))
        parts.states.set_options([Option(code, say(f"photos.state_{code}")) for code in STATES])
        self.refresh()

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and self.model.case in changes.cases:
            self.model.reload()

    def _came(self) -> None:
        if self.isVisible():
            self.refresh()

    # acts ---------------------------------------------------------------------------------------------
    def ask_files(self) -> None:
        """The system's own file dialog, several files at once."""
        if not self.model.may_attach:
            return
        say = self.shell.say
        kinds = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in SUFFIXES)
        names, _ = QFileDialog.getOpenFileNames(
            self, say("photos.choose_files"), "", f"{say('photos.kinds')} ({kinds})"
        )
        self.model.add(usable(names))

    def measure(self) -> None:
        """To the workbench with the chosen photo."""
        photo = self.model.photo(self.model.chosen)
        if photo is not None and photo.here:
            self.shell.navigate("workbench", case=self.model.case, photo=photo.rec)

    def _opened(self, row: Any) -> None:
        if row is not None and row.rec:
            self.model.choose(row.rec)

    def _pressed(self, row: Any) -> None:
        """A photo is shown; a file that waits for an answer asks again."""
        self._opened(row)
        if row is not None and row.key.startswith("job"):
            job = self.model.intake.asking(int(row.key.removeprefix("job")))
            if job is not None:
                self.text.ask_job(job)
            else:
                self.sources.ask_label()

    def _offer(self) -> None:
        """The question of the next file, where nothing else is being asked."""
        if self.isVisible() and not self.text.offer():
            self.sources.offer_question()

    def _state(self, code: str) -> None:
        self.model.intake.bowel = code

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        mime = event.mimeData()
        if (mime.hasUrls() or mime.hasImage()) and self.model.may_attach:
            event.acceptProposedAction()
            self.parts.drop.cover(self.parts)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.parts.drop.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.parts.drop.hide()
        self.model.add(carried(event.mimeData(), self.shell.say("photos.pasted")))
        event.acceptProposedAction()

    # showing ------------------------------------------------------------------------------------------
    def _thumb(self, rec: str) -> QPixmap | None:
        if rec not in self._pixmaps and rec in self.model.thumbs:
            self._pixmaps[rec] = QPixmap.fromImage(image_of(self.model.thumbs[rec]))
        return self._pixmaps.get(rec)

    def refresh(self) -> None:
        """Everything anew, as it is known now."""
        view, parts = self.model.view, self.parts
        if view is None:
            return
        show_case(parts.header, view, self.shell)
        rows = self.model.rows()
        parts.list.show_rows(rows)
        if self.model.chosen:
            parts.list.choose(self.model.chosen)
        # The empty page's button goes when the first file comes, and would drop its focus on the rail.
        self._fresh |= bool(rows) and self.window().focusWidget() is parts.first
        parts.show_any(bool(rows), may=self.model.may_attach)
        parts.export.setEnabled(bool(view.photos))
        parts.first.setText(self.shell.say("photos.attach"))
        parts.first_watch.setText(self.shell.say("photos.watch"))
        parts.first_camera.setText(self.shell.say("photos.camera"))
        self.sources.show()
        self.stills.show()
        self.text.show()
        say = self.shell.say
        advice = "photos.empty_advice" if self.model.may_attach else "photos.empty_read"
        parts.empty.set_words(say("photos.empty"), say(advice))
        self._show_progress()
        self._show_picture()
        if self._fresh:  # only now it is known what there is to stand on
            self._fresh = False
            part = parts.list if rows else parts.first
            part.setFocus(Qt.FocusReason.OtherFocusReason)
        self._offer()

    def _show_progress(self) -> None:
        parts, busy = self.parts, self.model.intake.busy
        done, count = self.model.intake.progress()
        parts.progress_row.setVisible(busy)
        words = self.shell.say("photos.progress", done=done, all=count)
        parts.progress.set_part(done / count if count else 0.0, words)
        parts.progress_words.set_text(words)

    def _show_picture(self) -> None:
        model, parts = self.model, self.parts
        large = model.large
        if large is not None and large[0] == model.chosen:
            if self._large != large[0]:
                self._large = large[0]
                subject = model.view.subject if model.view is not None else ""
                parts.view.set_image(image_of(large[1]), self.shell.say("photos.spoken", subject=subject))
        elif self._large:
            self._large = ""
            parts.view.set_image(QImage(), "")
        loading = not self._large and model.chosen not in model.trouble and bool(model.chosen)
        photo = model.photo(model.chosen)
        parts.loading.set_text(
            self.shell.say("photos.loading") if loading and photo is not None and photo.here else ""
        )
        parts.show_facts([(fact.name, fact.value, fact.mono) for fact in model.facts()], model.warnings())

    def _zoomed(self, factor: float) -> None:
        self.parts.zoom.set_text(self.shell.say("photos.zoom", n=round(factor * 100)))

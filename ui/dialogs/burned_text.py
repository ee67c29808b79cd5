"""The sheet that asks about text in a picture before it is kept: black it out, or say there is none.

Nothing is guessed: without an answer the file waits, and nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ui.dialogs.sheet import Sheet
from ui.style import theme
from ui.viewmodels.text_regions import Box, TextRegions
from ui.widgets.buttons import Button, IconButton
from ui.widgets.labels import Label, Paragraph
from ui.widgets.region_view import RegionView

if TYPE_CHECKING:
    from ui.shell import Shell

Answer = Callable[[str, tuple[Box, ...]], None]
Kind = Literal["file", "still", "sealed"]


class BurnedTextSheet(Sheet):
    """`answer("black" | "clean" | "drop", boxes)`, once; closed without it the file goes on waiting.

    `kind`: a `file` on its way in, a `still` that waits in the inbox, or a photograph that is `sealed` in its
    case already, so that it cannot be dropped here.
    """

    def __init__(
        self, shell: Shell, name: str, image: QImage, regions: TextRegions, answer: Answer, *,
        kind: Kind = "file",
    ) -> None:  # fmt: skip
        super().__init__(shell, width_px=1240)
        self._kind = kind
        self._name, self._answer, self.regions = name, answer, regions
        self.view = RegionView(self.card)
        self.view.show_picture(image, regions.size, "")
        self.hint = Paragraph("", "small", "text2", self.card)
        self.count = Label("", "small", "text", self.card)
        self.add = Button("", "outline", "plus", self.card, size_px=15)
        self.remove = Button("", "outline", "x", self.card, size_px=15)
        self.tools = {
            code: IconButton(icon, "", "soft", self.card)
            for code, icon in (("zoom_out", "minus"), ("zoom_in", "plus"), ("fit", "maximize"))
        }
        self._fill()
        self.later = self.add_button("", "ghost")
        self.drop = self.add_button("", "outline", "x")
        self.clean = self.add_button("", "outline", "eye")
        self.black = self.add_button("", "primary", "check")
        self.drop.setVisible(kind != "sealed")
        self._connect()

    def _fill(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(theme.px(8))
        row.addWidget(self.count, 1)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        for button in self.tools.values():
            row.addWidget(button)
        self.content.addWidget(self.view)
        self.content.addLayout(row)
        self.content.addWidget(self.hint)

    def _connect(self) -> None:
        view = self.view
        view.drawn.connect(self._drawn)
        view.picked.connect(lambda number: self._do(lambda: self.regions.choose(number)))
        view.shaped.connect(self._shaped)
        view.removed.connect(lambda: self._do(self.regions.remove))
        view.stepped.connect(lambda by: self._do(lambda: self.regions.step(by)))
        self.add.clicked.connect(lambda: self._drawn(view.middle_box()))
        self.remove.clicked.connect(lambda: self._do(self.regions.remove))
        self.tools["zoom_out"].clicked.connect(lambda: view.zoom_by(0.8))
        self.tools["zoom_in"].clicked.connect(lambda: view.zoom_by(1.25))
        self.tools["fit"].clicked.connect(view.fit)
        self.later.clicked.connect(self.dismiss)
        for code, button in (("drop", self.drop), ("clean", self.clean), ("black", self.black)):
            button.clicked.connect(lambda _=False, code=code: self.submit(code))

    def first_focus(self) -> QWidget | None:
        return self.view

    def retranslate(self) -> None:
        say = self.shell.say
        self.set_title(say("photos.text_title", name=self._name), say(f"photos.text_lead_{self._kind}"))
        self.set_mark("triangle-alert", "short")
        self.view.setAccessibleName(say("photos.text_spoken", name=self._name))
        self.hint.setText(say("photos.text_keys"))
        self.add.setText(say("photos.text_add"))
        self.remove.setText(say("photos.text_remove"))
        for code, button in self.tools.items():
            button.set_spoken(say(f"photos.{code}"))
        self.later.setText(say("photos.text_later"))
        self.drop.setText(say("photos.text_drop_still" if self._kind == "still" else "photos.text_drop"))
        self.clean.setText(say("photos.text_clean"))
        self._show()

    def submit(self, code: str) -> None:
        """The person's answer; to black out there must be something."""
        if code == "black" and not self.regions.boxes:
            return
        boxes = tuple(self.regions.boxes)
        self.dismiss()
        self._answer(code, boxes)

    def _drawn(self, rect: QRectF) -> None:
        self._do(lambda: self.regions.add(rect.x(), rect.y(), rect.width(), rect.height()))
        self.view.setFocus()

    def _shaped(self, rect: QRectF) -> None:
        self._do(lambda: self.regions.put(rect.x(), rect.y(), rect.width(), rect.height()))

    def _do(self, act: Callable[[], None]) -> None:
        act()
        self._show()

    def _show(self) -> None:
        regions, say = self.regions, self.shell.say
        self.view.set_boxes(regions.boxes, regions.chosen)
        self.count.set_text(say("photos.text_count", n=len(regions.boxes)))
        self.remove.setEnabled(regions.chosen >= 0)
        self.black.setText(say("photos.text_black"))
        self.black.setEnabled(bool(regions.boxes))

    def fit_window(self) -> None:
        """The picture takes the height that the window leaves."""
        self.view.setFixedHeight(max(theme.px(200), self.height() - theme.px(370)))
        super().fit_window()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.isVisible():
            self.fit_window()

"""Two photographs side by side on the workbench page: their heads, views and keys. Measures nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.pages.workbench_parts import ZoomPlate
from ui.style import theme
from ui.viewmodels.workbench_beside import BesideModel, SideFace, same_scale, side
from ui.viewmodels.workbench_faces import compared_marks
from ui.viewmodels.workbench_standing import Standing
from ui.widgets.buttons import Button, IconButton, no_focus
from ui.widgets.canvas import Canvas
from ui.widgets.cards import Card
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import Label, Paragraph
from ui.widgets.linked_views import LinkedViews
from ui.widgets.measure_view import MeasureView

if TYPE_CHECKING:
    from ui.shell import Shell
    from ui.viewmodels.workbench import WorkbenchModel


class SidePane(Card):
    """One photograph with its head; `stepping` gives it the buttons that change it for another."""

    def __init__(self, parent: QWidget, *, stepping: bool) -> None:
        super().__init__(parent, pad=(8, 8), gap=6)
        self.title = Label("", "strong", "text", self)
        self.detail = Label("", "small", "text2", self)
        self.before = IconButton("chevron-left", "", "soft", self)
        self.after = IconButton("chevron-right", "", "soft", self)
        self.turn = IconButton("rotate-cw", "", "soft", self)
        for button in (self.before, self.after, self.turn):
            no_focus(button)
        self.before.setVisible(stepping)
        self.after.setVisible(stepping)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.detail)
        head = QHBoxLayout()
        head.setSpacing(theme.px(8))
        head.addWidget(self.before)
        head.addLayout(words, 1)
        head.addWidget(self.turn)
        head.addWidget(self.after)
        self.view = MeasureView(self)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.zoom = ZoomPlate(self.view)
        self.lengths = Paragraph("", "small", "text", self)
        self.notice = InfoLine(self)
        self.body.addLayout(head)
        self.body.addWidget(self.notice)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.lengths)
        self.zoom.move(theme.px(10), theme.px(10))
        self.zoom.adjustSize()
        self.zoom.out.clicked.connect(lambda: self.view.zoom_by(0.8))
        self.zoom.into.clicked.connect(lambda: self.view.zoom_by(1.25))
        self.zoom.fit.clicked.connect(self.view.fit)
        self.turn.clicked.connect(lambda: self.view.turn(1))
        self._canvas: Canvas | None = None

    def show_side(self, of: Standing, face: SideFace, canvas: Canvas | None, none_yet: str) -> None:
        """Head, picture, what was measured, and the scale bar."""
        self.title.set_text(face.title)
        self.detail.set_text(face.detail)
        self.lengths.setText("   ·   ".join(face.lengths) or none_yet)
        self.notice.show_notice(face.notice, "quiet")
        if canvas is not self._canvas:
            self._canvas = canvas
            image, smaller = (QImage(), []) if canvas is None else (canvas.image, canvas.smaller)
            self.view.set_image(image, face.spoken, smaller=smaller)
        self.view.setAccessibleName(face.spoken)
        shown = canvas is not None
        calibration = of.calibration
        self.view.set_marks(compared_marks(of) if shown else ())
        self.view.set_scale(1 / calibration.px_per_mm if shown and calibration is not None else None)


class Beside(QWidget):
    """`leave` is asked to end it. Shown by the page while its model is `open`."""

    def __init__(
        self, shell: Shell, bench: WorkbenchModel, leave: Callable[[], None], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._shell, self._bench = shell, bench
        self.model = BesideModel(
            shell, shell.net,
            lambda: shell.workspace.active, self.show_sides, Canvas,
        )  # fmt: skip
        self.panes = (SidePane(self, stepping=False), SidePane(self, stepping=True))
        self.together = Button("", "outline", "move", self)
        self.together.setCheckable(True)
        self.hint = Label("", "small", "text2", self)
        row = QHBoxLayout()
        row.addWidget(self.together)
        row.addWidget(self.hint, 1)
        both = QHBoxLayout()
        both.setSpacing(theme.px(10))
        for pane in self.panes:
            both.addWidget(pane, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(both, 1)
        column.addLayout(row)
        self.linked = LinkedViews(self.panes[0].view, self.panes[1].view)
        self.together.clicked.connect(self._hold)
        self.panes[1].before.clicked.connect(lambda: self.model.step(-1))
        self.panes[1].after.clicked.connect(lambda: self.model.step(1))
        for pane in self.panes:
            pane.view.zoomed.connect(lambda factor, pane=pane: self._zoomed(pane, factor))
        self._keys(leave)
        self.hide()

    def _keys(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        acts: tuple[tuple[str, Callable[[], object]], ...] = (
            ("T", self.together.click),
            ("PgUp", lambda: self.model.step(-1)),
            ("PgDown", lambda: self.model.step(1)),
            ("Escape", leave),
        )
        for keys, act in acts:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    def key(self, keys: str) -> None:
        """A key that the page has: of those, R turns the photograph that has the focus, and S ends this."""
        if keys == "R":
            self._turn()
        elif keys == "S":
            self._leave()

    # acts ---------------------------------------------------------------------------------------------------
    def begin(self) -> None:
        """From what the workbench shows, with the keys on the second picture."""
        self.model.show(self._bench)
        self.panes[1].view.setFocus(Qt.FocusReason.OtherFocusReason)

    def end(self) -> None:
        self.model.close()
        self.show_sides()

    def forget_pixels(self) -> None:
        self.model.forget_pixels()
        self.show_sides()

    def _hold(self) -> None:
        self.model.hold(self.together.isChecked())

    def _turn(self) -> None:
        pane = next((pane for pane in self.panes if pane.view.hasFocus()), self.panes[1])
        pane.view.turn(1)

    # showing ------------------------------------------------------------------------------------------------
    def retranslate(self) -> None:
        say = self._shell.say
        self.together.setText(f"{say('workbench.together')}  (T)")
        for pane in self.panes:
            pane.turn.set_spoken(say("workbench.tool_rotate"))
            pane.before.set_spoken(say("workbench.photo_before"))
            pane.after.set_spoken(say("workbench.photo_after"))
            pane.zoom.set_spoken(say("workbench.zoom_out"), say("workbench.zoom_in"), say("workbench.fit"))
            self._zoomed(pane, pane.view.factor())
        self.show_sides()

    def show_sides(self) -> None:
        """Both heads and pictures as they stand; nothing of either while they are not looked at."""
        model, say = self.model, self._shell.say
        zone, opening = self._shell.workspace.clock.offset_min(), say("workbench.opening")
        waits = (not self._bench.picture.pixels, model.loading)
        notices = (opening if waits[0] else "", model.trouble or (opening if waits[1] else ""))
        pictures = (self._bench.picture.pixels, model.picture.pixels)
        for pane, of, notice, picture in zip(
            self.panes, (self._bench, model), notices, pictures, strict=True
        ):
            canvas = cast("Canvas | None", picture) if model.open else None
            face = side(of, self._shell, zone, notice)
            pane.show_side(of, face, canvas, say("workbench.nothing_read"))
        many = len(model.others(self._bench.photo, model.view)) > 1
        self.panes[1].before.setVisible(many)
        self.panes[1].after.setVisible(many)
        self._show_together(all(picture is not None for picture in pictures) and model.open)

    def _show_together(self, ready: bool) -> None:
        model, say = self.model, self._shell.say
        ratio = same_scale(self._bench, model)
        self.together.setEnabled(ready)
        self.together.setChecked(model.together)
        held = ready and model.together
        if held and not self.linked.held:
            self.linked.hold(ratio)
        elif not held:
            self.linked.let_go()
        words = "" if not model.together else "same_scale" if ratio is not None else "other_scale"
        self.hint.set_text(say(f"workbench.{words}") if words else "")

    def _zoomed(self, pane: SidePane, factor: float) -> None:
        pane.zoom.percent.set_text(self._shell.say("workbench.zoom", n=round(factor * 100)))

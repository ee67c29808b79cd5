"""The photo workbench: a photograph gets its scale, and two blinded readings of each length."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout

from reset_or.base.changes import Changes
from ui.pages.case_head import show_case
from ui.pages.page import Page
from ui.pages.workbench_beside import Beside
from ui.pages.workbench_panel import show_panel
from ui.pages.workbench_parts import TOOLS, WorkbenchParts
from ui.viewmodels import workbench_faces as faces
from ui.viewmodels.workbench import WorkbenchModel
from ui.viewmodels.workbench_hand import Tool
from ui.viewmodels.workbench_scale import METHODS
from ui.viewmodels.workbench_ticks import STEPS_MM
from ui.widgets.canvas import Canvas
from ui.widgets.chips import Option

if TYPE_CHECKING:
    from ui.shell import Shell

_MODES = {"pan": "pan", "calibrate": "mark", "measure": "mark", "edit": "edit"}


class WorkbenchPage(Page):
    """`enter(case=, photo=)`."""

    name: ClassVar[str] = "workbench"

    def __init__(self, shell: Shell) -> None:
        super().__init__(shell)
        self.model = WorkbenchModel(
            shell,
            shell.net,
            lambda: shell.workspace.active,
            self._show,
            Canvas,
        )
        self._shown: Canvas | None = None
        self.parts = WorkbenchParts(self)
        self.beside = Beside(shell, self.model, self.one_photo, self.parts)
        self.parts.add_beside(self.beside)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.parts)
        self._connect()
        self._connect_ticks()
        self._connect_view()
        self._connect_keys()
        shell.changed.connect(self._changed)
        self.retranslate()

    def _connect(self) -> None:
        parts, model = self.parts, self.model
        parts.header.back.connect(self._back)
        parts.undo.clicked.connect(model.undo)
        parts.tools.chosen.connect(self._tool)
        parts.methods.chosen.connect(model.choose_method)
        parts.states.chosen.connect(model.choose_state)
        parts.table.chosen.connect(self._end)
        parts.primary.clicked.connect(self.go_on)
        parts.review.clicked.connect(self.review)
        for code, field in parts.lengths.items():
            field.typed.connect(lambda key, code=code: self._typed(code, key))
            field.backspace.connect(lambda code=code: self._typed(code, ""))
            field.committed.connect(self.go_on)

    def _connect_ticks(self) -> None:
        form, model = self.parts.ticks, self.model
        form.steps.chosen.connect(model.say_step)
        form.place.typed.connect(model.say_place)
        form.place.backspace.connect(lambda: model.say_place(""))
        form.place.committed.connect(self.go_on)
        form.leave_out.clicked.connect(model.remove)

    def _connect_view(self) -> None:
        view, model, zoom = self.parts.view, self.model, self.parts.zoom
        view.placed.connect(lambda point: model.place(_pair(point)))
        view.picked.connect(model.pick)
        view.moved.connect(lambda index, point: model.move(index, _pair(point)))
        view.dropped.connect(lambda _index: model.drop())
        view.ended.connect(self.go_on)
        view.cancelled.connect(model.cancel)
        view.removed.connect(model.remove)
        view.zoomed.connect(self._zoomed)
        zoom.out.clicked.connect(lambda: view.zoom_by(0.8))
        zoom.into.clicked.connect(lambda: view.zoom_by(1.25))
        zoom.fit.clicked.connect(view.fit)

    def _connect_keys(self) -> None:
        for tool in TOOLS[1:]:
            self._key(tool.key, partial(self._tool, tool.code))
        self._key("Ctrl+Z", self.model.undo)
        self._key("Ctrl+Return", self.review)

    def _key(self, keys: str, act: Callable[[], object]) -> None:
        """A key of the one photograph; two side by side take of them what they know."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

        def pressed() -> None:
            self.beside.key(keys) if self.beside.model.open else act()

        shortcut.activated.connect(pressed)

    # page ---------------------------------------------------------------------------------------------
    @property
    def title(self) -> str:
        view = self.model.view
        subject = view.subject if view is not None else ""
        return f"{self.shell.say('workbench.title')} {subject}".strip()

    @property
    def holds(self) -> bool:
        return self.model.holds

    def enter(self, **params: Any) -> None:
        self.model.open(str(params.get("case", "")), str(params.get("photo", "")))
        self.parts.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave(self) -> None:
        self.beside.model.close()
        self._forget()

    def cover(self, covered: bool) -> None:
        if covered:
            self._forget()
        else:
            self.model.show_pixels()
            self.beside.model.load()

    def _forget(self) -> None:
        """Nothing decoded stays behind a cover or on another page; what was drawn does."""
        self.model.forget_pixels()
        self._shown = None
        self.parts.view.set_image(QImage(), "")
        self.beside.forget_pixels()

    def _changed(self, changes: Changes) -> None:
        if self.isVisible() and self.model.case in changes.cases:
            self.model.reload()

    def retranslate(self) -> None:
        say, parts = self.shell.say, self.parts
        parts.undo.setText(say("workbench.undo"))
        keys = {tool.code: tool.key if tool.key != "Space" else say("workbench.key_space") for tool in TOOLS}
        parts.tools.set_words({code: (say(f"workbench.tool_{code}"), key) for code, key in keys.items()})
        parts.scale.set_title(say("workbench.scale"))
        parts.method_title.set_text(say("workbench.method_title"))
        words = {code: say(f"workbench.method_{code}") for code in METHODS}
        parts.methods.set_options([Option(code, text) for code, text in words.items()])
        parts.length_titles["ruler"].set_text(say("workbench.ruler_mm"))
        parts.length_titles["check"].set_text(say("workbench.check_mm"))
        for field in parts.lengths.values():
            field.set_unit("cm")
        parts.ticks.set_words(say, STEPS_MM)
        parts.state_title.set_text(say("workbench.state_title"))
        parts.states.set_options([Option(code, say(f"workbench.state_{code}")) for code in faces.STATES])
        parts.review.setText(say("workbench.review"))
        parts.zoom.set_spoken(say("workbench.zoom_out"), say("workbench.zoom_in"), say("workbench.fit"))
        self.beside.retranslate()
        self._show_beside(self.beside.model.open)
        self._show()

    # acts ---------------------------------------------------------------------------------------------
    def _tool(self, code: str) -> None:
        if code == "rotate":
            self.parts.view.turn(1)
        elif code == "contrast":
            self.model.picture.toggle_contrast(self._show)
        elif code == "beside":
            self._two_photos()
            return
        else:
            tool: Tool = code  # type: ignore[assignment]
            self.model.choose_tool(tool)
        self.parts.view.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show()

    def _two_photos(self) -> None:
        """This photograph and another one of the case, to look at."""
        if self.model.view is not None and self.beside.model.others(self.model.photo, self.model.view):
            self._show_beside(True)
            self.beside.begin()

    def one_photo(self) -> None:
        """Back to where one was: the photograph as it lay, its tool, and what was drawn."""
        self.beside.end()
        self._show_beside(False)
        self.parts.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _back(self) -> None:
        self.one_photo() if self.beside.model.open else self.shell.back()

    def _show_beside(self, two: bool) -> None:
        parts, say = self.parts, self.shell.say
        parts.bench.setVisible(not two)
        self.beside.setVisible(two)
        parts.undo.setVisible(not two)
        parts.header.back_button.setText(say("workbench.one_photo" if two else "workbench.back"))

    def _end(self, code: str) -> None:
        self.model.choose_end(code)
        self.parts.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _typed(self, code: str, key: str) -> None:
        entry = self.model.scale.lengths[code]
        self.model.type_length(code, entry.press(key) if key else entry.backspace())

    def go_on(self) -> None:
        """What the primary button says, also by Enter."""
        step = faces.next_step(self.model)
        if not step.enabled:
            return
        if step.code == "review":
            self.review()
        elif step.code == "look":
            self.model.look_again()
        elif step.code == "draw":
            self.model.choose_end(self.model.end)
            self.parts.view.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.model.finish()

    def review(self) -> None:
        """To the page on which a person signs what was measured."""
        if self.model.measured and not self.model.gap_end:
            self.shell.navigate("confirm", case=self.model.case, step="specimen")

    # showing ------------------------------------------------------------------------------------------
    def _zoomed(self, factor: float) -> None:
        self.model.zoom = factor
        self.parts.zoom.percent.set_text(self.shell.say("workbench.zoom", n=round(factor * 100)))

    def _show(self) -> None:
        if self.model.view is None:
            return
        self._show_head()
        self._show_picture()
        others = self.beside.model.others(self.model.photo, self.model.view)
        show_panel(self.parts, self.model, others=bool(others))
        self.beside.model.follow(self.model.view)
        self._show_beside(self.beside.model.open)
        if self.beside.model.open:
            self.beside.show_sides()

    def _show_head(self) -> None:
        view, parts = self.model.view, self.parts
        assert view is not None
        show_case(parts.header, view, self.shell)
        words = f"{self.shell.say('workbench.blinded')}.  {self.shell.say('workbench.blinded_what')}"
        parts.blind.show_notice(words if view.blinded else "", "info", "eye-off")
        parts.undo.setEnabled(self.model.can_undo)

    def _show_picture(self) -> None:
        model, view = self.model, self.parts.view
        shown = cast("Canvas | None", model.picture.shown)
        if shown is not None and shown is not self._shown:
            subject = model.view.subject if model.view is not None else ""
            if self._shown is None:
                spoken = self.shell.say("workbench.spoken", subject=subject)
                view.set_image(shown.image, spoken, smaller=shown.smaller)
            else:
                view.swap_image(shown.image, shown.smaller)
            self._shown = shown
        mode = _MODES[model.tool]
        if model.tool == "calibrate" and model.scale.method != "ruler_points":
            mode = "pan" if model.ticks is None else "edit"
        if view.mode != mode:
            view.set_mode(mode)  # type: ignore[arg-type]
        view.set_marks(faces.marks(model), *model.chosen)
        calibration = model.calibration
        view.set_scale(1 / calibration.px_per_mm if calibration is not None else None)


def _pair(point: QPointF) -> tuple[float, float]:
    """Hundredths of a pixel are what is recorded."""
    return round(point.x(), 2), round(point.y(), 2)

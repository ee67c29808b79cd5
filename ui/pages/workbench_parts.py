"""The photo workbench's layout: tools on the left, the photograph, scale and readings on the right."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.viewmodels.drawing import SEGMENTS
from ui.viewmodels.workbench_faces import ScaleFace
from ui.viewmodels.workbench_ticks import TickMarks
from ui.widgets.buttons import Button, IconButton, row_stretch
from ui.widgets.cards import Card, Line, ScrollBody
from ui.widgets.case_header import CaseHeader
from ui.widgets.chips import ChoiceChips, Option
from ui.widgets.info_line import InfoLine
from ui.widgets.labels import Label, Paragraph
from ui.widgets.measure_view import MeasureView
from ui.widgets.number_field import NumberField
from ui.widgets.painting import Align
from ui.widgets.reading_table import ReadingTable
from ui.widgets.step_dots import StepDots
from ui.widgets.tool_rail import Tool, ToolRail

TOOLS: Final = (
    Tool("pan", "hand", "Space"),
    Tool("calibrate", "ruler", "C"),
    Tool("measure", "spline", "M"),
    Tool("edit", "pen-line", "E"),
    Tool("rotate", "rotate-cw", "R", choosing=False),
    Tool("contrast", "contrast", "K", choosing=False),
    Tool("beside", "columns-2", "S", choosing=False),
)
_RIGHT: Final = Align.AlignRight | Align.AlignVCenter


class ZoomPlate(Card):
    """Minus, percent, plus and fit, over the upper left corner of the photograph."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, pad=(4, 4), gap=0)
        self.out = IconButton("minus", "", "soft", self)
        self.percent = Label("", "body", "text", self, align=Align.AlignCenter)
        self.into = IconButton("plus", "", "soft", self)
        self.fit = IconButton("maximize", "", "soft", self)
        row = QHBoxLayout()
        row.setSpacing(theme.px(4))
        self.body.addLayout(row)
        self.percent.setMinimumWidth(theme.px(64))
        for part in (self.out, self.percent, self.into, self.fit):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the photograph keeps the keys
            row.addWidget(part)

    def set_spoken(self, out: str, into: str, fit: str) -> None:
        for button, words in ((self.out, out), (self.into, into), (self.fit, fit)):
            button.set_spoken(words)


class ScaleCard(Card):
    """The scale in use: one figure and what it stands on."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, tone="raised", pad=(12, 10), gap=2)
        self._title = Label("", "strong", "text", self)
        self._value = Label("", "strong", "text", self, align=_RIGHT, weight=theme.BOLD)
        head = QHBoxLayout()
        head.addWidget(self._title)
        head.addWidget(self._value, 1)
        self.body.addLayout(head)
        self._rows: list[tuple[Label, Label]] = []

    def set_title(self, title: str) -> None:
        self._title.set_text(title)

    def show_scale(self, face: ScaleFace) -> None:
        self._value.set_text(face.value)
        while len(self._rows) < len(face.rows):
            pair = Label("", "small", "text2", self), Label("", "small", "text", self, align=_RIGHT)
            pair[0].setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            line = QHBoxLayout()
            line.addWidget(pair[0], 1)
            line.addWidget(pair[1])
            self.body.addLayout(line)
            self._rows.append(pair)
        for number, (name, value) in enumerate(self._rows):
            shown = number < len(face.rows)
            name.setVisible(shown)
            value.setVisible(shown and bool(face.rows[number][1]))
            if shown:
                name.set_text(face.rows[number][0])
                value.set_text(face.rows[number][1])
                value.set_tone(face.rows[number][2])  # type: ignore[arg-type]


class TicksForm(QWidget):
    """A ruler's marks: what one step is, where the picked one stands, and leaving it out."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._title = Label("", "small", "text2", self)
        self.steps = ChoiceChips((), self)
        self._place_title = Label("", "small", "text2", self)
        self.place = NumberField(self)
        self.place.set_unit("cm")
        self.leave_out = row_stretch(Button("", "outline", "delete", self, size_px=15))
        line = QHBoxLayout()
        line.addWidget(self._place_title, 1)
        line.addWidget(self.place)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(4))
        column.addWidget(self._title)
        column.addWidget(self.steps)
        column.addLayout(line)
        column.addWidget(self.leave_out)

    def set_words(self, say: Callable[[str], str], steps: Iterable[str]) -> None:
        self._title.set_text(say("workbench.step_title"))
        self.steps.set_options([Option(code, say(f"workbench.one_{code}")) for code in steps])
        self._place_title.set_text(say("workbench.mark_at"))
        self.leave_out.setText(say("workbench.leave_out"))

    def show_ticks(self, ticks: TickMarks | None) -> None:
        self.setVisible(ticks is not None)
        if ticks is None:
            return
        self.steps.choose(ticks.step)
        at = ticks.at
        self.place.set_text(ticks.place_text(at) if at is not None else "")
        for part in (self.place, self.leave_out):
            part.setEnabled(at is not None)


class WorkbenchParts(QWidget):
    """All parts by name."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.header = CaseHeader("", self)
        self.blind = InfoLine(self)
        self.undo = Button("", "outline", "undo-2", self)
        self.header.add_button(self.undo)
        self.tools = ToolRail(TOOLS, self)
        self.view = MeasureView(self)
        self.view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.zoom = ZoomPlate(self.view)
        self._make_panel()
        self.bench = QWidget(self)
        self._middle = QHBoxLayout(self.bench)
        self._middle.setContentsMargins(0, 0, 0, 0)
        self._middle.addWidget(self.tools)
        self._middle.addWidget(self.view, 1)
        self._middle.addWidget(self.panel)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.header)
        self._column.addWidget(self.blind)
        self._column.addWidget(self.bench, 1)
        self._space()

    def add_beside(self, beside: QWidget) -> None:
        """What may stand in place of tools, photograph and panel."""
        self._column.addWidget(beside, 1)

    def _make_panel(self) -> None:
        self.panel = Card(self, pad=(14, 12), gap=10)
        self.steps = StepDots(self.panel)
        self.scrolled = ScrollBody(self.panel)
        inside, body = self.scrolled.inside, self.scrolled.body
        self.scale = ScaleCard(inside)
        self._make_scale_form(inside)
        self.table = ReadingTable(inside)
        self.state_title = Label("", "small", "text2", inside)
        self.states = ChoiceChips((), inside)
        self.hint = Paragraph("", "small", "text2", inside)
        self.notes = Paragraph("", "small", "short", inside)
        self.notice = InfoLine(inside)
        parts = (
            self.scale, self.notice, self.form, self.table, self.state_title, self.states, self.notes,
            self.hint,
        )  # fmt: skip
        for part in parts:
            body.addWidget(part)
        body.addStretch(1)
        body.setSpacing(theme.px(8))
        self.primary = row_stretch(Button("", "primary", "", self.panel, size_px=18))
        self.review = row_stretch(Button("", "outline", "pen-line", self.panel))
        self.panel.body.addWidget(self.steps)
        self.panel.body.addWidget(self.scrolled, 1)
        self.panel.body.addWidget(self.primary)
        self.panel.body.addWidget(self.review)

    def _make_scale_form(self, parent: QWidget) -> None:
        """Where the scale comes from; for two marks, the lengths they stand for."""
        self.form = QWidget(parent)
        column = QVBoxLayout(self.form)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(6))
        self.method_title = Label("", "small", "text2", self.form)
        self.methods = ChoiceChips((), self.form)
        column.addWidget(self.method_title)
        column.addWidget(self.methods)
        self.length_rows = QWidget(self.form)
        rows = QVBoxLayout(self.length_rows)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(theme.px(4))
        self.lengths: dict[str, NumberField] = {}
        self.length_titles: dict[str, Label] = {}
        for code in SEGMENTS:
            self.length_titles[code] = Label("", "small", "text2", self.length_rows)
            self.lengths[code] = NumberField(self.length_rows)
            line = QHBoxLayout()
            line.addWidget(self.length_titles[code], 1)
            line.addWidget(self.lengths[code])
            rows.addLayout(line)
        column.addWidget(self.length_rows)
        self.ticks = TicksForm(self.form)
        column.addWidget(self.ticks)
        column.addWidget(Line(self.form))

    def _space(self) -> None:
        edge, gap = theme.px(12), theme.px(10)
        self._column.setContentsMargins(edge, edge, edge, edge)
        self._column.setSpacing(gap)
        self._middle.setSpacing(gap)
        self.panel.setFixedWidth(theme.px(326))
        self.tools.setFixedWidth(theme.px(106))
        self.zoom.move(theme.px(14), theme.px(14))
        self.zoom.adjustSize()

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(900), theme.px(560))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._space()

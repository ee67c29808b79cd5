"""ToolRail: tools in a column, icon over name over key. Codes out, words in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.painting import CENTRE


@dataclass(frozen=True)
class Tool:
    """`key` is shown below the name; a `choosing` tool stays on, others act once or toggle."""

    code: str
    icon: str
    key: str
    choosing: bool = True


class _ToolButton(Button):
    def __init__(self, tool: Tool, parent: QWidget) -> None:
        super().__init__("", "ghost", tool.icon, parent, size_px=theme.tokens().size.small)
        self.tool, self._key = tool, tool.key
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, name: str, key: str) -> None:
        self.setText(name)
        self._key = key
        self.setAccessibleName(f"{name}, {key}")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(92), max(theme.target_px(), theme.px(74)))

    def minimumSizeHint(self) -> QSize:
        return QSize(max(theme.target_px(), theme.px(78)), max(theme.target_px(), theme.px(62)))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        edge, high, wide = theme.px(24), float(self.height()), float(self.width())
        top = max(theme.px(4), (high - edge - theme.px(40)) / 2)
        colour = ink.text if self.isChecked() or not self.isEnabled() else look.text
        self.draw_icon(painter, self.tool.icon, QRectF((wide - edge) / 2, top, edge, edge), colour)
        name = QRectF(theme.px(2), top + edge + theme.px(2), wide - theme.px(4), theme.px(20))
        self.writer.write(
            painter, name, self.text(), self.type_px(), weight=theme.MEDIUM, colour=colour, align=CENTRE
        )
        key = QRectF(theme.px(2), name.bottom(), wide - theme.px(4), theme.px(16))
        quiet = ink.text if self.isChecked() else look.text2
        self.writer.write(painter, key, self._key, theme.px(13), colour=quiet, align=CENTRE)


class ToolRail(Card):
    """`chosen(code)` for every press."""

    chosen = Signal(str)

    def __init__(self, tools: Sequence[Tool], parent: QWidget | None = None) -> None:
        super().__init__(parent, pad=(6, 6), gap=6)
        self.buttons: dict[str, Button] = {}
        self._tools: dict[str, _ToolButton] = {}
        for tool in tools:
            button = _ToolButton(tool, self)
            button.clicked.connect(lambda _=False, code=tool.code: self.chosen.emit(code))
            self.body.addWidget(button)
            self.buttons[tool.code] = self._tools[tool.code] = button
        self.body.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def set_words(self, words: Mapping[str, tuple[str, str]]) -> None:
        """code -> (name, key)."""
        for code, (name, key) in words.items():
            self._tools[code].set_words(name, key)

    def show_on(self, on: Sequence[str], enabled: Sequence[str]) -> None:
        """Which tools are on, and which may be pressed."""
        for code, button in self._tools.items():
            button.setChecked(code in on)
            button.setEnabled(code in enabled)

"""Text on cards: labels by role and tone, icons with words, name-and-value rows. Words come in.

A label takes its size from the tokens and follows every change of theme or scale by itself.
"""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import LEFT, Align, Painted

Role = Literal["caption", "small", "body", "strong", "heading", "title", "subject"]
Tone = Literal["text", "text2", "text3", "accent", "ok", "short", "long", "bad"]

_WEIGHT: Final[dict[str, int]] = {
    "strong": theme.MEDIUM,
    "heading": theme.MEDIUM,
    "title": theme.BOLD,
    "subject": theme.BOLD,
}


def role_px(role: Role) -> int:
    """Type size of a role in real px."""
    return theme.px(getattr(theme.tokens().size, role))


def role_weight(role: Role) -> int:
    return _WEIGHT.get(role, theme.REGULAR)


class Label(Painted):
    """One line that shrinks and then elides (full text in the tool tip). For paragraphs use `Paragraph`."""

    def __init__(
        self,
        text: str = "",
        role: Role = "body",
        tone: Tone = "text",
        parent: QWidget | None = None,
        *,
        align: Align = LEFT,
        weight: int | None = None,
    ) -> None:
        super().__init__(parent)
        self._text = ""
        self._role: Role = role
        self._tone: Tone = tone
        self._align = align
        self._weight = weight or role_weight(role)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_text(text)

    def text(self) -> str:
        return self._text

    def set_text(self, text: str) -> None:
        if text != self._text:
            self._text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def set_tone(self, tone: Tone) -> None:
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        size = role_px(self._role)
        return QSize(int(fitting.text_width(self._text, size, self._weight)) + 2, round(size * 1.4))

    def minimumSizeHint(self) -> QSize:
        hint = self.sizeHint()
        return QSize(min(hint.width(), theme.px(48)), hint.height())

    def draw(self, painter: QPainter, look: Tokens) -> None:
        colour = getattr(look, self._tone) if self.isEnabled() else look.text3
        size = role_px(self._role)
        self.writer.write(
            painter,
            QRectF(self.rect()),
            self._text,
            size,
            weight=self._weight,
            colour=colour,
            align=self._align,
            floor=size * 0.8,
        )
        tip = self._text if self.writer.elided else ""
        if tip != self.toolTip():
            self.setToolTip(tip)


class Paragraph(QLabel):
    """Text of any length that wraps; selectable when it may be copied."""

    def __init__(
        self, text: str = "", role: Role = "body", tone: Tone = "text", parent: QWidget | None = None
    ) -> None:
        super().__init__(text, parent)
        self._role: Role = role
        self._tone: Tone = tone
        self._look: object = None
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._dress()

    def set_tone(self, tone: Tone) -> None:
        self._tone = tone
        self._dress()

    def set_selectable(self) -> None:
        """Let the words be copied with mouse or keyboard."""
        flags = Qt.TextInteractionFlag
        self.setTextInteractionFlags(flags.TextSelectableByMouse | flags.TextSelectableByKeyboard)

    def _dress(self) -> None:
        look = theme.tokens()
        style = (
            f"color:{getattr(look, self._tone)};font-size:{role_px(self._role)}px;"
            f"font-weight:{role_weight(self._role)};background:transparent;"
        )
        if style != self._look:
            self._look = style
            self.setStyleSheet(style)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()


class IconLabel(Painted):
    """One tinted icon, `size_px` at scale 1. Silent for screen readers: words stand beside it."""

    def __init__(
        self,
        icon: str,
        tone: Tone = "text2",
        parent: QWidget | None = None,
        *,
        size_px: int = 20,
        stroke: float = 2.0,
    ) -> None:
        super().__init__(parent)
        self._icon, self._size_px, self._stroke = icon, size_px, stroke
        self._tone: Tone = tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str, tone: Tone) -> None:
        self._icon, self._tone = icon, tone
        self.update()

    def sizeHint(self) -> QSize:
        edge = theme.px(self._size_px)
        return QSize(edge, edge)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        edge = min(self.width(), self.height())
        colour = getattr(look, self._tone)
        painter.drawPixmap(
            0, 0, theme.icon_pixmap(self._icon, edge, colour, theme.ratio_of(self), self._stroke)
        )


class IconText(QWidget):
    """An icon with words beside it, for status lines such as "Saved 14:32"."""

    def __init__(
        self, icon: str, text: str, tone: Tone = "text2", role: Role = "small", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.icon = IconLabel(icon, tone, self, size_px=18)
        self.label = Label(text, role, tone, self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.px(8))
        row.addWidget(self.icon)
        row.addWidget(self.label, 1)

    def show_status(self, icon: str, text: str, tone: Tone) -> None:
        self.icon.set_icon(icon, tone)
        self.label.set_tone(tone)
        self.label.set_text(text)


class ValueRow(QWidget):
    """A name on the left, its value on the right (or below, stacked), for summaries and review pages."""

    def __init__(
        self,
        name: str,
        value: str,
        parent: QWidget | None = None,
        *,
        tone: Tone = "text",
        stacked: bool = False,
    ) -> None:
        super().__init__(parent)
        self.name = Label(name, "small", "text2", self)
        align = LEFT if stacked else Align.AlignRight | Align.AlignVCenter
        self.value = Label(value, "strong", tone, self, align=align)
        layout = QVBoxLayout(self) if stacked else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.px(2 if stacked else 12))
        layout.addWidget(self.name)
        layout.addWidget(self.value, 1)
        self.setAccessibleName(f"{name} {value}")

    def set_value(self, value: str) -> None:
        self.value.set_text(value)
        self.setAccessibleName(f"{self.name.text()} {value}")

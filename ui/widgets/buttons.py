"""Buttons: one painted button in six kinds, with icon, text and a checked look; text shrinks first.

`primary` is the one main action of a screen, `key` is for keypads and tiles, `danger` for what cannot be
undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting
from ui.widgets.painting import CENTRE, LEFT, PaintedButton, focus_ring, panel

Kind = Literal["primary", "outline", "key", "ghost", "soft", "danger"]


@dataclass(frozen=True)
class Ink:
    """Fill, text colour and outline of a button in its present state; None is transparent."""

    fill: str | None
    text: str
    line: str | None


def button_ink(look: Tokens, kind: Kind, *, on: bool, enabled: bool, down: bool, hover: bool) -> Ink:
    """Colours of a button. A checked button wears the accent whatever its kind."""
    if not enabled:
        return Ink(
            None if kind == "ghost" else look.surface, look.text3, None if kind == "ghost" else look.line
        )
    if kind == "primary":
        return Ink(look.accent_pressed if down else look.accent, look.on_accent, look.text if hover else None)
    if on:
        return Ink(look.accent_dim, look.accent, look.accent)
    fills = {"outline": None, "key": look.key, "ghost": None, "soft": look.raised, "danger": look.bad_dim}
    texts = {"ghost": look.text2, "danger": look.bad}
    lines = {"outline": look.border, "key": look.keyline, "ghost": None, "soft": None, "danger": look.bad}
    line = lines[kind]
    if hover and kind != "danger":
        line = look.border
    return Ink(look.pressed if down else fills[kind], texts.get(kind, look.text), line)


class Button(PaintedButton):
    """Icon and text on one row, centred. `set_icon_name` names a file of resources/icons.

    `size_px` is the type size at scale 1; the height is at least the pressing target of the device in use.
    """

    def __init__(
        self,
        text: str = "",
        kind: Kind = "outline",
        icon: str = "",
        parent: QWidget | None = None,
        *,
        size_px: int | None = None,
        weight: int = theme.MEDIUM,
    ) -> None:
        super().__init__(text, parent)
        self._kind: Kind = kind
        self._icon = icon
        self._size_px = size_px
        self._weight = weight
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def kind(self) -> Kind:
        return self._kind

    def set_kind(self, kind: Kind) -> None:
        self._kind = kind
        self.update()

    def set_icon_name(self, icon: str) -> None:
        self._icon = icon
        self.updateGeometry()
        self.update()

    def type_px(self) -> int:
        """Type size in real px."""
        return theme.px(self._size_px or theme.tokens().size.body)

    def _icon_px(self) -> int:
        return round(self.type_px() * 1.22) if self._icon else 0

    def _gap(self) -> int:
        return theme.px(10) if self._icon and self.text() else 0

    def sizeHint(self) -> QSize:
        text = fitting.text_width(self.text(), self.type_px(), self._weight)
        wide = round(text) + self._icon_px() + self._gap() + 2 * theme.px(16) + 2
        high = max(theme.target_px(), round(self.type_px() * 2.2))
        return QSize(max(wide, high), high)

    def minimumSizeHint(self) -> QSize:
        """Width at which the text is still whole at the smallest size."""
        hint = self.sizeHint()
        text = fitting.text_width(self.text(), round(self.type_px() * 0.78), self._weight)
        wide = round(text) + self._icon_px() + self._gap() + 2 * theme.px(8) + 2
        return QSize(max(wide, theme.target_px()), hint.height())

    def ink(self, look: Tokens) -> Ink:
        """Colours in the present state."""
        return button_ink(
            look,
            self._kind,
            on=self.isChecked(),
            enabled=self.isEnabled(),
            down=self.isDown(),
            hover=self.underMouse() and self.isEnabled(),
        )

    def draw_frame(self, painter: QPainter, look: Tokens) -> Ink:
        """Fill, outline and focus ring; returns the colours for what stands on it."""
        ink = self.ink(look)
        rect, radius = QRectF(self.rect()), theme.px(look.radius.control)
        panel(painter, rect, radius, ink.fill, ink.line, 2)
        if self.hasFocus():
            focus_ring(painter, rect, radius)
        return ink

    def draw(self, painter: QPainter, look: Tokens) -> None:
        ink = self.draw_frame(painter, look)
        edge, gap, size = self._icon_px(), self._gap(), self.type_px()
        room = self.width() - 2 * theme.px(8) - edge - gap
        least, high = max(1, round(size * 0.72)), self.height() - 2 * theme.px(3)
        lines = 2 if high >= 2 * fitting.line_height(least) else 1
        found = fitting.fit(self.text(), max(1, room), high, size, self._weight, least, lines)
        x = (self.width() - edge - gap - found.width) / 2
        if edge:
            self.draw_icon(painter, self._icon, QRectF(x, (self.height() - edge) / 2, edge, edge), ink.text)
        if self.text():
            rect = QRectF(x + edge + gap, theme.px(3), max(1.0, min(room, found.width + 1)), high)
            self.writer.write(
                painter,
                rect,
                self.text(),
                size,
                weight=self._weight,
                colour=ink.text,
                align=LEFT if edge else CENTRE,
                floor=least,
                lines=lines,
            )

    def draw_icon(self, painter: QPainter, name: str, rect: QRectF, colour: str) -> None:
        """One tinted icon filling `rect`."""
        pixmap = theme.icon_pixmap(name, round(rect.width()), colour, theme.ratio_of(self))
        painter.drawPixmap(rect.topLeft(), pixmap)


class IconButton(Button):
    """A square button with an icon only; the name it speaks is required."""

    def __init__(
        self, icon: str, spoken: str, kind: Kind = "soft", parent: QWidget | None = None, *, size_px: int = 20
    ) -> None:
        super().__init__("", kind, icon, parent, size_px=size_px)
        self.set_spoken(spoken)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_spoken(self, spoken: str) -> None:
        """Name for a screen reader, also the tool tip."""
        self.setAccessibleName(spoken)
        self.setToolTip(spoken)

    def sizeHint(self) -> QSize:
        edge = max(theme.target_px(), theme.px(48))
        return QSize(edge, edge)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.target_px(), theme.target_px())


class KeyButton(Button):
    """A key of a keypad: grows with its cell, at least one pressing target on each edge."""

    def __init__(
        self, text: str = "", icon: str = "", parent: QWidget | None = None, *, size_px: int = 27
    ) -> None:
        super().__init__(text, "key", icon, parent, size_px=size_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def type_px(self) -> int:
        """Type grows with the key up to 1.6 times, so that a tall key does not carry a lost digit."""
        base = super().type_px()
        return max(base, min(round(self.height() * 0.36), round(base * 1.6)))

    def sizeHint(self) -> QSize:
        edge = max(theme.target_px(), theme.px(theme.tokens().size.key_height))
        return QSize(edge, edge)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.target_px(), theme.target_px())


def row_stretch(button: Button) -> Button:
    """Let a button take the width of its row."""
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button


B = TypeVar("B", bound=Button)


def tab_focus(button: B) -> B:
    """Reached by Tab, but a press leaves the focus where it is: what Enter does there must not change."""
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def no_focus(button: Button) -> Button:
    """Keep the focus where it is when this button is pressed (on-screen keyboards)."""
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button

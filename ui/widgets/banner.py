"""Banners: the safety bar (full width, octagon, acknowledged by name) and the error banner (title, advice,
code, actions). Both stay until a person acts; nothing about data disappears by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.buttons import Button
from ui.widgets.cards import Card
from ui.widgets.labels import IconLabel, Label, Paragraph, Tone
from ui.widgets.painting import LEFT, Painted, panel
from ui.widgets.verdict_shape import draw_shape, plate_colours


@dataclass(frozen=True)
class SafetyView:
    """`code` is safety_alert or safety_critical; `title` states the fact and never gives an order.

    `acknowledged` is a finished line such as "Acknowledged by Chen Min 14:32"; empty shows the button `verb`.
    """

    code: str
    title: str
    detail: str = ""
    verb: str = ""
    acknowledged: str = ""


class _SafetyFace(Painted):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = SafetyView("safety_alert", "")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(56))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(500), theme.px(60))

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, wide, high = self.view, float(self.width()), float(self.height())
        colours = plate_colours(look, view.code, _plate_kind(view))
        edge = min(high * 0.7, theme.px(44))
        shape = QRectF(theme.px(12), (high - edge) / 2, edge, edge)
        draw_shape(painter, view.code, shape, colours.ink, colours.fill)
        left = shape.right() + theme.px(14)
        rect = QRectF(left, 0, wide - left - theme.px(8), high)
        second = view.acknowledged or view.detail
        upper = QRectF(rect.left(), high * 0.08, rect.width(), high * (0.5 if second else 0.84))
        self.writer.write(
            painter, upper, view.title, theme.px(24), weight=theme.BOLD, colour=colours.ink, align=LEFT
        )
        if second:
            lower = QRectF(rect.left(), high * 0.56, rect.width(), high * 0.36)
            ink = colours.text
            self.writer.write(
                painter, lower, second, theme.px(16), weight=theme.MEDIUM, colour=ink, align=LEFT
            )


def _plate_kind(view: SafetyView) -> Literal["dim", "bright"]:
    """Bright until a named person has acknowledged it, quiet afterwards; it never goes away."""
    return "dim" if view.acknowledged else "bright"


class SafetyBanner(Painted):
    """Full-width bar above the cards. Its button sends `acknowledged()`; the name comes from the caller."""

    acknowledged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._face = _SafetyFace(self)
        self.button = Button("", "outline", "check", self)
        self.button.clicked.connect(self.acknowledged)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, theme.px(10), 0)
        row.addWidget(self._face, 1)
        row.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_view(self, view: SafetyView) -> None:
        self._face.view = view
        self.button.setText(view.verb)
        self.button.setVisible(bool(view.verb) and not view.acknowledged)
        self.button.set_kind("soft")
        self.setAccessibleName(
            " ".join(part for part in (view.title, view.detail, view.acknowledged) if part)
        )
        self._face.update()
        self.update()

    def elided(self) -> set[str]:
        return set(self._face.writer.elided)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view = self._face.view
        fill = plate_colours(look, view.code, _plate_kind(view)).fill
        panel(painter, QRectF(self.rect()), theme.px(look.radius.control), fill, look.bad, 2)


class ErrorBanner(Card):
    """What happened, what is safe, what to do, the error's code, and buttons that send `acted(code)`."""

    acted = Signal(str)

    def __init__(
        self, parent: QWidget | None = None, *, icon: str = "octagon-alert", tone: Tone = "bad"
    ) -> None:
        super().__init__(parent, tone="bad" if tone == "bad" else "raised", pad=(14, 12), gap=6)
        row = QHBoxLayout()
        row.setSpacing(theme.px(12))
        self._icon = IconLabel(icon, tone, self, size_px=28)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(theme.px(4))
        self.title = Paragraph("", "strong", "text", self)
        self.advice = Paragraph("", "body", "text", self)
        self.code = Label("", "caption", "text2", self)
        for part in (self.title, self.advice, self.code):
            words.addWidget(part)
        row.addLayout(words, 1)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(theme.px(8))
        row.addLayout(self._actions)
        self.body.addLayout(row)
        self._buttons: list[Button] = []

    def show_error(
        self, title: str, advice: str, code: str, actions: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Fill the banner; `actions` are (code, words) of its buttons, the main one first."""
        self.title.setText(title)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        self.code.set_text(code)
        self.code.setVisible(bool(code))
        self.setAccessibleName(f"{title} {advice}".strip())
        for button in self._buttons:
            self._actions.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        for act, text in actions:
            button = Button(text, "outline", "", self)
            button.clicked.connect(lambda _=False, act=act: self.acted.emit(act))
            self._actions.addWidget(button)
            self._buttons.append(button)
        self.show()

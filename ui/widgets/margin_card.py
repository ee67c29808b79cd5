"""MarginCard: title, hero value, target and range, captions, a row for chips, and the verdict plate.

One view in, signals out. The card takes the keyboard itself (raw characters, see number_keys); it decides
nothing: value text, words and plate kind all come in.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.hero_value import CAP, draw_hero
from ui.widgets.number_keys import NumberKeys
from ui.widgets.painting import LEFT, RIGHT, Painted, focus_ring, panel
from ui.widgets.plate import PlateView, VerdictPlate


@dataclass(frozen=True)
class MarginCardView:
    """What one card shows.

    `value` is the text as it stands (`5.4`, a draft such as `10`, or empty for a dash); `draft` underlines it
    until it is committed. `captions` are small lines such as raw against estimate. `spoken` is the whole card
    for a screen reader.
    """

    title: str = ""
    value: str = ""
    unit: str = ""
    target_label: str = ""
    target: str = ""
    span: str = ""
    captions: tuple[str, ...] = ()
    plate: PlateView = field(default_factory=PlateView)
    active: bool = False
    draft: bool = False
    spoken: str = ""


class _Face(Painted):
    """The upper part: title, value, target block, captions."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = MarginCardView()
        self.title_px = 0.0
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(320), theme.px(150))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(220), theme.px(104) + self._captions_height())

    def _captions_height(self) -> int:
        return len(self.view.captions) * theme.px(22)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        view, wide, high = self.view, float(self.width()), float(self.height())
        title_px = min(theme.px(look.size.heading), high * 0.16)
        title = QRectF(0, 0, wide, title_px * 1.35)
        self.writer.write(painter, title, view.title, title_px, weight=theme.MEDIUM, colour=look.text)
        foot = high - self._captions_height() - theme.px(8)
        side = wide * 0.34 if (view.target or view.span) else 0.0
        # digits stand on the foot; what is above them is air between title and value
        top = title.bottom() + theme.px(10)
        hero = QRectF(0, top, wide - side - theme.px(8), max(16.0, foot - top - theme.px(4)))
        hero.setTop(max(hero.top(), foot - theme.px(150) * CAP))
        hero.setBottom(foot)
        ink = look.text if view.value else look.text3
        draw_hero(painter, hero, view.value, view.unit, (ink, look.text2), look.accent if view.draft else "")
        if side:
            self._draw_target(painter, QRectF(wide - side, title.bottom(), side, foot - title.bottom()), look)
        self._draw_captions(painter, foot + theme.px(8), look)

    def _draw_target(self, painter: QPainter, rect: QRectF, look: Tokens) -> None:
        view = self.view
        small = min(theme.px(19), rect.height() * 0.22)
        big = min(theme.px(36), rect.height() * 0.4)
        y = rect.bottom() - small * 1.3 - big * 1.15 - small * 1.3 + small * 0.25
        for text, px, weight, ink in (
            (view.target_label, small, theme.REGULAR, look.text2),
            (view.target, big, theme.BOLD, look.text),
            (view.span, small, theme.REGULAR, look.text2),
        ):
            step = px * (1.15 if px == big else 1.3)
            line = QRectF(rect.left(), y, rect.width(), step)
            self.writer.write(painter, line, text, px, weight=weight, colour=ink, align=RIGHT)
            y += step

    def _draw_captions(self, painter: QPainter, top: float, look: Tokens) -> None:
        step = theme.px(22)
        for i, text in enumerate(self.view.captions):
            line = QRectF(0, top + i * step, self.width(), step)
            size = theme.px(look.size.small)
            self.writer.write(painter, line, text, size, colour=look.text2, align=LEFT, floor=theme.px(12))


class _Rings(Painted):
    """Lies over the card: the blue ring of "active" outside, the focus ring inside it, over the plate too."""

    def __init__(self, card: QWidget) -> None:
        super().__init__(card)
        self.active = False
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, radius = QRectF(self.rect()), theme.px(look.radius.card)
        ring = look.size.active_ring
        if self.active:
            panel(painter, rect, radius, None, look.accent, ring)
        card = self.parentWidget()
        if card is not None and card.hasFocus():
            inner = rect.adjusted(ring, ring, -ring, -ring) if self.active else rect
            focus_ring(painter, inner, radius - (ring if self.active else 0))


class MarginCard(Painted):
    """One margin. `clicked` asks to make it active; typing signals are those of NumberKeys."""

    clicked = Signal()
    typed = Signal(str)
    backspace = Signal()
    committed = Signal()
    cleared = Signal()
    nudged = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._view = MarginCardView()
        self._face = _Face(self)
        self._chips = QHBoxLayout()
        self.plate = VerdictPlate(self, closes_card=True)
        self._body = QVBoxLayout()
        self._body.addWidget(self._face, 1)
        self._body.addLayout(self._chips)
        outer = QVBoxLayout(self)
        outer.setSpacing(0)
        outer.addLayout(self._body, 1)
        outer.addWidget(self.plate)
        self._rings = _Rings(self)
        self._space()
        keys = NumberKeys(self)
        keys.typed.connect(self.typed)
        keys.backspace.connect(self.backspace)
        keys.committed.connect(self.committed)
        keys.cleared.connect(self.cleared)
        keys.nudged.connect(self.nudged)

    def view(self) -> MarginCardView:
        return self._view

    def set_view(self, view: MarginCardView) -> None:
        """Show other content; repaints only what changed."""
        if view == self._view:
            return
        captions = len(view.captions) != len(self._view.captions)
        self._view = view
        self._face.view = view
        self.plate.set_view(view.plate)
        self.setAccessibleName(view.title)
        self.setAccessibleDescription(view.spoken)
        if captions:
            self._face.updateGeometry()
        self._face.update()
        if self._rings.active != view.active:
            self._rings.active = view.active
            self.update()

    def add_chips(self, *widgets: QWidget) -> None:
        """Put widgets into the row between value and plate, from the left; a stretch follows them."""
        for widget in widgets:
            self._chips.insertWidget(self._chips.count(), widget)

    def elided(self) -> set[str]:
        """Texts that did not fit at the last paint."""
        return self._face.writer.elided | self.plate.writer.elided

    def measure_anew(self) -> None:
        self._space()
        super().measure_anew()

    def _space(self) -> None:
        pad, ring = theme.px(18), theme.tokens().size.active_ring
        self._body.setContentsMargins(pad, theme.px(10), pad, theme.px(10))
        self._body.setSpacing(theme.px(8))
        self._chips.setSpacing(theme.px(8))
        outer = self.layout()
        if outer is not None:
            outer.setContentsMargins(ring, ring, ring, ring)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        rect, radius = QRectF(self.rect()), theme.px(look.radius.card)
        panel(painter, rect, radius, look.surface, look.line, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rings.setGeometry(self.rect())
        self._rings.raise_()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.clicked.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

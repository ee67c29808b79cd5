"""What painted widgets share: rounded panels, the focus ring, words that fit, and a base class that repaints
and measures anew when the theme changes. Owns no meaning; colours come from the tokens.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets import fitting

Align = Qt.AlignmentFlag
LEFT = Align.AlignLeft | Align.AlignVCenter
RIGHT = Align.AlignRight | Align.AlignVCenter
CENTRE = Align.AlignCenter
_OPENING = frozenset("“‘「『（《")
CONTROL = Qt.KeyboardModifier.ControlModifier


def row_height() -> int:
    """Height of what stands in a header row beside buttons: as high as they are, at least two lines."""
    return max(theme.px(58), theme.target_px())


def antialiased(painter: QPainter) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)


def panel(
    painter: QPainter,
    rect: QRectF,
    radius: float,
    fill: str | None,
    line: str | None = None,
    width: float = 1,
) -> None:
    """A rounded panel; the outline lies inside `rect`."""
    half = width / 2 if line else 0.0
    painter.setPen(QPen(QColor(line), width) if line else Qt.PenStyle.NoPen)
    painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius - half, radius - half)


def focus_ring(painter: QPainter, rect: QRectF, radius: float) -> None:
    """The visible sign of keyboard focus: 3 px in text colour, distinct from the blue ring of "active"."""
    look = theme.tokens()
    panel(painter, rect, radius, None, look.text, look.size.focus_ring)


def bottom_rounded(rect: QRectF, radius: float) -> QPainterPath:
    """A path square at the top and rounded at the bottom, for a plate that closes a card."""
    path = QPainterPath()
    path.moveTo(rect.topLeft())
    path.lineTo(rect.topRight())
    path.lineTo(rect.right(), rect.bottom() - radius)
    path.quadTo(rect.bottomRight(), QPointF(rect.right() - radius, rect.bottom()))
    path.lineTo(rect.left() + radius, rect.bottom())
    path.quadTo(rect.bottomLeft(), QPointF(rect.left(), rect.bottom() - radius))
    path.closeSubpath()
    return path


def _start(rect: QRectF, wide: float, align: Align) -> float:
    """Where a line of this width begins."""
    if align & Align.AlignRight:
        return float(rect.right() - wide)
    if align & Align.AlignHCenter:
        return float(rect.center().x() - wide / 2)
    return float(rect.left())


class Writer:
    """Draws words that fit and remembers which were elided, so that tests can look for cut text."""

    def __init__(self) -> None:
        self.elided: set[str] = set()

    def write(
        self,
        painter: QPainter,
        rect: QRectF,
        text: str,
        px: float,
        *,
        weight: int = theme.REGULAR,
        colour: str,
        align: Align = LEFT,
        floor: float | None = None,
        lines: int = 1,
    ) -> fitting.Fit:
        """Draw `text` in `rect`, shrunk down to `floor` px (default 62 %), broken to `lines`, then elided."""
        size = max(1, round(px))
        low = min(size, round(floor if floor is not None else px * 0.62))
        found = fitting.fit(text, int(rect.width()), int(rect.height()), size, weight, max(1, low), lines)
        if found.elided:
            self.elided.add(text)
        face = fitting.measure(found.px, weight)
        step = fitting.line_height(found.px)
        painter.setFont(theme.font(found.px, weight))
        painter.setPen(QColor(colour))
        total = step * len(found.lines)
        if align & Align.AlignTop:
            top = rect.top()
        elif align & Align.AlignBottom:
            top = rect.bottom() - total
        else:
            top = rect.center().y() - total / 2
        for i, line in enumerate(found.lines):
            x = _start(rect, fitting.text_width(line, found.px, weight), align)
            # the face's cap height, not its tall line box, decides the middle
            base = top + step * (i + 0.5) + face.capHeight() / 2
            if line[:1] in _OPENING:
                x -= face.leftBearing(line[0])  # wide opening marks carry their air inside
            painter.drawText(QPointF(x, base), line)
        return found


def _paint(widget: Painted | PaintedButton) -> None:
    painter = QPainter(widget)
    antialiased(painter)
    widget.writer.elided.clear()
    widget.draw(painter, theme.tokens())
    painter.end()


def _restyled(widget: Painted | PaintedButton, event: QEvent) -> None:
    if event.type() in (QEvent.Type.StyleChange, QEvent.Type.PaletteChange):
        widget.measure_anew()
        widget.update()


class Painted(QWidget):
    """A widget drawn from tokens. Subclasses implement `draw` and, if they keep caches, `measure_anew`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.writer = Writer()

    def draw(self, painter: QPainter, look: Tokens) -> None:
        """Paint everything with the tokens given; antialiasing is on."""
        raise NotImplementedError

    def measure_anew(self) -> None:
        """Theme or scale changed: sizes and caches are to be made anew. The base class updates the layout."""
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        _restyled(self, event)
        if event.type() == QEvent.Type.EnabledChange:
            self.update()


class PaintedButton(QPushButton):
    """A push button drawn from tokens: click, Space, Enter, focus and accessibility stay Qt's own."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.writer = Writer()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def draw(self, painter: QPainter, look: Tokens) -> None:
        """Paint everything with the tokens given; antialiasing is on."""
        raise NotImplementedError

    def measure_anew(self) -> None:
        self.updateGeometry()

    def paintEvent(self, event: QPaintEvent) -> None:
        _paint(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        _restyled(self, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button that has the focus, as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() & CONTROL:
            self.click()
            event.accept()
            return
        super().keyPressEvent(event)

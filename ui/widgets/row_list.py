"""RowList: rows drawn by a painter, held by a model, so that hundreds scroll and speak without a widget each.

Arrow keys choose, Enter or a press opens, a row's verb is pressed by itself. Subclasses draw a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui.style import theme
from ui.style.tokens import Tokens
from ui.widgets.painting import Writer, antialiased, focus_ring, panel

Index = QModelIndex | QPersistentModelIndex


class SpokenRow(Protocol):
    """What any row must have: a key that stays while its words change, and one line for a screen reader."""

    @property
    def key(self) -> str: ...

    @property
    def spoken(self) -> str: ...


R = TypeVar("R", bound=SpokenRow)


@dataclass(frozen=True)
class RowLook:
    """How a row is to be drawn now."""

    chosen: bool
    hover: bool
    focus: bool
    last: bool


class RowModel(QAbstractListModel):
    """A tuple of rows as a Qt model; the spoken line is the accessible text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[Any, ...] = ()

    def show_rows(self, rows: Sequence[Any]) -> None:
        """Replace all rows; with the same keys only the words change, so that the choice stays."""
        same = [row.key for row in rows] == [row.key for row in self.rows]
        if same:
            self.rows = tuple(rows)
            if rows:
                self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))
            return
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.rows[index.row()].spoken
        return None


class _Delegate(QStyledItemDelegate):
    def __init__(self, view: RowList[Any]) -> None:
        super().__init__(view)
        self._view = view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        antialiased(painter)
        self._view.paint_row(painter, QRectF(option.rect), index.row())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(theme.px(200), self._view.row_height())


class RowList(QListView, Generic[R]):
    """`opened(row)` by press or Enter, `verb_pressed(row)` by the verb at the row's end or Space."""

    opened = Signal(object)
    verb_pressed = Signal(object)
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.writer = Writer()
        self._rows = RowModel()
        self.setModel(self._rows)
        self.setItemDelegate(_Delegate(self))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setObjectName("rows")
        self.setStyleSheet("QListView#rows { background: transparent; border: none; }")
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._hover = -1
        self._pressed = -1

    # what subclasses draw --------------------------------------------------------------------------
    def draw_row(self, painter: QPainter, rect: QRectF, row: R, look: Tokens, state: RowLook) -> None:
        """Draw one row; the ground, the hairline and the focus ring are already there."""
        raise NotImplementedError

    def ground(self, row: R, look: Tokens, state: RowLook) -> str | None:
        """Fill behind a row."""
        del row
        if state.chosen and state.focus:
            return look.accent_dim
        return look.raised if state.hover or state.chosen else None

    def verb_rect(self, rect: QRectF, row: R) -> QRectF | None:
        """Where the row's verb stands, or None without one."""
        del rect, row
        return None

    def row_height(self) -> int:
        """On a touch screen 84 px at 24 inch Full HD and never under a target; with a mouse 56 at scale 1."""
        look = theme.current()
        return max(theme.target_px(), theme.px(60 if look.metrics.touch else look.tokens.size.row))

    # rows ------------------------------------------------------------------------------------------
    def show_rows(self, rows: Sequence[R]) -> None:
        """Show these rows; the chosen one stays chosen by its key."""
        kept = self.current_row()
        self._rows.show_rows(rows)
        at = next((i for i, row in enumerate(rows) if kept is not None and row.key == kept.key), 0)
        if rows:
            self.setCurrentIndex(self._rows.index(at))
        self.viewport().update()

    def rows(self) -> tuple[R, ...]:
        return self._rows.rows

    def current_row(self) -> R | None:
        index = self.currentIndex().row()
        return self._rows.rows[index] if 0 <= index < len(self._rows.rows) else None

    def choose(self, key: str) -> None:
        at = next((i for i, row in enumerate(self._rows.rows) if row.key == key), None)
        if at is not None:
            self.setCurrentIndex(self._rows.index(at))

    # drawing ---------------------------------------------------------------------------------------
    def paint_row(self, painter: QPainter, rect: QRectF, number: int) -> None:
        """Ground, hairline and ring, then the row itself."""
        row, look = self._rows.rows[number], theme.tokens()
        state = RowLook(
            chosen=number == self.currentIndex().row(),
            hover=number == self._hover,
            focus=self.hasFocus(),
            last=number == len(self._rows.rows) - 1,
        )
        fill = self.ground(row, look, state)
        plate = rect.adjusted(theme.px(6), 1, -theme.px(6), -1)
        if fill is not None:
            panel(painter, plate, theme.px(look.radius.control), fill)
        if not state.last:
            line = QRectF(rect.left() + theme.px(6), rect.bottom(), rect.width() - theme.px(12), 1)
            painter.fillRect(line, QColor(look.line))
        if state.chosen and state.focus:
            focus_ring(painter, plate, theme.px(look.radius.control))
        self.draw_row(painter, rect, row, look, state)

    # events ----------------------------------------------------------------------------------------
    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.current_row()
        if row is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(row)
            event.accept()
        elif row is not None and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Menu):
            self.verb_pressed.emit(row)
            event.accept()
        else:
            super().keyPressEvent(event)
            self.chosen.emit(self.current_row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        hover = self.indexAt(event.position().toPoint()).row()
        if hover != self._hover:
            self._hover = hover
            self.setCursor(Qt.CursorShape.PointingHandCursor if hover >= 0 else Qt.CursorShape.ArrowCursor)
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed = self.indexAt(event.position().toPoint()).row()
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        point = event.position().toPoint()
        number = self.indexAt(point).row()
        pressed, self._pressed = self._pressed, -1
        if event.button() == Qt.MouseButton.LeftButton and number >= 0 and number == pressed:
            self._press(number, point)

    def _press(self, number: int, point: QPoint) -> None:
        row = self._rows.rows[number]
        verb = self.verb_rect(QRectF(self.visualRect(self._rows.index(number))), row)
        if verb is not None and verb.contains(point.toPointF()):
            self.verb_pressed.emit(row)
        else:
            self.opened.emit(row)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover = -1
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self.scheduleDelayedItemsLayout()

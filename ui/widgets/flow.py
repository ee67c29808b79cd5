"""FlowLayout: widgets in rows that wrap, so that long words in one language never push a window wider."""

from __future__ import annotations

from PySide6.QtCore import QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class FlowLayout(QLayout):
    """Left to right, then down; items shrink before they wrap; `gap` px between items and rows."""

    def __init__(self, parent: QWidget | None = None, gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(QMargins(0, 0, 0, 0))

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._arrange(QRect(0, 0, width, 0), dry=True)

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, dry=False)

    def sizeHint(self) -> QSize:
        """All on one row."""
        hints = [item.sizeHint() for item in self._items]
        wide = sum(hint.width() for hint in hints) + self._gap * max(0, len(hints) - 1)
        return QSize(wide, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        wide = max((item.minimumSize().width() for item in self._items), default=0)
        return QSize(wide, max((item.sizeHint().height() for item in self._items), default=0))

    def _widths(self, room: int) -> list[int]:
        """Widths of the items: their hints, or squeezed towards their minimum if one row then suffices."""
        hints = [item.sizeHint().width() for item in self._items]
        least = [min(item.minimumSize().width(), hint) for item, hint in zip(self._items, hints, strict=True)]
        gaps = self._gap * max(0, len(hints) - 1)
        excess, slack = sum(hints) + gaps - room, sum(hints) - sum(least)
        if excess <= 0 or slack < excess:
            return hints
        return [hint - -(-(hint - low) * excess // slack) for hint, low in zip(hints, least, strict=True)]

    def _arrange(self, rect: QRect, dry: bool) -> int:
        x, y, row = rect.x(), rect.y(), 0
        for item, wanted in zip(self._items, self._widths(rect.width()), strict=True):
            hint = item.sizeHint()
            wide = min(wanted, rect.width())
            if x > rect.x() and x + wide > rect.right() + 1:
                x, y, row = rect.x(), y + row + self._gap, 0
            if not dry:
                item.setGeometry(QRect(QPoint(x, y), QSize(wide, hint.height())))
            x += wide + self._gap
            row = max(row, hint.height())
        return y + row - rect.y()


def wrapping(widget: QWidget) -> None:
    """Size policy of a widget whose layout wraps: its height follows its width."""
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
    policy.setHeightForWidth(True)
    widget.setSizePolicy(policy)

"""LinkedViews: two photo views that move as one while they are held together. Owns no picture.

Moves are taken on the glass: what one view is dragged, the other is dragged too, whatever its turn.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QPointF

from ui.widgets.photo_view import PhotoView


class LinkedViews(QObject):
    """`hold(ratio)` and `let_go()`; each view stays as it is when it is let go."""

    def __init__(self, one: PhotoView, other: PhotoView) -> None:
        super().__init__(one)
        self._views = (one, other)
        self._anchors: tuple[QPointF, QPointF] | None = None
        self._ratio = 1.0
        self._following = False
        for number, view in enumerate(self._views):
            moved = partial(self._moved, number)
            view.zoomed.connect(moved)
            view.horizontalScrollBar().valueChanged.connect(moved)
            view.verticalScrollBar().valueChanged.connect(moved)

    @property
    def held(self) -> bool:
        return self._anchors is not None

    def hold(self, ratio: float | None = None) -> None:
        """Together from what each looks at now. `ratio`: glass px per picture px of the other for one of the
        first; None keeps the present one."""
        one, other = self._views
        if not one.factor() or not other.factor():
            return
        self._ratio = ratio or other.factor() / one.factor()
        self._anchors = (one.place()[1], other.place()[1])
        self._moved(0)

    def let_go(self) -> None:
        self._anchors = None

    def _moved(self, leader: int, _value: object = None) -> None:
        if self._anchors is None or self._following:
            return
        self._following = True
        try:
            led, view = self._views[1 - leader], self._views[leader]
            factor, centre = view.place()
            ratio = self._ratio if leader == 0 else 1 / self._ratio
            way = centre - self._anchors[leader]
            glass = view.transform().map(way)
            led.go_to(factor * ratio, led.place()[1])
            back, _ok = led.transform().inverted()
            led.go_to(factor * ratio, self._anchors[1 - leader] + back.map(glass))
        finally:
            self._following = False

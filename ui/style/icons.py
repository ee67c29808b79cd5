"""Tinted icons: one SVG of resources/icons in one colour at one size. Owns the cache of rendered icons."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from reset_or.base import resources


@lru_cache(maxsize=128)
def _source(name: str) -> str:
    return resources.resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def icon_pixmap(name: str, px: int, colour: str, ratio: float = 1.0, stroke: float = 2.0) -> QPixmap:
    """The icon `name` as a square pixmap of `px` logical pixels; `stroke` is in 24ths of the edge.

    Raises FileNotFoundError for a name that is not vendored.
    """
    text = (
        _source(name).replace("currentColor", colour).replace('stroke-width="2"', f'stroke-width="{stroke}"')
    )
    edge = max(1, round(px * ratio))
    pixmap = QPixmap(edge, edge)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, px: int, colour: str) -> QIcon:
    """The icon for Qt's own controls (menus, line edits); painted widgets use `icon_pixmap`."""
    return QIcon(icon_pixmap(name, px, colour))

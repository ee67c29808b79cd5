"""The current look: `apply` sets palette, style sheet and sizes at once; widgets ask `tokens()` and `px()`.

The theme belongs to the QApplication (a dynamic property), so there is no module state. No signal is needed:
setting the style sheet sends StyleChange to every widget, and painted widgets repaint and measure anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from reset_or.base import resources
from ui.style.icons import icon, icon_pixmap
from ui.style.qss import style_sheet
from ui.style.tokens import OR_DARK, Tokens

__all__ = [
    "BASE_SIZE", "BOLD", "FAMILY", "MEDIUM", "REGULAR", "Metrics", "Theme", "apply", "colour", "current",
    "fit", "font", "icon", "icon_pixmap", "load_fonts", "metrics", "mm", "motion_ms", "px", "ratio_of",
    "target_px", "tokens",
]  # fmt: skip

FAMILY: Final = "RESET-OR Sans"
FACES: Final = ("Regular", "Medium", "Bold")
REGULAR: Final = 400
MEDIUM: Final = 500
BOLD: Final = 700
BASE_SIZE: Final = (1366, 768)
FALLBACK_PX_PER_MM: Final = 1 / 0.277  # 24 inch Full HD; screens without a physical size
_PROPERTY: Final = "reset_or_theme"
_FONTS_PROPERTY: Final = "reset_or_fonts"


@dataclass(frozen=True)
class Metrics:
    """How large things are: `scale` of the window against 1366x768, `px_per_mm` of the glass, touch or mouse.

    `px_per_mm` comes from a calibration (bank card, 85.6 mm) or else from the screen; EDID sizes lie.
    """

    scale: float = 1.0
    px_per_mm: float = FALLBACK_PX_PER_MM
    touch: bool = False

    @staticmethod
    def for_window(size: QSize, px_per_mm: float | None = None, touch: bool = False) -> Metrics:
        """Metrics for a window of this size; the scale moves in steps of 0.05 so a resize rarely restyles."""
        raw = min(size.width() / BASE_SIZE[0], size.height() / BASE_SIZE[1])
        scale = min(2.5, max(0.85, round(raw * 20) / 20))
        screen = QGuiApplication.primaryScreen()
        if px_per_mm is None and screen is not None and 40 < screen.physicalDotsPerInch() < 400:
            px_per_mm = screen.physicalDotsPerInch() / 25.4
        return Metrics(scale, px_per_mm or FALLBACK_PX_PER_MM, touch)


@dataclass(frozen=True)
class Theme:
    """Tokens, metrics, and whether things may move."""

    tokens: Tokens = OR_DARK
    metrics: Metrics = Metrics()
    reduced_motion: bool = True


_DEFAULT: Final = Theme()


def _app() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("the theme needs a QApplication")
    return app


def current() -> Theme:
    """The theme in force; OR dark at scale 1 before `apply`."""
    app = QApplication.instance()
    found = app.property(_PROPERTY) if app is not None else None
    return found if isinstance(found, Theme) else _DEFAULT


def tokens() -> Tokens:
    return current().tokens


def metrics() -> Metrics:
    return current().metrics


def px(value: float) -> int:
    """A length given in px at scale 1, in px of this window; never 0."""
    return max(1, round(value * current().metrics.scale))


def mm(value: float) -> int:
    """A length on glass in px."""
    return round(value * current().metrics.px_per_mm)


def target_px() -> int:
    """Least edge of anything that is pressed: 20 mm on a touch screen, 44 px (scaled) with a mouse."""
    look = current()
    floor = px(look.tokens.size.mouse_target)
    return max(floor, mm(look.tokens.size.touch_target_mm)) if look.metrics.touch else floor


def key_gap() -> int:
    """Room between keys: wide enough for gloves on a touch screen."""
    look = current()
    return mm(look.tokens.size.touch_gap_mm) if look.metrics.touch else px(8)


def motion_ms(duration_ms: int) -> int:
    """`duration_ms`, or 0 while motion is reduced."""
    return 0 if current().reduced_motion else duration_ms


def colour(value: str, alpha: int = 255) -> QColor:
    """A token as QColor with an alpha of 255."""
    found = QColor(value)
    found.setAlpha(alpha)
    return found


def font(size_px: float, weight: int = REGULAR) -> QFont:
    """The application's face at `size_px` real pixels (already scaled) and weight 400, 500 or 700."""
    found = QFont([FAMILY])
    found.setPixelSize(max(1, round(size_px)))
    found.setWeight(QFont.Weight(weight))
    found.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return found


def ratio_of(widget: QWidget) -> float:
    """Device pixels per logical pixel where the widget is shown."""
    return widget.devicePixelRatioF()


def load_fonts() -> None:
    """Register the three faces with Qt, once per application. Raises RuntimeError if Qt refuses one."""
    app = _app()
    if app.property(_FONTS_PROPERTY):
        return
    for face in FACES:
        with resources.file_of("fonts", f"RESET-OR-Sans-{face}.ttf") as path:
            if QFontDatabase.addApplicationFont(str(path)) < 0:
                raise RuntimeError(f"face not usable: {face}")
    app.setProperty(_FONTS_PROPERTY, True)


def apply(
    app: QApplication,
    tokens: Tokens,
    metrics: Metrics | None = None,
    reduced_motion: bool | None = None,
) -> None:
    """Show these tokens now, in the same event: fonts, palette, style sheet, repaint of everything.

    What is None stays as it was; without a display motion starts reduced.
    """
    load_fonts()
    before = app.property(_PROPERTY)
    if not isinstance(before, Theme):
        before = Theme(reduced_motion=app.platformName() in ("offscreen", "minimal"))
        app.setStyle("Fusion")
    look = Theme(
        tokens,
        metrics or before.metrics,
        before.reduced_motion if reduced_motion is None else reduced_motion,
    )
    app.setProperty(_PROPERTY, look)
    app.setFont(font(px(tokens.size.body)))
    app.setPalette(_palette(tokens))
    app.setStyleSheet(style_sheet(tokens, look.metrics.scale, target_px()))


def fit(app: QApplication, size: QSize, px_per_mm: float | None = None, touch: bool | None = None) -> bool:
    """Adapt the scale to a window size; True if it changed and everything was restyled."""
    look = current()
    wanted = Metrics.for_window(size, px_per_mm, look.metrics.touch if touch is None else touch)
    if px_per_mm is None:
        wanted = replace(wanted, px_per_mm=look.metrics.px_per_mm)
    if wanted == look.metrics:
        return False
    apply(app, look.tokens, wanted)
    return True


def _palette(look: Tokens) -> QPalette:
    role = QPalette.ColorRole
    pairs = {
        role.Window: look.bg,
        role.WindowText: look.text,
        role.Base: look.surface,
        role.AlternateBase: look.raised,
        role.Text: look.text,
        role.Button: look.key,
        role.ButtonText: look.text,
        role.BrightText: look.bad,
        role.Highlight: look.accent,
        role.HighlightedText: look.on_accent,
        role.PlaceholderText: look.text3,
        role.ToolTipBase: look.raised,
        role.ToolTipText: look.text,
        role.Link: look.accent,
        role.LinkVisited: look.accent,
        role.Light: look.raised,
        role.Midlight: look.line,
        role.Mid: look.keyline,
        role.Dark: look.border,
        role.Shadow: look.bg,
    }
    palette = QPalette()
    for key, value in pairs.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(look.text3))
    return palette

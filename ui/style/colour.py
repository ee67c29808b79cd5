"""Contrast arithmetic of WCAG 2.2 on `#RRGGBB` strings. No Qt, so tools can compute the token table."""

from __future__ import annotations


def _channel(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white)."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours, 1 to 21, whichever is the lighter."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def mixed(over: str, under: str, alpha: int) -> str:
    """The colour seen when `over` is painted on `under` with `alpha` of 255."""
    parts = (
        round(int(over[i : i + 2], 16) * alpha / 255 + int(under[i : i + 2], 16) * (1 - alpha / 255))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)

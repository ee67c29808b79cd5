"""Colours of the printed sheet: the light theme on white paper, readable in greyscale. Values only."""

from __future__ import annotations

from typing import Final

INK: Final = "#15202B"
INK2: Final = "#45545F"
INK3: Final = "#5F6E7A"
LINE: Final = "#B4C2CD"
FAINT: Final = "#DDE4EA"
PANEL: Final = "#F3F6F8"
WATERMARK: Final = "#E6EBEF"
WHITE: Final = "#FFFFFF"
OK: Final = "#00705A"
OK_DIM: Final = "#D7F1EA"
SHORT: Final = "#9A4B00"
LONG: Final = "#5B3FB5"
SAFETY: Final = "#B3261E"
SAFETY_DIM: Final = "#FBE0DD"
DEMO: Final = "#FFF3C4"
DEMO_LINE: Final = "#8A6D00"
TISSUE: Final = "#E3B2A8"
TISSUE_LIGHT: Final = "#F1CCC3"
TISSUE_LINE: Final = "#A5645F"
GHOST: Final = "#EAEEF1"
TUMOUR: Final = "#6A1B2A"
TUMOUR_LIGHT: Final = "#A94455"
SCAR: Final = "#D3A298"

"""The one file of design tokens: colours of both themes, spacing, radius, sizes, motion.

Painters and the style sheet read tokens and never write a colour of their own. Contrast and luminance of
everything here are computed by tests/ui/style/test_contrast.py. Owns values, no Qt.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ThemeName = Literal["or_dark", "light"]


@dataclass(frozen=True)
class Spacing:
    """Distances in px at scale 1 (a 1366x768 window)."""

    xs: int = 4
    s: int = 8
    m: int = 12
    l: int = 16  # noqa: E741  the usual name of this step
    xl: int = 24


@dataclass(frozen=True)
class Radius:
    """Corner radii in px at scale 1."""

    small: int = 8
    control: int = 10
    card: int = 14


@dataclass(frozen=True)
class Sizes:
    """Type in px at scale 1 (cap height is 0.733 of it); targets in mm on glass, with a px floor for a mouse.

    20 mm is the size below which touch slows and errs; 44 px is the floor for a mouse.
    """

    caption: int = 13
    small: int = 15
    body: int = 17
    strong: int = 19
    heading: int = 22
    title: int = 27
    subject: int = 31
    mouse_target: int = 44
    key_height: int = 56
    row: int = 56
    touch_target_mm: float = 20.0
    touch_gap_mm: float = 3.0
    focus_ring: int = 3
    active_ring: int = 3


@dataclass(frozen=True)
class Motion:
    """Milliseconds; the theme answers 0 for all when motion is reduced. A toast stays for `toast_ms`."""

    line_ms: int = 140
    sheet_ms: int = 160
    toast_ms: int = 8000


@dataclass(frozen=True)
class DiagramColours:
    """Colours of the bowel diagram and of the arm pictogram."""

    tissue_top: str
    tissue_light: str
    tissue_low: str
    ghost: str
    ghost_line: str
    tumour: str
    tumour_light: str
    tumour_ink: str
    scar: str
    scar_line: str
    tumour_plate: str
    zone_alpha: int
    hatch_alpha: int


@dataclass(frozen=True)
class MarkColours:
    """Marks upon a photograph: the same in both themes, because tissue, drape and ruler are.

    Each stands on a dark casing, so that it is seen on any of them.
    """

    casing: str = "#0A0F14"
    words: str = "#FFFFFF"
    proximal: str = "#4FD8FF"
    distal: str = "#FF9CE6"
    tumour: str = "#FFB45C"
    ruler: str = "#FFE14D"
    check: str = "#B8F28A"


@dataclass(frozen=True)
class Tokens:
    """All tokens of one theme. Colours are `#RRGGBB`.

    `ok`, `short` and `long` are verdict hues (direction owns the hue); `bad` is for errors and safety only
    and never a verdict. `*_dim` is the quiet plate behind a hue, `ink_on_bright` the text on a plate filled
    with that hue.
    """

    name: ThemeName
    bg: str
    surface: str
    raised: str
    key: str
    keyline: str
    pressed: str
    line: str
    border: str
    text: str
    text2: str
    text3: str
    accent: str
    on_accent: str
    accent_dim: str
    accent_pressed: str
    ok: str
    ok_dim: str
    short: str
    short_dim: str
    long: str
    long_dim: str
    ink_on_bright: str
    bad: str
    bad_dim: str
    ink_on_bad: str
    idle: str
    canvas: str
    diagram: DiagramColours
    marks: MarkColours = field(default_factory=MarkColours)
    space: Spacing = field(default_factory=Spacing)
    radius: Radius = field(default_factory=Radius)
    size: Sizes = field(default_factory=Sizes)
    motion: Motion = field(default_factory=Motion)


OR_DARK = Tokens(
    name="or_dark",
    bg="#0A0F14",
    surface="#121A22",
    raised="#1C2731",
    key="#22303C",
    keyline="#3D5162",
    pressed="#2A3947",
    line="#2B3945",
    border="#5E7385",
    text="#DCE5EC",
    text2="#A6B4C0",
    text3="#7E8E9B",
    accent="#62B4FF",
    on_accent="#06131F",
    accent_dim="#16324B",
    accent_pressed="#3F97E8",
    ok="#3FD0AE",
    ok_dim="#0F3730",
    short="#FFA94D",
    short_dim="#432B10",
    long="#BBA5FF",
    long_dim="#2D2650",
    ink_on_bright="#14100A",
    bad="#FF7A6B",
    bad_dim="#4A1B17",
    ink_on_bad="#14100A",
    idle="#8797A4",
    canvas="#1A222A",
    diagram=DiagramColours(
        tissue_top="#7E4B49",
        tissue_light="#D9A79C",
        tissue_low="#6D3E3E",
        ghost="#26313B",
        ghost_line="#566673",
        tumour="#4E1420",
        tumour_light="#8E3140",
        tumour_ink="#F6DCDC",
        scar="#C79A90",
        scar_line="#F3D9D2",
        tumour_plate="#2A1518",
        zone_alpha=48,
        hatch_alpha=88,
    ),
)

LIGHT = Tokens(
    name="light",
    bg="#EEF2F5",
    surface="#FFFFFF",
    raised="#F3F6F8",
    key="#F3F6F8",
    keyline="#B4C2CD",
    pressed="#DDE5EB",
    line="#D3DCE3",
    border="#75889A",
    text="#15202B",
    text2="#45545F",
    text3="#5F6E7A",
    accent="#0B62B8",
    on_accent="#FFFFFF",
    accent_dim="#DDEBFA",
    accent_pressed="#084A8C",
    ok="#00705A",
    ok_dim="#D7F1EA",
    short="#9A4B00",
    short_dim="#FFEBD3",
    long="#5B3FB5",
    long_dim="#E9E3FB",
    ink_on_bright="#FFFFFF",
    bad="#B3261E",
    bad_dim="#FBE0DD",
    ink_on_bad="#FFFFFF",
    idle="#5F6E7A",
    canvas="#DDE4EA",
    diagram=DiagramColours(
        tissue_top="#C07E78",
        tissue_light="#F1CCC3",
        tissue_low="#AC6A66",
        ghost="#E4E9ED",
        ghost_line="#A9B6C0",
        tumour="#6A1B2A",
        tumour_light="#A94455",
        tumour_ink="#F9E6E6",
        scar="#E3B9AF",
        scar_line="#7E3B38",
        tumour_plate="#FBEDEA",
        zone_alpha=52,
        hatch_alpha=104,
    ),
)

THEMES: dict[ThemeName, Tokens] = {"or_dark": OR_DARK, "light": LIGHT}

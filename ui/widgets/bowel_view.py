"""What the bowel diagram shows, and where things stand on its one fixed scale. Plain values, no Qt.

The scale is 16 cm proximal + tumour + 9 cm distal over the width for both arms, so that a reduced resection
looks shorter. Owns geometry; owns no drawing and no rule.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from ui.widgets.verdict_shape import PlateKind

End = Literal["proximal", "distal"]
TumourLook = Literal["raised", "scar", "not_visible"]

REACH_MM: Final[dict[End, int]] = {"proximal": 160, "distal": 90}
FADE_MM: Final = 16
LEAST_TUMOUR_MM: Final = 12  # below this the tumour is drawn this long, or it could not be seen or labelled


@dataclass(frozen=True)
class EndBands:
    """Limits of one end in mm; `tolerance_high_mm` None means no upper tolerance (longer is only noted)."""

    target_mm: int
    tolerance_low_mm: int
    protocol_low_mm: int
    protocol_high_mm: int
    tolerance_high_mm: int | None = None


@dataclass(frozen=True)
class EndView:
    """One end: its length or None, verdict code and plate kind, and its bands (None: no arm, no zones)."""

    value_mm: int | None = None
    code: str = "not_entered"
    kind: PlateKind = "neutral"
    bands: EndBands | None = None


@dataclass(frozen=True)
class BowelView:
    """The whole diagram. `tumour_words` may have two lines; labels are the orientation words of each side."""

    proximal: EndView = field(default_factory=EndView)
    distal: EndView = field(default_factory=EndView)
    tumour_mm: int = 40
    tumour_look: TumourLook = "raised"
    tumour_words: str = ""
    proximal_label: str = ""
    distal_label: str = ""
    spoken: str = ""

    def end(self, which: End) -> EndView:
        return self.proximal if which == "proximal" else self.distal


@dataclass(frozen=True)
class Box:
    """A rectangle in px."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """True when the two overlap or stand nearer than `gap` px."""
        across = self.x < other.right + gap and other.x < self.right + gap
        return across and self.y < other.y + other.h + gap and other.y < self.y + self.h + gap


@dataclass(frozen=True)
class Frame:
    """Geometry for one widget size: px per mm along the bowel, tumour edges, rows from top to bottom.

    Reckoned once: drawing the walls asks for it thousands of times.
    """

    width: float
    height: float
    tumour_mm: int
    unit: float

    @cached_property
    def pad(self) -> float:
        return 20 * self.unit

    @cached_property
    def px_per_mm(self) -> float:
        drawn = max(self.tumour_mm, LEAST_TUMOUR_MM)
        return (self.width - 2 * self.pad) / (REACH_MM["proximal"] + REACH_MM["distal"] + drawn)

    @cached_property
    def tumour_left(self) -> float:
        return self.pad + REACH_MM["proximal"] * self.px_per_mm

    @cached_property
    def tumour_right(self) -> float:
        return self.tumour_left + max(self.tumour_mm, LEAST_TUMOUR_MM) * self.px_per_mm

    def x(self, end: End, length_mm: float) -> float:
        """Where a length stands, counted outwards from that end's tumour edge.

        What lies beyond the drawn reach stands just outside the ruler, inside the frame.
        """
        beyond = min(3.0, 0.8 * self.pad / self.px_per_mm)
        shown = min(max(length_mm, 0.0), REACH_MM[end] + beyond) * self.px_per_mm
        return self.tumour_left - shown if end == "proximal" else self.tumour_right + shown

    def length_mm(self, end: End, x: float) -> int:
        """The whole millimetre under `x`, within the drawn reach."""
        away = self.tumour_left - x if end == "proximal" else x - self.tumour_right
        return min(max(round(away / self.px_per_mm), 0), REACH_MM[end])

    @property
    def flag_height(self) -> float:
        return 40 * self.unit

    @property
    def flag_top(self) -> float:
        return 4 * self.unit

    @cached_property
    def zone_top(self) -> float:
        return self.flag_top + self.flag_height + 6 * self.unit

    @cached_property
    def ruler_y(self) -> float:
        return self.height - 38 * self.unit

    @cached_property
    def arrow_y(self) -> float:
        return self.ruler_y - 13 * self.unit

    @cached_property
    def zone_bottom(self) -> float:
        return self.arrow_y - 11 * self.unit

    @cached_property
    def middle(self) -> float:
        return (self.zone_top + self.zone_bottom) / 2

    @cached_property
    def bowel_radius(self) -> float:
        """Half the thickness of the bowel; wave of the wall and swelling at the tumour come on top."""
        return max(10.0, (self.zone_bottom - self.zone_top) / 2 * 0.66)


def frame_for(width: float, height: float, tumour_mm: int) -> Frame:
    """The frame of a widget of this size in px; below 240 px height everything shrinks with it."""
    unit = min(height / 300, width / 760)
    return Frame(width, height, tumour_mm, max(0.45, min(unit, 1.9)))


def flag_boxes(frame: Frame, values: dict[End, int | None], widths: dict[End, float]) -> dict[End, Box]:
    """Flags above their lines, inside the frame, pushed apart where both lines stand close together."""
    boxes: dict[End, Box] = {}
    for end, value in values.items():
        if value is not None:
            wide = widths[end]
            left = min(max(frame.x(end, value) - wide / 2, 2.0), frame.width - wide - 2.0)
            boxes[end] = Box(left, frame.flag_top, wide, frame.flag_height)
    near, far = boxes.get("proximal"), boxes.get("distal")
    gap = 6 * frame.unit
    if near is not None and far is not None and near.right + gap > far.x:
        push = (near.right + gap - far.x) / 2
        boxes["proximal"] = Box(near.x - push, near.y, near.w, near.h)
        boxes["distal"] = Box(far.x + push, far.y, far.w, far.h)
    return boxes


def label_boxes(frame: Frame, flags: dict[End, Box], widths: dict[End, float]) -> dict[End, Box]:
    """Orientation labels: in the outer corners, or on the inner side of a flag that stands in their way.

    They never hide: a label is moved as far inwards as needed, and only ever past its own flag.
    """
    gap, y = 10 * frame.unit, frame.flag_top
    left = Box(frame.pad * 0.5, y, widths["proximal"], frame.flag_height)
    flag = flags.get("proximal")
    if flag is not None and flag.meets(left, gap):
        left = Box(flag.right + gap, y, left.w, left.h)
    right = Box(frame.width - frame.pad * 0.5 - widths["distal"], y, widths["distal"], frame.flag_height)
    flag = flags.get("distal")
    if flag is not None and flag.meets(right, gap):
        right = Box(flag.x - gap - right.w, y, right.w, right.h)
    return {"proximal": left, "distal": right}

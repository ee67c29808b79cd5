"""Draws a specimen photograph that never was: for the demo, the tests and measuring checks. No patient.

Opened along the antimesenteric side, mucosa up, on a drape, with ruler and label. All lengths are true:
the truth beside the picture says where the cut edges and the tumour's edges lie, to the pixel.
Same arguments, same bytes (with one version of Pillow). Geometry lives in `_Layout`; looks in specimen_paint.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from reset_or.images import specimen_paint as paint

_AXIS_RADIUS_MM = 1150.0
_HALF_WIDTH_MM = 33.0
_RULER_MM = 21.0
_AXIS_AT = 0.365  # of the picture's height
_TILT_DEG = 1.1


@dataclass(frozen=True)
class _Layout:
    """Where things lie: millimetres along (s) and across (n) the bowel's axis to pixels of the picture."""

    width: int
    height: int
    px_per_mm: float
    proximal_mm: int
    distal_mm: int
    tumour_mm: int

    @property
    def length_mm(self) -> float:
        return float(self.proximal_mm + self.tumour_mm + self.distal_mm)

    def point(self, s_mm: float, n_mm: float) -> tuple[float, float]:
        """The axis is a flat arc, so that a length along it is s; n counts downwards in the picture."""
        angle = (s_mm - self.length_mm / 2) / _AXIS_RADIUS_MM
        radius = _AXIS_RADIUS_MM + n_mm
        x = radius * math.sin(angle)
        y = _AXIS_RADIUS_MM - radius * math.cos(angle)
        return self.width / 2 + x * self.px_per_mm, self.height * _AXIS_AT - y * self.px_per_mm

    def path(self, from_mm: float, to_mm: float, steps: int = 24) -> list[list[float]]:
        places = (from_mm + (to_mm - from_mm) * k / steps for k in range(steps + 1))
        return [[round(v, 2) for v in self.point(s, 0.0)] for s in places]


def make_specimen(
    width: int = 6000,
    height: int = 4000,
    proximal_mm: int = 103,
    distal_mm: int = 46,
    tumour_mm: int = 42,
    subject: str = "03-0147",
    *,
    captured_at: int = 1_795_400_000_000,
    zone_min: int = 480,
) -> tuple[bytes, dict[str, Any]]:
    """(JPEG bytes, truth) of a synthetic specimen, proximal end on the left.

    The JPEG carries what cameras leave behind (EXIF with place and serial number, XMP, a comment, a second
    small picture after the end), so that taking it in has something to strip.

    Truth: `px_per_mm`, `proximal_mm`, `distal_mm`, `tumour_mm`; `proximal` / `tumour` / `distal` as
    polylines in pixels from the proximal end on; `ruler`: {"cm": [x, y]} for each numbered mark.
    Width 600-8000 px, about 3:2.
    """
    layout = _lay_out(width, height, proximal_mm, distal_mm, tumour_mm)
    seed = f"{subject}/{proximal_mm}/{distal_mm}/{tumour_mm}"
    picture = _paint_scene(layout, seed)
    marks = _put_ruler(picture, layout)
    _put_label(picture, layout, subject, _local(captured_at, zone_min).strftime("%Y-%m-%d"))
    picture = paint.as_photographed(picture, seed)
    end_of_tumour = proximal_mm + tumour_mm
    truth = {
        "px_per_mm": layout.px_per_mm,
        "proximal_mm": proximal_mm,
        "distal_mm": distal_mm,
        "tumour_mm": tumour_mm,
        "proximal": layout.path(0, proximal_mm),
        "tumour": layout.path(proximal_mm, end_of_tumour),
        "distal": layout.path(end_of_tumour, layout.length_mm),
        "ruler": marks,
    }
    return _as_camera_file(picture, captured_at, zone_min), truth


def _lay_out(width: int, height: int, proximal_mm: int, distal_mm: int, tumour_mm: int) -> _Layout:
    length = proximal_mm + distal_mm + tumour_mm
    across = max(length + 46, 150)
    return _Layout(width, height, min(width / across, height / 140), proximal_mm, distal_mm, tumour_mm)


def _local(at: int, zone_min: int) -> datetime:
    return datetime.fromtimestamp(at / 1000 + zone_min * 60, UTC)


def _paint_scene(layout: _Layout, seed: str) -> Image.Image:
    """Drape, shadow, fat and bowel wall, painted at no more than 3000 px and enlarged: tissue is soft."""
    scale = min(1.0, 3000 / layout.width)
    small = _Layout(
        round(layout.width * scale), round(layout.height * scale), layout.px_per_mm * scale,
        layout.proximal_mm, layout.distal_mm, layout.tumour_mm,
    )  # fmt: skip
    size = (small.width, small.height)
    scene = paint.drape(size, seed)
    outline = paint.outline(small.length_mm, _HALF_WIDTH_MM, seed)
    wall = [small.point(s, n) for s, n in outline.wall]
    fat = [small.point(s, n) for s, n in outline.fat]
    px = small.px_per_mm
    scene = paint.shadow(scene, fat, px)
    scene.paste(paint.fat_texture(size, px, seed), (0, 0), paint.soft_mask(size, fat, 0.5 * px))
    flat = paint.mucosa(small.length_mm, _HALF_WIDTH_MM + 4, small.proximal_mm, small.tumour_mm, px, seed)
    bent = _bend(flat, small, _HALF_WIDTH_MM + 4)
    mask = paint.soft_mask(size, wall, 0.12 * px)
    scene = paint.shadow(scene, wall, px * 0.35)
    scene.paste(paint.rim(bent, mask, px), (0, 0), mask)
    return scene.resize((layout.width, layout.height), Image.Resampling.BICUBIC) if scale < 1 else scene


def _bend(flat: Image.Image, layout: _Layout, half_mm: float) -> Image.Image:
    """Lays the flat texture (s to the right, n downwards) along the axis, in narrow strips."""
    strips = 48
    mesh = []
    scale_x = flat.width / layout.length_mm
    for k in range(strips):
        s0, s1 = layout.length_mm * k / strips, layout.length_mm * (k + 1) / strips
        corners = [layout.point(s0, half_mm), layout.point(s0, -half_mm),
                   layout.point(s1, -half_mm), layout.point(s1, half_mm)]  # fmt: skip
        # MESH wants the source quadrilateral of an upright target box: widen to whole pixels and solve back.
        left, right = int(min(c[0] for c in corners)), math.ceil(max(c[0] for c in corners)) + 1
        top, bottom = int(min(c[1] for c in corners)), math.ceil(max(c[1] for c in corners)) + 1
        quad: list[float] = []
        for x, y in ((left, top), (left, bottom), (right, bottom), (right, top)):
            s_mm, n_mm = _place(layout, x, y)
            quad += [s_mm * scale_x, (half_mm + n_mm) * flat.height / (2 * half_mm)]
        mesh.append(((left, top, right, bottom), tuple(quad)))
    size = (layout.width, layout.height)
    return flat.transform(size, Image.Transform.MESH, mesh, Image.Resampling.BICUBIC)


def _place(layout: _Layout, x: float, y: float) -> tuple[float, float]:
    """The inverse of `_Layout.point`."""
    dx = (x - layout.width / 2) / layout.px_per_mm
    dy = _AXIS_RADIUS_MM + (y - layout.height * _AXIS_AT) / layout.px_per_mm
    s_mm = math.atan2(dx, dy) * _AXIS_RADIUS_MM + layout.length_mm / 2
    return s_mm, math.hypot(dx, dy) - _AXIS_RADIUS_MM


# --- ruler, label, file ---
def _put_ruler(picture: Image.Image, layout: _Layout) -> dict[str, list[float]]:
    """A paper ruler below the specimen; returns the pixel of every numbered mark at its upper edge."""
    px, margin = layout.px_per_mm, 5.0
    count = max(5, int((layout.width / px - 20) // 10))
    long_mm = count * 10 + 2 * margin
    strip = Image.new("RGBA", (round(long_mm * px), round(_RULER_MM * px)), (240, 238, 229, 255))
    draw = ImageDraw.Draw(strip)
    ink = (24, 24, 26, 255)
    font = ImageFont.load_default(round(5.4 * px))
    small = ImageFont.load_default(round(2.6 * px))
    for mm in range(count * 10 + 1):
        x = (margin + mm) * px
        deep = 9.0 if mm % 10 == 0 else 6.4 if mm % 5 == 0 else 4.2
        thick = max(1, round((0.36 if mm % 10 == 0 else 0.22) * px))
        draw.rectangle((x - thick / 2, 0, x + thick / 2 - 1, deep * px), fill=ink)
        if mm % 10 == 0:
            draw.text((x, 10.2 * px), str(mm // 10), ink, font, anchor="mt")
    draw.text((margin * px, 17.0 * px), "cm   RESET-OR   SYNTHETIC SPECIMEN, NO PATIENT", ink, small)
    centre = (layout.width / 2, layout.height * _AXIS_AT + (_HALF_WIDTH_MM + 8 + _RULER_MM / 2 + 5) * px)
    _lay_on(picture, strip, centre, _TILT_DEG, px)
    turn = math.radians(-_TILT_DEG)
    marks = {}
    for cm in range(count + 1):
        dx, dy = (margin + cm * 10) * px - strip.width / 2, -strip.height / 2
        x = centre[0] + dx * math.cos(turn) - dy * math.sin(turn)
        y = centre[1] + dx * math.sin(turn) + dy * math.cos(turn)
        marks[str(cm)] = [round(x, 2), round(y, 2)]
    return marks


def _put_label(picture: Image.Image, layout: _Layout, subject: str, day: str) -> None:
    px = min(layout.px_per_mm, layout.width / 190)
    card = Image.new("RGBA", (round(40 * px), round(14.5 * px)), (0, 0, 0, 0))
    draw = ImageDraw.Draw(card)
    draw.rounded_rectangle((0, 0, card.width - 1, card.height - 1), 1.2 * px, (250, 249, 243, 255))
    draw.text((2.4 * px, 1.8 * px), subject, (22, 22, 24, 255), ImageFont.load_default(round(6.4 * px)))
    small = ImageFont.load_default(round(2.7 * px))
    draw.text((2.5 * px, 9.8 * px), f"RESET-OR   A   {day}", (22, 22, 24, 255), small)
    place = (layout.width - card.width * 0.62, layout.height - card.height * 0.68)
    _lay_on(picture, card, place, -1.6, px)


def _lay_on(
    picture: Image.Image, sheet: Image.Image, centre: tuple[float, float], tilt_deg: float, px: float
) -> None:
    """Pastes a tilted sheet of paper with its shadow."""
    padded = Image.new("RGBA", (sheet.width + 4, sheet.height + 4), (240, 238, 229, 0))  # clean edges
    padded.paste(sheet, (2, 2))
    turned = padded.rotate(tilt_deg, Image.Resampling.BICUBIC, expand=True)
    left, top = round(centre[0] - turned.width / 2), round(centre[1] - turned.height / 2)
    dark = turned.getchannel("A").point([v * 45 // 100 for v in range(256)])
    dark = dark.filter(ImageFilter.BoxBlur(0.5 * px))
    picture.paste((6, 18, 22), (left + round(0.5 * px), top + round(0.9 * px)), dark)
    picture.paste(turned, (left, top), turned)


def _as_camera_file(picture: Image.Image, captured_at: int, zone_min: int) -> bytes:
    """A JPEG with what cameras leave: place, owner, serial number, XMP, a comment, a second picture."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0131] = "SyntheticCam", "SC-24", "specimen_art"
    exif[0x0112] = 1
    zone = f"{'+' if zone_min >= 0 else '-'}{abs(zone_min) // 60:02d}:{abs(zone_min) % 60:02d}"
    part = exif.get_ifd(0x8769)
    part[0x9003] = _local(captured_at, zone_min).strftime("%Y:%m:%d %H:%M:%S")
    part[0x9011] = zone
    part[0xA430], part[0xA431] = "OWNER-MUST-GO", "SERIAL-MUST-GO"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (30.0, 34.0, 12.0), "E", (114.0, 16.0, 48.0)
    stream = io.BytesIO()
    picture.save(
        stream, "JPEG", quality=90, subsampling="4:2:0", exif=exif, comment=b"COMMENT-MUST-GO",
        xmp=b"<x:xmpmeta>XMP-MUST-GO</x:xmpmeta>", dpi=(300, 300),
    )  # fmt: skip
    second = picture.resize((160, 160 * picture.height // picture.width), Image.Resampling.BOX)
    second.save(stream, "JPEG", comment=b"TAIL-MUST-GO")
    return stream.getvalue()

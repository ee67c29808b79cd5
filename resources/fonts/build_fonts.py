"""Cuts the three faces of "RESET-OR Sans" out of the static Noto Sans SC files (see README.md).

    python resources/fonts/build_fonts.py FOLDER_WITH_SOURCES resources/fonts

Owns which characters are shipped and how the faces are named. Needs fontTools and nothing else.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "RESET-OR Sans"

# Latin with Latin-1 and Extended-A (names), Greek, punctuation, super/subscripts, letterlike signs, arrows,
# mathematics, box and geometric shapes, dingbats, CJK punctuation, full-width forms.
EXTRA_RANGES = (
    (0x0020, 0x007E), (0x00A0, 0x017F), (0x0370, 0x03FF), (0x2000, 0x206F), (0x2070, 0x209F),
    (0x2100, 0x214F), (0x2190, 0x21FF), (0x2200, 0x22FF), (0x25A0, 0x25FF), (0x2600, 0x26FF),
    (0x2700, 0x27BF), (0x3000, 0x303F), (0xFF00, 0xFFEF),
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """One file: style name, source file, the Chinese character set it carries, its OS/2 weight."""

    style: str
    source: str
    charset: str
    weight: int


FACES = (
    Face("Regular", "NotoSansSC_400Regular.ttf", "gbk", 400),
    Face("Medium", "NotoSansSC_500Medium.ttf", "gb2312", 500),
    Face("Bold", "NotoSansSC_700Bold.ttf", "gb2312", 700),
)


def characters(charset: str) -> set[int]:
    """Code points of a double-byte Chinese character set, together with `EXTRA_RANGES`."""
    wanted = {point for low, high in EXTRA_RANGES for point in range(low, high + 1)}
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(charset, "ignore")
            if len(text) == 1:
                wanted.add(ord(text))
    return wanted


def rename(font: TTFont, face: Face) -> None:
    """Give the face its own names: PDF writers cache faces by PostScript name, so it must be unique."""
    table = font["name"]
    keep = {number: table.getDebugName(number) for number in (0, 5, 13, 14)}
    postscript = f"RESET-ORSans-{face.style}"
    plain = face.style in ("Regular", "Bold")
    names = keep | {
        1: FAMILY if plain else f"{FAMILY} {face.style}",
        2: face.style if plain else "Regular",
        3: f"{postscript};cut from {face.source.removesuffix('.ttf')}",
        4: f"{FAMILY} {face.style}",
        6: postscript,
        16: FAMILY,
        17: face.style,
    }
    table.names = []
    for number, text in names.items():
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].usWeightClass = face.weight


def build(source: Path, target: Path, face: Face) -> None:
    """Subset one face; raises ValueError when the source has no TrueType outlines (reportlab needs them)."""
    options = Options()
    options.layout_features = ["kern", "ccmp", "mark", "mkmk", "locl"]
    options.drop_tables += ["vhea", "vmtx", "BASE", "STAT", "GlyphOrder"]
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.hinting = False
    font = TTFont(source, recalcTimestamp=False)
    if "glyf" not in font:
        raise ValueError(f"{source.name} has no TrueType outlines")
    cutter = Subsetter(options)
    cutter.populate(unicodes=characters(face.charset))
    cutter.subset(font)
    rename(font, face)
    font.save(target)


def main(sources: Path, out: Path) -> None:
    for face in FACES:
        target = out / f"RESET-OR-Sans-{face.style}.ttf"
        build(sources / face.source, target, face)
        sys.stdout.write(f"{target.name}  {target.stat().st_size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

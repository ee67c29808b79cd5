"""The shipped faces and icons: names, outlines, characters, size; every icon asked for can be drawn."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from PySide6.QtGui import QFontInfo
from pytestqt.qtbot import QtBot

from reset_or.base import resources
from ui.style import theme

FONTS = Path(str(resources.resource("fonts")))
ICONS = Path(str(resources.resource("icons")))
UI = Path(theme.__file__).parents[1]
FACES = ("Regular", "Medium", "Bold")
NEEDED = (
    "0123456789.\u2212\u00b1+\u2013\u2026\u2022\u00b7\u2264\u2265\u2192\u2190\u2713\u25cb\u201c\u201d\u2039\u203a"
    "\uff0e\u3002\uff0c\uff08\uff09\uff10\uff19\u00d7\u00e9近端切缘距离拖出体外未离断缩小切除范围组允许误差内待判定肛侧口侧唱读"
)


def _face(style: str) -> TTFont:
    return TTFont(BytesIO((FONTS / f"RESET-OR-Sans-{style}.ttf").read_bytes()), lazy=True)


@pytest.mark.parametrize("style", FACES)
def test_a_face_carries_its_own_names_and_truetype_outlines(style: str) -> None:
    face = _face(style)
    names = face["name"]
    assert names.getDebugName(6) == f"RESET-ORSans-{style}"
    assert names.getDebugName(16) == "RESET-OR Sans"
    assert names.getDebugName(17) == style
    assert "glyf" in face
    assert "CFF " not in face


@pytest.mark.parametrize("style", FACES)
def test_a_face_has_the_characters_of_the_screens_and_tabular_digits(style: str) -> None:
    face = _face(style)
    known = face.getBestCmap()
    assert [char for char in NEEDED if ord(char) not in known] == []
    assert len({face["hmtx"][known[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_regular_covers_gbk_and_the_others_gb2312() -> None:
    for style, charset in zip(FACES, ("gbk", "gb2312", "gb2312"), strict=True):
        known = _face(style).getBestCmap()
        hanzi = [
            text
            for lead in range(0xB0, 0xF8)
            for trail in range(0xA1, 0xFF)
            if len(text := bytes((lead, trail)).decode(charset, "ignore")) == 1
            and 0x4E00 <= ord(text) <= 0x9FFF
        ]
        assert len(hanzi) >= 6763
        assert [char for char in hanzi if ord(char) not in known] == []


def test_the_faces_stay_small() -> None:
    assert sum(path.stat().st_size for path in FONTS.glob("*.ttf")) < 16_000_000


def test_qt_serves_our_family_at_three_weights(qtbot: QtBot) -> None:
    theme.load_fonts()
    for weight in (theme.REGULAR, theme.MEDIUM, theme.BOLD):
        info = QFontInfo(theme.font(20, weight))
        assert info.family() == theme.FAMILY
        assert info.weight() == weight


@pytest.mark.parametrize("path", sorted(ICONS.glob("*.svg")), ids=lambda path: path.stem)
def test_an_icon_is_drawn_in_the_colour_asked_for(qtbot: QtBot, path: Path) -> None:
    image = theme.icon_pixmap(path.stem, 24, "#3FD0AE").toImage()
    inked = [
        image.pixelColor(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 200
    ]
    assert len(inked) > 5
    assert all(abs(c.red() - 0x3F) + abs(c.green() - 0xD0) + abs(c.blue() - 0xAE) < 24 for c in inked)


def test_every_icon_named_in_the_code_is_vendored() -> None:
    """A missing icon would be found only when its page is drawn."""
    vendored = {path.stem for path in ICONS.glob("*.svg")}
    calls = re.compile(
        r'(?:icon_pixmap|IconButton|IconLabel|IconText|set_icon_name|set_icon)\(\s*"([a-z0-9-]+)"'
    )
    named = {name for path in UI.rglob("*.py") for name in calls.findall(path.read_text(encoding="utf-8"))}
    assert named
    assert named - vendored == set()


def test_licences_travel_with_the_files() -> None:
    assert "SIL Open Font License" in (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "ISC License" in (ICONS / "LICENSE.txt").read_text(encoding="utf-8")

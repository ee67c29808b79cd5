"""Every colour pair in use, computed from the token file: text, needed graphics, luminance of plates."""

from __future__ import annotations

import re

import pytest

from ui.style.colour import contrast, luminance, mixed
from ui.style.tokens import LIGHT, OR_DARK, THEMES, Tokens

BOTH = pytest.mark.parametrize("look", THEMES.values(), ids=THEMES.keys())

# (ink, ground): words a person must read
TEXT = [
    *((ink, ground) for ink in ("text", "text2") for ground in ("bg", "surface", "raised", "key", "pressed")),
    *((ink, "surface") for ink in ("text3", "accent", "ok", "short", "long", "bad")),
    *((ink, "bg") for ink in ("text3", "accent", "ok", "short", "bad")),
    ("text", "accent_dim"), ("accent", "accent_dim"),
    ("on_accent", "accent"), ("on_accent", "accent_pressed"),
    ("ok", "ok_dim"), ("short", "short_dim"), ("long", "long_dim"), ("bad", "bad_dim"),
    ("text", "ok_dim"), ("text", "short_dim"), ("text", "long_dim"), ("text", "bad_dim"),
    ("text2", "bad_dim"), ("ink_on_bright", "short"), ("ink_on_bright", "long"), ("ink_on_bad", "bad"),
    ("idle", "raised"), ("text2", "canvas"),
]  # fmt: skip
# shapes and edges that carry meaning
GRAPHICS = [
    ("border", "surface"), ("border", "bg"), ("accent", "surface"), ("accent", "pressed"), ("ok", "surface"),
    ("short", "surface"), ("long", "surface"), ("bad", "surface"), ("text", "surface"), ("text", "accent"),
    ("text2", "surface"), ("text3", "surface"), ("ok", "ok_dim"),
]  # fmt: skip
# what a person sees from across the room
HERO = [("text", "surface"), ("text", "bg")]


def _ratio(look: Tokens, ink: str, ground: str) -> float:
    return contrast(getattr(look, ink), getattr(look, ground))


def _misses(look: Tokens, pairs: list[tuple[str, str]], least: float) -> dict[str, float]:
    found = {f"{ink} on {ground}": round(_ratio(look, ink, ground), 2) for ink, ground in pairs}
    return {name: ratio for name, ratio in found.items() if ratio < least}


@BOTH
def test_words_reach_four_and_a_half(look: Tokens) -> None:
    assert _misses(look, TEXT, 4.5) == {}


@BOTH
def test_the_value_reaches_ten(look: Tokens) -> None:
    assert _misses(look, HERO, 10.0) == {}


@BOTH
def test_needed_graphics_reach_three(look: Tokens) -> None:
    # the focus ring lies outside a primary button, so text on accent is not the pair that is seen
    pairs = [pair for pair in GRAPHICS if pair != ("text", "accent")]
    assert _misses(look, pairs, 3.0) == {}


@BOTH
def test_tumour_words_are_readable_on_both_ends_of_its_shade(look: Tokens) -> None:
    colours = look.diagram
    assert contrast(colours.tumour_ink, colours.tumour) >= 4.5
    assert contrast(colours.tumour_ink, colours.tumour_light) >= 4.5
    assert contrast(look.text, colours.tumour_plate) >= 4.5


@BOTH
def test_the_specimen_stands_out_from_the_bowel_left_behind(look: Tokens) -> None:
    assert contrast(look.diagram.tissue_light, look.diagram.ghost) >= 1.2
    assert contrast(look.diagram.scar_line, look.diagram.scar) >= 1.35


@pytest.mark.parametrize(("look", "documented"), [(OR_DARK, 6.9), (LIGHT, 5.2)], ids=["or_dark", "light"])
def test_bright_and_dim_plates_differ_in_luminance_as_documented(look: Tokens, documented: float) -> None:
    """In-range is dim and out-of-range bright, which is what remains when no colour is seen."""
    ratio = contrast(look.ok_dim, look.short)
    assert ratio == pytest.approx(documented, abs=0.15)
    assert contrast(look.ok_dim, look.long) >= documented - 1.2


@BOTH
def test_a_zone_stays_visible_over_the_bowel(look: Tokens) -> None:
    tint = mixed(look.ok, look.surface, look.diagram.zone_alpha)
    assert contrast(tint, look.surface) >= 1.15
    assert contrast(look.ok, look.diagram.ghost) >= 3.0


def test_the_documented_table_still_holds() -> None:
    table = {
        (OR_DARK, "text"): 13.8, (OR_DARK, "text2"): 8.3, (OR_DARK, "text3"): 5.2, (OR_DARK, "accent"): 7.9,
        (OR_DARK, "ok"): 9.1, (OR_DARK, "short"): 9.2, (OR_DARK, "long"): 8.3, (OR_DARK, "bad"): 6.9,
        (OR_DARK, "border"): 3.6, (LIGHT, "text"): 16.5, (LIGHT, "text2"): 7.8, (LIGHT, "text3"): 5.3,
        (LIGHT, "accent"): 6.1, (LIGHT, "ok"): 6.1, (LIGHT, "short"): 6.2, (LIGHT, "long"): 7.4,
        (LIGHT, "bad"): 6.5, (LIGHT, "border"): 3.7,
    }  # fmt: skip
    found = {(look.name, ink): round(_ratio(look, ink, "surface"), 1) for look, ink in table}
    assert found == {(look.name, ink): ratio for (look, ink), ratio in table.items()}


@BOTH
def test_every_colour_is_six_hex_digits(look: Tokens) -> None:
    colours = {
        k: v for k, v in (vars(look) | vars(look.diagram)).items() if isinstance(v, str) and k != "name"
    }
    assert [name for name, value in colours.items() if not re.fullmatch(r"#[0-9A-F]{6}", value)] == []


def test_luminance_and_contrast_at_their_ends() -> None:
    assert luminance("#000000") == 0
    assert luminance("#FFFFFF") == pytest.approx(1.0)
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == pytest.approx(1.0)
    assert mixed("#FFFFFF", "#000000", 255) == "#FFFFFF"

"""The promise of a photograph's length, on scenes that are thrown: a few here, hundreds in tests/bench."""

from __future__ import annotations

from tests.conftest import Effort
from tests.fakes.measuring_study import summary, table, with_card, with_two_clicks

SMALL = (1300, 1900)


def test_a_distal_margin_by_the_card(effort: Effort) -> None:
    """Tilt 0 to 25 degrees, lens, blur, noise, light, JPEG, turns, blood on the card, clicks with error."""
    rows = [with_card(effort.seed + number, long_side=SMALL) for number in effort.rounds(10)]
    print(table("with the card", rows))
    found = summary(rows)
    assert found.refused <= 0.02 * found.photos
    assert found.median_mm < 0.5
    assert found.p95_mm < 1.5
    assert found.covered >= 0.95
    assert found.uncertainty_mm < 2.0


def test_two_clicks_on_a_ruler_without_tilt(effort: Effort) -> None:
    rows = [with_two_clicks(effort.seed + number, long_side=SMALL) for number in effort.rounds(10)]
    print(table("two clicks on a ruler", rows))
    found = summary(rows)
    assert found.refused == 0
    assert found.p95_mm < 1.0
    assert found.covered >= 0.95

"""The shipped scheme against the trial's published table and formula, and against malformed files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base import resources
from reset_or.base.errors import UserFixable
from reset_or.record import codebook
from reset_or.trial.codes import Arm, End, Query, State, Status, Verdict
from reset_or.trial.limits import Band, EndScheme
from reset_or.trial.scheme import load_scheme, parse_scheme

SCHEME = load_scheme()
RAW = resources.read_bytes("schemes", "reset-1.toml").decode()
ENDS = [(arm, end) for arm in (Arm.CONVENTIONAL, Arm.REDUCED) for end in End]

# The table of default bands in mm, typed from the trial's description: verdict -> (first, last).
TABLE: dict[tuple[str, str], dict[str, list[tuple[int, int | None]]]] = {
    ("conventional", "proximal"): {
        "short_deviation": [(0, 74)],
        "short_warning": [(75, 89)],
        "within_tolerance": [(90, 99)],
        "within_protocol": [(100, 150)],
        "exceeds_note": [(151, None)],
    },
    ("conventional", "distal"): {
        "short_deviation": [(0, 39)],
        "short_warning": [(40, 44)],
        "within_tolerance": [(45, 49)],
        "within_protocol": [(50, 80)],
        "exceeds_note": [(81, None)],
    },
    ("reduced", "proximal"): {
        "short_deviation": [(0, 39)],
        "short_warning": [(40, 44)],
        "within_tolerance": [(45, 49), (61, 74)],
        "within_protocol": [(50, 60)],
        "exceeds_warning": [(75, 89)],
        "exceeds_crossover": [(90, None)],
    },
    ("reduced", "distal"): {
        "short_deviation": [(0, 19)],
        "short_warning": [(20, 24)],
        "within_tolerance": [(25, 29), (36, 39)],
        "within_protocol": [(30, 35)],
        "exceeds_warning": [(40, 44)],
        "exceeds_crossover": [(45, None)],
    },
}


@pytest.mark.parametrize(("arm", "end"), ENDS)
def test_bands_are_the_published_table(arm: Arm, end: End) -> None:
    said = SCHEME.end(arm, end)
    assert said is not None
    found = {v.value: list(said.span_mm(v)) for v in Verdict if said.span_mm(v)}
    assert found == TABLE[arm.value, end.value]


def _tolerance(target_mm: int) -> int:
    return max(SCHEME.tolerance.at_least_mm, target_mm * SCHEME.tolerance.permille // 1000)


@pytest.mark.parametrize(("arm", "end"), ENDS)
def test_bands_follow_the_formula(arm: Arm, end: End) -> None:
    said, other = SCHEME.end(arm, end), SCHEME.end(Arm.CONVENTIONAL, end)
    assert said is not None
    assert other is not None
    middle = SCHEME.midpoint.proximal_mm if end is End.PROXIMAL else SCHEME.midpoint.distal_mm
    target, tol = said.target_mm, _tolerance(said.target_mm)
    assert said.tolerance_mm == tol
    if arm is Arm.REDUCED:
        above = target + (10 if end is End.PROXIMAL else 5)
        expected = [
            0,
            target - 2 * tol,
            target - tol,
            target,
            above + 1,
            middle,
            other.target_mm - other.tolerance_mm,
        ]
    else:
        expected = [0, middle, target - tol, target, 151 if end is End.PROXIMAL else 81]
    assert [band.from_mm for band in said.bands] == expected


def test_midpoint_lies_halfway_between_the_targets() -> None:
    for end, middle in ((End.PROXIMAL, SCHEME.midpoint.proximal_mm), (End.DISTAL, SCHEME.midpoint.distal_mm)):
        one, other = SCHEME.end(Arm.CONVENTIONAL, end), SCHEME.end(Arm.REDUCED, end)
        assert one is not None
        assert other is not None
        assert 2 * middle == one.target_mm + other.target_mm


def test_targets_are_those_of_the_registry() -> None:
    targets = {(a.value, e.value): said.target_mm for a, e in ENDS if (said := SCHEME.end(a, e))}
    assert targets == {
        ("conventional", "proximal"): 100,
        ("conventional", "distal"): 50,
        ("reduced", "proximal"): 50,
        ("reduced", "distal"): 30,
    }


def test_factors_and_lines_of_the_states() -> None:
    found = {
        s.value: (x.factor_permille, x.plus_minus_permille, x.distal_alert_mm, x.ex_vivo, x.of_record)
        for s, x in SCHEME.states.items()
    }
    assert found == {
        "in_vivo_plan": (1000, 0, 20, False, False),
        "in_vivo": (1000, 0, 20, False, True),
        "exteriorised": (1000, 0, 20, False, True),
        "fresh_unpinned": (850, 100, 20, True, False),
        "fresh_unpinned_late": (750, 100, 20, True, False),
        "fresh_pinned": (900, 100, 20, True, False),
        "fixing": (None, 0, 20, True, False),
        "fixed_pinned": (700, 100, 15, True, False),
        "fixed_unpinned": (600, 100, 15, True, False),
        "histology": (None, 0, 0, True, False),
    }


def test_shipped_scheme_is_unsigned_until_somebody_signs() -> None:
    assert not SCHEME.is_signed
    assert replace(SCHEME, signed_by="zhang", signed_at=1).is_signed
    assert not replace(SCHEME, signed_by="zhang").is_signed
    assert SCHEME.donut_added is False


def test_bands_of_a_screen() -> None:
    reduced, conventional = SCHEME.end(Arm.REDUCED, End.DISTAL), SCHEME.end(Arm.CONVENTIONAL, End.DISTAL)
    assert reduced is not None
    assert conventional is not None
    assert (reduced.tolerance_low_mm, reduced.protocol_mm, reduced.tolerance_high_mm) == (25, (30, 35), 39)
    assert (conventional.tolerance_low_mm, conventional.protocol_mm) == (45, (50, 80))
    assert conventional.tolerance_high_mm is None
    assert SCHEME.end(Arm.TO_FOLLOW, End.DISTAL) is None


@pytest.mark.parametrize(
    ("codelist", "codes"),
    [
        ("arm", list(Arm)),
        ("end", list(End)),
        ("state", list(State)),
        ("verdict", list(Verdict)),
        ("status", list(Status)),
        ("query", [query for query in Query if query is not Query.SOFT_LIMIT]),
    ],
)
def test_every_code_has_its_label(codelist: str, codes: list[str]) -> None:
    assert {str(code) for code in codes} <= set(codebook.codes(codelist))


def test_reasons_are_those_of_the_codebook() -> None:
    assert list(SCHEME.reasons) == list(codebook.codes("reason"))
    assert list(SCHEME.missing) == list(codebook.codes("missing"))
    assert set(codebook.codes("edge")) >= SCHEME.safety.uncertain_edges
    assert set(codebook.codes("appearance")) >= SCHEME.safety.uncertain_appearances


@pytest.mark.parametrize("version", ["reset-2", "", "../reset-1", "reset-1.toml", "RESET-1", "a/b", "x" * 99])
def test_unknown_version_is_named(version: str) -> None:
    with pytest.raises(UserFixable) as caught:
        load_scheme(version)
    assert caught.value.code == "scheme_unknown"


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ('feedback = "live" ', 'feedback = "loud" ', "scheme.feedback"),
        ("distal_critical_mm = 10", "distal_critical_mm = -1", "scheme.safety.distal_critical_mm"),
        ("distal_critical_mm = 10", "distal_critical_mm = 1.0", "scheme.safety.distal_critical_mm"),
        ("distal_critical_mm = 10", "distal_critical_mm = true", "scheme.safety.distal_critical_mm"),
        ("distal_critical_mm = 10", "distal_crucial_mm = 10", "scheme.safety.distal_critical_mm"),
        ("donut_added = false", "donut_added = 0", "scheme.donut_added"),
        ("[midpoint]", "[middle]", "scheme.midpoint"),
        ("from_mm = 61,", "from_mm = 49,", "scheme.arms.reduced.proximal.bands"),
        ("target_mm = 30", "target_mm = 31", "scheme.arms.reduced.distal.bands"),
        ('{ from_mm = 25, verdict = "within_tolerance" }', "", "toml"),
        (
            '{ from_mm = 0, verdict = "short_deviation" }',
            '{ from_mm = 1, verdict = "short_deviation" }',
            "bands",
        ),
        ('verdict = "exceeds_note"', 'verdict = "not_entered"', "bands"),
        ('verdict = "exceeds_note"', 'verdict = "far_too_long"', "verdict"),
        ("factor_permille = 850", "factor_permille = 100", "scheme.states.fresh_unpinned.factor_permille"),
        ("factor_permille = 850", "factor_permille = 1200", "scheme.states.fresh_unpinned.factor_permille"),
        ("fixing = {", "frozen = {", "scheme.states.frozen"),
        ("histology = {", "# {", "scheme.states"),
        ("[codes]", "[words]", "codes"),
        ('version = "reset-1"', "version = 1", "scheme.version"),
        ("distal_hard_mm = 200", "distal_hard_mm = 200\nother_mm = 1", "scheme.limits.other_mm"),
    ],
)
def test_malformed_scheme_names_the_place(old: str, new: str, where: str) -> None:
    assert old in RAW
    with pytest.raises(UserFixable) as caught:
        parse_scheme(RAW.replace(old, new, 1).encode())
    assert caught.value.code == "scheme_malformed"
    assert where in str(caught.value.details["where"])


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_by_name(untrusted: bytes) -> None:
    with pytest.raises(UserFixable) as caught:
        parse_scheme(untrusted)
    assert caught.value.code == "scheme_malformed"


@given(st.integers(0, len(RAW) - 1), st.sampled_from(["", '"', "0", "x", "]", "\n"]))
def test_a_damaged_file_is_read_whole_or_refused_by_name(place: int, instead: str) -> None:
    damaged = RAW[:place] + instead + RAW[place + 1 :]
    code, scheme = "", None
    try:
        scheme = parse_scheme(damaged.encode())
    except UserFixable as error:
        code = error.code
    if scheme is None:
        assert code == "scheme_malformed"
    else:
        assert set(scheme.states) == set(State)
        assert (scheme.digest == SCHEME.digest) is (damaged == RAW)


def test_look_up_is_the_last_band_that_starts_at_or_below() -> None:
    said = EndScheme(30, 5, (Band(0, Verdict.SHORT_DEVIATION), Band(30, Verdict.WITHIN_PROTOCOL)))
    found: list[Any] = [said.verdict_at(mm) for mm in (0, 29, 30, 10_000)]
    assert found == ["short_deviation", "short_deviation", "within_protocol", "within_protocol"]

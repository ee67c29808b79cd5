"""The object of `check`: its keys and order, every ruling about queries, status and blocking, and tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import UserFixable
from reset_or.trial.check import CheckResult, RefusedRow, check_pair, check_table
from reset_or.trial.codes import BLOCKING, Arm, State, Unit
from reset_or.trial.scheme import load_scheme

SCHEME = load_scheme()
DATA = Path(__file__).parents[2] / "data"
END_KEYS = ["entered", "unit", "state", "mm", "in_vivo_mm", "low_mm", "high_mm", "decisive", "verdict"]
CASE_KEYS = ["scheme", "arm", "case_verdict", "status", "as_delivered", "safety", "queries"]
HEADER = "arm,state,proximal_cm,distal_cm\n"
TEXTS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.from_regex(r"-?[0-9０-９]{0,3}[.,。]?[0-9]{0,2} ?(cm|mm)?", fullmatch=True),
)


def _check(
    arm: str,
    proximal: str | None,
    distal: str | None,
    state: str = "in_vivo",
    distal_state: str | None = None,
    unit: str = "cm",
) -> CheckResult:
    second = State(distal_state or state)
    return check_pair(Arm(arm), proximal, distal, Unit(unit), State(state), second, SCHEME)


def test_object_has_exactly_these_keys_in_this_order() -> None:
    found = _check("reduced", "5.2", "3.1").to_json()
    assert list(found) == ["proximal", "distal", *CASE_KEYS]
    assert list(found["proximal"]) == list(found["distal"]) == END_KEYS
    assert found == {
        "proximal": {
            "entered": "5.2",
            "unit": "cm",
            "state": "in_vivo",
            "mm": 52,
            "in_vivo_mm": 52,
            "low_mm": 52,
            "high_mm": 52,
            "decisive": True,
            "verdict": "within_protocol",
        },
        "distal": {
            "entered": "3.1",
            "unit": "cm",
            "state": "in_vivo",
            "mm": 31,
            "in_vivo_mm": 31,
            "low_mm": 31,
            "high_mm": 31,
            "decisive": True,
            "verdict": "within_protocol",
        },
        "scheme": "reset-1",
        "arm": "reduced",
        "case_verdict": "within_protocol",
        "status": "of_record",
        "as_delivered": "red-like",
        "safety": "",
        "queries": [],
    }


def test_an_estimate_shows_its_interval() -> None:
    found = _check("conventional", "8.5", "4.3", "fresh_unpinned").to_json()
    distal = found["distal"]
    assert (distal["mm"], distal["in_vivo_mm"], distal["low_mm"], distal["high_mm"]) == (43, 51, 45, 57)
    assert distal["decisive"] is True
    assert found["proximal"] | {"decisive": False} == found["proximal"]  # 8.9 short to 11.3 within
    assert (found["status"], found["queries"]) == ("estimated", ["not_decisive"])


@pytest.mark.parametrize(
    ("arm", "proximal", "distal", "state", "case_verdict", "status", "queries"),
    [
        (
            "conventional",
            "100",
            "50",
            "in_vivo",
            "no_verdict",
            "no_verdict",
            ["out_of_range", "unit_mistake"],
        ),
        ("reduced", "5.0", "0.3", "in_vivo", "short_deviation", "provisional", ["decimal_slip"]),
        ("conventional", "5.0", "10.0", "in_vivo", "short_deviation", "provisional", ["swapped_ends"]),
        ("reduced", "5.0", "", "in_vivo", "incomplete", "incomplete", []),
        ("conventional", "6.0", None, "in_vivo", "short_deviation", "incomplete", []),
        ("reduced", None, "4.5", "in_vivo", "exceeds_crossover", "incomplete", []),
        ("reduced", None, None, "in_vivo", "incomplete", "incomplete", []),
        ("reduced", None, "0.3", "in_vivo", "short_deviation", "incomplete", ["decimal_slip"]),
        ("conventional", "10.2", "5.1", "in_vivo", "within_protocol", "of_record", []),
        ("conventional", "10.2", "5.1", "exteriorised", "within_protocol", "of_record", []),
        ("conventional", "10.2", "5.1", "in_vivo_plan", "within_protocol", "provisional", []),
        ("conventional", "10.2", "5.1", "histology", "no_verdict", "no_verdict", []),
        ("conventional", "10.2", "5.1", "fixing", "no_verdict", "no_verdict", []),
        ("conventional", "5.2", "3.1", "in_vivo", "short_deviation", "of_record", []),
        ("conventional", "12.0", "9.0", "in_vivo", "exceeds_note", "of_record", []),
        ("conventional", "4.0", "4.5", "in_vivo", "short_deviation", "provisional", ["swapped_ends"]),
        ("reduced", "4.49", "3.0", "in_vivo", "no_verdict", "no_verdict", ["digits_two_decimals"]),
        ("reduced", "4,5", "３．０", "in_vivo", "within_tolerance", "of_record", []),
        ("reduced", "5cm", "31 mm", "in_vivo", "within_protocol", "of_record", []),
        ("reduced", "-5", "0", "in_vivo", "no_verdict", "no_verdict", ["negative", "zero"]),
        ("reduced", "five", "3.0", "in_vivo", "no_verdict", "no_verdict", ["not_a_number"]),
        (
            "reduced",
            "0.5",
            "4.49",
            "in_vivo",
            "no_verdict",
            "no_verdict",
            ["decimal_slip", "digits_two_decimals"],
        ),
        ("reduced", "50", "", "in_vivo", "no_verdict", "no_verdict", ["out_of_range", "unit_mistake"]),
        ("reduced", "45", "", "histology", "no_verdict", "no_verdict", ["out_of_range"]),
    ],
)
def test_rulings(
    arm: str,
    proximal: str | None,
    distal: str | None,
    state: str,
    case_verdict: str,
    status: str,
    queries: list[str],
) -> None:
    result = _check(arm, proximal, distal, state)
    found = result.to_json()
    assert (found["case_verdict"], found["status"], found["queries"]) == (case_verdict, status, queries)
    assert result.blocked is bool(set(queries) & BLOCKING)


def test_typed_millimetres() -> None:
    found = _check("reduced", "50", "30", unit="mm").to_json()
    assert (found["proximal"]["mm"], found["distal"]["mm"], found["case_verdict"]) == (
        50,
        30,
        "within_protocol",
    )
    assert found["proximal"]["unit"] == "mm"
    mixed = _check("reduced", "5.0", "31 mm").to_json()
    assert (mixed["proximal"]["unit"], mixed["distal"]["unit"], mixed["distal"]["mm"]) == ("cm", "mm", 31)
    assert mixed["distal"]["entered"] == "31 mm"


def test_left_out_end_has_null_numbers() -> None:
    found = _check("reduced", "5.0", None).to_json()["distal"]
    assert found == {
        "entered": "",
        "unit": "cm",
        "state": "in_vivo",
        "mm": None,
        "in_vivo_mm": None,
        "low_mm": None,
        "high_mm": None,
        "decisive": None,
        "verdict": "not_entered",
    }


def test_blocked_pair_has_no_verdict_anywhere_and_keeps_what_was_typed() -> None:
    found = _check("reduced", "5.0", "31").to_json()
    assert [found[end]["verdict"] for end in ("proximal", "distal")] == ["no_verdict", "no_verdict"]
    assert (found["proximal"]["mm"], found["distal"]["mm"]) == (50, None)
    assert found["distal"]["entered"] == "31"
    assert (found["as_delivered"], found["case_verdict"], found["status"]) == ("", "no_verdict", "no_verdict")


def test_states_per_end() -> None:
    found = _check("reduced", "4.3", "3.1", "fresh_unpinned", "in_vivo").to_json()
    assert (found["proximal"]["in_vivo_mm"], found["distal"]["in_vivo_mm"]) == (51, 31)
    assert (found["status"], found["case_verdict"]) == ("estimated", "within_protocol")
    one = _check("reduced", "5.0", "3.1", "in_vivo", "histology").to_json()
    assert [one["proximal"]["verdict"], one["distal"]["verdict"]] == ["within_protocol", "no_verdict"]
    assert (one["case_verdict"], one["status"], one["as_delivered"]) == ("no_verdict", "no_verdict", "")
    assert (one["distal"]["mm"], one["distal"]["in_vivo_mm"]) == (31, None)


def test_swap_is_judged_on_in_vivo_lengths() -> None:
    assert (
        "swapped_ends"
        not in _check("reduced", "4.0", "5.0", "fixed_unpinned", "in_vivo").to_json()["queries"]
    )
    assert "swapped_ends" in _check("reduced", "4.0", "3.0", "in_vivo", "fixed_unpinned").to_json()["queries"]


@given(
    st.sampled_from(["conventional", "reduced"]),
    TEXTS,
    TEXTS,
    st.sampled_from(list(State)),
    st.sampled_from(list(Unit)),
)
def test_total_over_any_text(
    arm: str, proximal: str | None, distal: str | None, state: State, unit: Unit
) -> None:
    result = _check(arm, proximal, distal, state.value, unit=unit.value)
    found = json.loads(json.dumps(result.to_json()))
    assert list(found) == ["proximal", "distal", *CASE_KEYS]
    assert found["queries"] == sorted(set(found["queries"]))
    assert result.blocked is bool(set(found["queries"]) & BLOCKING)
    if result.blocked:
        assert found["status"] == found["case_verdict"] == "no_verdict"
        assert {found[end]["verdict"] for end in ("proximal", "distal")} <= {"no_verdict", "not_entered"}
    both = all(found[end]["in_vivo_mm"] is not None for end in ("proximal", "distal"))
    assert bool(found["as_delivered"]) is both
    for end in ("proximal", "distal"):
        numbers = [found[end][key] for key in ("in_vivo_mm", "low_mm", "high_mm", "decisive")]
        assert numbers.count(None) in (0, 4)


# --- tables


def _table(text: str) -> list[CheckResult | RefusedRow]:
    return check_table(text.encode(), SCHEME)


def test_published_table_as_bytes() -> None:
    rows = check_table((DATA / "verdicts.csv").read_bytes(), SCHEME)
    assert len(rows) == 24
    assert not any(row.blocked for row in rows)
    assert rows[1].to_json()["case_verdict"] == "within_tolerance"


def test_a_bad_row_is_reported_in_its_place_and_stops_no_other() -> None:
    rows = _table(
        HEADER
        + "reduced,in_vivo,5.0,3.0\n"
        + "shortened,in_vivo,5.0,3.0\n"
        + "reduced,in_a_jar,5.0,\n"
        + "reduced,in_vivo,50,3.0\n"
        + " Reduced , IN_VIVO ,5.0\n"
    )
    assert [row.blocked for row in rows] == [False, True, True, True, False]
    second, third, fourth = (row.to_json() for row in rows[1:4])
    assert list(second) == ["proximal", "distal", *CASE_KEYS, "problem"]
    assert list(second["proximal"]) == END_KEYS
    assert (second["problem"], second["arm"], second["status"]) == ("unknown_arm", "shortened", "no_verdict")
    assert (third["problem"], third["distal"]["verdict"]) == ("unknown_state", "not_entered")
    assert "problem" not in fourth
    assert rows[4].to_json()["status"] == "incomplete"


def test_other_columns_and_their_order_do_not_matter() -> None:
    rows = _table('note,distal_cm,ARM,proximal_cm, State \n"a, b",3.0,reduced,5.0,in_vivo,spare\n')
    assert rows[0].to_json()["case_verdict"] == "within_protocol"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, newline: str) -> None:
    text = '备注,arm,state,proximal_cm,distal_cm\n新鲜标本,reduced,in_vivo,５．０,"3,1"\n\n,,,,\n'
    rows = check_table(text.replace("\n", newline).encode(encoding), SCHEME)
    assert [row.to_json()["case_verdict"] for row in rows] == ["within_protocol"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "csv_columns_missing"),
        (b"arm,state,proximal_cm\nreduced,in_vivo,5\n", "csv_columns_missing"),
        ("arm,state".encode("utf-16"), "csv_encoding"),
        (b"\xff\xfe\x00", "csv_encoding"),
        (b"a\0b", "csv_encoding"),
        (HEADER.encode() + b'reduced,in_vivo,"5.0,3.0\n', "csv_damaged"),
        (HEADER.encode() + b"reduced,in_vivo," + b"5" * 200_000 + b",3\n", "csv_damaged"),
    ],
)
def test_unreadable_tables_are_named(content: bytes, code: str) -> None:
    with pytest.raises(UserFixable) as caught:
        check_table(content, SCHEME)
    assert caught.value.code == code


def test_missing_columns_are_named() -> None:
    with pytest.raises(UserFixable) as caught:
        check_table(b"arm;state;proximal_cm;distal_cm\n", SCHEME)
    assert caught.value.details["columns"] == "arm, state, proximal_cm, distal_cm"


def test_a_table_without_rows_is_empty() -> None:
    assert _table(HEADER) == []


@given(st.binary(max_size=200))
def test_any_bytes_after_a_header_are_rows_or_refused_by_name(untrusted: bytes) -> None:
    rows: list[CheckResult | RefusedRow] = []
    code = ""
    try:
        rows = check_table(HEADER.encode() + untrusted, SCHEME)
    except UserFixable as error:
        code = error.code
    assert code in ("", "csv_encoding", "csv_damaged")
    assert all(list(row.to_json())[:9] == ["proximal", "distal", *CASE_KEYS] for row in rows)

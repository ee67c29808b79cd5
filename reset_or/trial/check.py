"""The pure part of `reset-or check`: judges a typed pair, or each row of a table, without any record.

Judges as if signed and confirmed and as if the scheme were approved. Gives the stable object that scripts
read; printing it is `cli.check`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reset_or.base.errors import UserFixable
from reset_or.trial.codes import Arm, End, Query, State, Unit
from reset_or.trial.entry import Typed, end_queries, is_blocked, pair_queries, parse_length
from reset_or.trial.limits import Scheme
from reset_or.trial.states import Estimate, estimate
from reset_or.trial.verdict import CaseVerdict, EndInput, EndVerdict, judge_pair

ARMS: Final = (Arm.CONVENTIONAL, Arm.REDUCED)
COLUMNS: Final = ("arm", "state", "proximal_cm", "distal_cm")
LARGEST_CSV: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class CheckResult:
    """A judged pair with the texts as typed."""

    proximal: Typed
    distal: Typed
    case: CaseVerdict

    @property
    def blocked(self) -> bool:
        """A typed value was refused: nothing was judged, the command ends with 1."""
        return self.case.blocked

    def to_json(self) -> dict[str, Any]:
        """The object of `check --json`: both ends, then the case; lengths in mm, null where unknown."""
        case = self.case
        return {
            "proximal": _end_json(self.proximal, case.proximal),
            "distal": _end_json(self.distal, case.distal),
            "scheme": case.scheme,
            "arm": case.arm.value,
            "case_verdict": case.case_verdict.value,
            "status": case.status.value,
            "as_delivered": case.as_delivered.value,
            "safety": case.safety.value,
            "queries": sorted(query.value for query in case.queries),
        }


@dataclass(frozen=True)
class RefusedRow:
    """A row whose arm or state is not known; it is reported in its place and stops no other row."""

    arm: str
    state: str
    proximal: str
    distal: str
    scheme: str
    problem: str

    @property
    def blocked(self) -> bool:
        return True

    def to_json(self) -> dict[str, Any]:
        """The same keys as a judged pair, everything undecided, and `problem` with the code."""
        ends = {
            end: {
                "entered": text,
                "unit": Unit.CM.value,
                "state": self.state,
                "mm": None,
                "in_vivo_mm": None,
                "low_mm": None,
                "high_mm": None,
                "decisive": None,
                "verdict": "no_verdict" if text.strip() else "not_entered",
            }
            for end, text in ((End.PROXIMAL.value, self.proximal), (End.DISTAL.value, self.distal))
        }
        return {
            **ends,
            "scheme": self.scheme,
            "arm": self.arm,
            "case_verdict": "no_verdict",
            "status": "no_verdict",
            "as_delivered": "",
            "safety": "",
            "queries": [],
            "problem": self.problem,
        }


def _end_json(typed: Typed, end: EndVerdict) -> dict[str, Any]:
    return {
        "entered": typed.entered,
        "unit": typed.unit.value,
        "state": end.state.value,
        "mm": end.mm,
        "in_vivo_mm": end.in_vivo_mm,
        "low_mm": end.low_mm,
        "high_mm": end.high_mm,
        "decisive": end.decisive,
        "verdict": end.verdict.value,
    }


def check_pair(
    arm: Arm,
    proximal_text: str | None,
    distal_text: str | None,
    unit: Unit,
    proximal_state: State,
    distal_state: State,
    scheme: Scheme,
) -> CheckResult:
    """Judges a pair as typed; total over any text. None or blank text is an end left out."""
    proximal, first, asked = _end(proximal_text, unit, End.PROXIMAL, proximal_state, arm, scheme)
    distal, second, also = _end(distal_text, unit, End.DISTAL, distal_state, arm, scheme)
    queries = asked | also | pair_queries(_in_vivo(first, scheme), _in_vivo(second, scheme))
    return CheckResult(proximal, distal, judge_pair(arm, first, second, scheme, queries))


def _end(
    text: str | None, unit: Unit, end: End, state: State, arm: Arm, scheme: Scheme
) -> tuple[Typed, EndInput, frozenset[Query]]:
    typed = parse_length(text, unit)
    queries = end_queries(typed, end, state, arm, scheme)
    blocked = is_blocked(queries)
    return typed, EndInput(end, state, None if blocked else typed.mm, blocked=blocked), queries


def _in_vivo(given: EndInput, scheme: Scheme) -> Estimate | None:
    return None if given.mm is None else estimate(given.mm, given.state, scheme)


def check_table(untrusted_csv: bytes, scheme: Scheme) -> list[CheckResult | RefusedRow]:
    """Judges each row of a CSV (columns arm, state, proximal_cm, distal_cm; others ignored; lengths in cm).

    UTF-8 with or without BOM, else GB18030. Rows with nothing in them are skipped. Raises UserFixable:
    `csv_too_large`, `csv_encoding`, `csv_columns_missing`, `csv_damaged`.
    """
    if len(untrusted_csv) > LARGEST_CSV:
        raise UserFixable("csv_too_large", limit_mib=LARGEST_CSV >> 20)
    try:
        return [_row(row, scheme) for row in _rows(_decode(untrusted_csv))]
    except csv.Error as error:
        raise UserFixable("csv_damaged") from error


def _decode(untrusted_csv: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = untrusted_csv.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UserFixable("csv_encoding")


def _rows(text: str) -> Iterator[dict[str, str]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip().lower() for name in next(reader, [])]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise UserFixable("csv_columns_missing", columns=", ".join(missing))
    places = {name: header.index(name) for name in COLUMNS}
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield {name: cells[place] if place < len(cells) else "" for name, place in places.items()}


def _row(row: Mapping[str, str], scheme: Scheme) -> CheckResult | RefusedRow:
    arm, state = row["arm"].strip().lower(), row["state"].strip().lower()
    known_arm, known_state = arm in ARMS, state in tuple(State)
    if not (known_arm and known_state):
        problem = "unknown_arm" if not known_arm else "unknown_state"
        return RefusedRow(
            row["arm"], row["state"], row["proximal_cm"], row["distal_cm"], scheme.version, problem
        )
    return check_pair(
        Arm(arm), row["proximal_cm"], row["distal_cm"], Unit.CM, State(state), State(state), scheme
    )

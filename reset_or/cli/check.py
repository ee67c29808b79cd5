"""`reset-or check`: judges a typed pair of margins, or every row of a CSV, and records nothing."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reset_or.base.errors import UsageError, UserFixable
from reset_or.base.units import cm_text
from reset_or.base.words import Language, say
from reset_or.record.codebook import label
from reset_or.trial.check import ARMS, CheckResult, RefusedRow, check_pair, check_table
from reset_or.trial.codes import Arm, State, Unit
from reset_or.trial.entry import Typed
from reset_or.trial.scheme import DEFAULT_VERSION, load_scheme
from reset_or.trial.verdict import EndVerdict

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

_PAIR = ("arm", "proximal", "distal", "unit", "state", "proximal_state", "distal_state")
_NUMBER_LIKE = re.compile(r"-[0-9.,]")


def add_parser(subparsers: Subparsers, language: Language = "en") -> argparse.ArgumentParser:
    """Adds the command; `run` takes what it parsed."""
    states = ", ".join(State)
    parser = subparsers.add_parser(
        "check", help=say("check.help", language), description=say("check.description", language)
    )
    # argparse takes "-3,1" for an option and would end with "expected one argument"; here it is a
    # (negative) number, to be refused by name like any other.
    parser._negative_number_matcher = _NUMBER_LIKE
    parser.add_argument("--arm", help=say("check.help_arm", language))
    parser.add_argument("--proximal", metavar="LENGTH", help=say("check.help_proximal", language))
    parser.add_argument("--distal", metavar="LENGTH", help=say("check.help_distal", language))
    parser.add_argument("--unit", help=say("check.help_unit", language))
    parser.add_argument("--state", help=say("check.help_state", language, states=states))
    parser.add_argument("--proximal-state", metavar="STATE", help=say("check.help_proximal_state", language))
    parser.add_argument("--distal-state", metavar="STATE", help=say("check.help_distal_state", language))
    parser.add_argument("--csv", metavar="FILE", help=say("check.help_csv", language))
    parser.add_argument(
        "--scheme",
        default=DEFAULT_VERSION,
        metavar="VERSION",
        help=say("check.help_scheme", language, version=DEFAULT_VERSION),
    )
    # No default of its own, so that an option of the same name before the command is kept.
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help=say("check.help_json", language)
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints the judgement; 0 judged, 1 a value was refused.

    Raises UsageError (`check_csv_alone`, `check_needs_arm`, `unknown_arm`, `unknown_state`, `unknown_unit`)
    and UserFixable (`csv_*`, `scheme_unknown`).
    """
    language: Language = "zh" if getattr(args, "language", "en") == "zh" else "en"
    as_json: bool = getattr(args, "json", False)
    if args.csv is not None:
        rows = _check_file(args)
        if as_json:
            _print_json({"rows": [row.to_json() for row in rows]})
        else:
            for number, row in enumerate(rows, start=1):
                print(say("check.row", language, row=number))
                print("\n".join(_lines(row, language)))
        return int(any(row.blocked for row in rows))
    result = _check_args(args)
    if as_json:
        _print_json(result.to_json())
    else:
        print("\n".join(_lines(result, language)))
    return int(result.blocked)


def _check_file(args: argparse.Namespace) -> list[CheckResult | RefusedRow]:
    if any(getattr(args, name) is not None for name in _PAIR):
        raise UsageError("check_csv_alone")
    try:
        untrusted_csv = Path(args.csv).read_bytes()
    except FileNotFoundError as error:
        raise UserFixable("csv_not_found", path=args.csv) from error
    except (OSError, ValueError) as error:
        raise UserFixable("csv_not_readable", path=args.csv) from error
    return check_table(untrusted_csv, load_scheme(args.scheme))


def _check_args(args: argparse.Namespace) -> CheckResult:
    if args.arm is None:
        raise UsageError("check_needs_arm")
    if args.arm not in ARMS:
        raise UsageError("unknown_arm")
    if args.unit is not None and args.unit not in tuple(Unit):
        raise UsageError("unknown_unit")
    both = args.state if args.state is not None else State.IN_VIVO.value
    return check_pair(
        Arm(args.arm),
        args.proximal,
        args.distal,
        Unit(args.unit or Unit.CM),
        _state(args.proximal_state if args.proximal_state is not None else both),
        _state(args.distal_state if args.distal_state is not None else both),
        load_scheme(args.scheme),
    )


def _state(code: str) -> State:
    if code not in tuple(State):
        raise UsageError("unknown_state")
    return State(code)


def _print_json(content: dict[str, Any]) -> None:
    # ASCII only: typed text may hold what the terminal's encoding cannot.
    print(json.dumps(content, indent=2))


def _lines(row: CheckResult | RefusedRow, language: Language) -> list[str]:
    if isinstance(row, RefusedRow):
        return [
            say("check.refused_row", language, problem=say(f"check.problem_{row.problem}", language)),
        ]
    case = row.case
    lines = [
        say("check.head", language, arm=label("arm", case.arm, language), scheme=case.scheme),
        *_end_lines(row.proximal, case.proximal, language),
        *_end_lines(row.distal, case.distal, language),
        say(
            "check.case",
            language,
            verdict=label("verdict", case.case_verdict, language),
            status=label("status", case.status, language),
        ),
    ]
    if case.as_delivered:
        delivered = label("as_delivered", case.as_delivered, language)
        lines.append(say("check.delivered", language, delivered=delivered))
    if case.safety:
        lines.append(say("check.safety", language, safety=label("safety", case.safety, language)))
    lines += [
        say("check.query", language, query=label("query", query, language)) for query in sorted(case.queries)
    ]
    return lines


def _end_lines(typed: Typed, end: EndVerdict, language: Language) -> list[str]:
    name, verdict = label("end", end.end, language), label("verdict", end.verdict, language)
    if end.mm is None:
        if typed.is_blank:
            return [say("check.end_none", language, end=name, verdict=verdict)]
        shown = _printable(typed.entered)
        return [say("check.end_refused", language, end=name, entered=shown, verdict=verdict)]
    state = label("state", end.state, language)
    lines = [say("check.end", language, end=name, cm=cm_text(end.mm), state=state, verdict=verdict)]
    if end.ex_vivo and end.in_vivo_mm is not None and end.low_mm is not None and end.high_mm is not None:
        low, high = cm_text(end.low_mm), cm_text(end.high_mm)
        lines.append(say("check.estimate", language, cm=cm_text(end.in_vivo_mm), low=low, high=high))
    return lines


def _printable(untrusted_text: str) -> str:
    """The typed text without control characters, and short: a terminal must not obey it."""
    return "".join(char if char.isprintable() else "?" for char in untrusted_text[:40])

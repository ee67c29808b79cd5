"""`reset-or reading ...`: record, change, undo, say why there is none, give a reason."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions import cases, readings
from reset_or.base.errors import UserFixable
from reset_or.base.words import say
from reset_or.cli import shared
from reset_or.cli.case import case_lines
from reset_or.record.codebook import codes
from reset_or.trial.codes import End, Unit
from reset_or.trial.entry import parse_length


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("reading", help=say("cli.reading_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    add = acts.add_parser("add", help=say("cli.reading_add", "en"))
    change = acts.add_parser("change", help=say("cli.reading_change", "en"))
    undo = acts.add_parser("undo", help=say("cli.reading_undo", "en"))
    missing = acts.add_parser("not-measured", help=say("cli.reading_missing", "en"))
    reason = acts.add_parser("reason", help=say("cli.reading_reason", "en"))
    seen = acts.add_parser("safety-seen", help=say("cli.reading_safety", "en"))
    for each in (add, missing, seen):
        each.add_argument("subject", metavar="SS-NNNN")
    for each in (change, undo, reason):
        each.add_argument("reading", metavar="READING")
    for each in (add, missing):
        each.add_argument("--end", choices=tuple(End), required=True)
        each.add_argument("--state", choices=codes("state"), required=True)
    for each in (add, change):
        each.add_argument("--length", required=True, metavar="LENGTH")
        each.add_argument("--unit", choices=codes("unit"), default="cm")
        each.add_argument("--retyped", action="store_true", help=say("cli.reading_retyped", "en"))
    add.add_argument("--segment", choices=codes("segment"), default="main")
    add.add_argument("--edge", choices=codes("edge"), default="")
    add.add_argument("--landmark-offset-mm", type=int)
    add.add_argument("--method", choices=codes("method"), default="")
    add.add_argument("--measured-by", default="")
    add.add_argument("--typed-later", action="store_true")
    missing.add_argument("--why", choices=codes("missing"), required=True)
    reason.add_argument("--why", choices=codes("reason"), required=True)
    reason.add_argument("--note", default="")
    seen.add_argument("--by", required=True)
    for each in (add, change, undo, missing, reason, seen):
        shared.add_person_options(each)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        case = workspace.do(cases.find_case, subject=args.subject) if "subject" in args else ""
        if args.act == "add":
            typed = _length(args)
            saved = workspace.do(
                readings.record_reading, case=case, end=args.end, value_mm=typed[0], entered=typed[1],
                unit=args.unit, state=args.state, segment=args.segment, edge=args.edge, method=args.method,
                measured_by=args.measured_by, landmark_offset_mm=args.landmark_offset_mm,
                retyped=args.retyped, typed_later=args.typed_later,
            )  # fmt: skip
        elif args.act == "change":
            typed = _length(args)
            saved = workspace.do(
                readings.change_reading, reading=args.reading, value_mm=typed[0], entered=typed[1],
                unit=args.unit, retyped=args.retyped,
            )  # fmt: skip
        elif args.act == "undo":
            saved = workspace.do(readings.undo_reading, reading=args.reading)
        elif args.act == "not-measured":
            saved = workspace.do(
                readings.not_measured, case=case, end=args.end, state=args.state, missing=args.why
            )
        elif args.act == "reason":
            saved = workspace.do(readings.set_reason, reading=args.reading, reason=args.why, note=args.note)
        else:
            saved = workspace.do(readings.acknowledge_safety, case=case, by=args.by)
        case = case or next(iter(saved.changes.cases))
        view = workspace.do(cases.case_view, case=case)
        content = {"reading": saved.rec, "revision": saved.rev_id, "case": shared.plain(view)}
        shared.show(args, content, [saved.rec, *case_lines(view, language)])
    return 0


def _length(args: argparse.Namespace) -> tuple[int, str]:
    """(mm, as typed); refuses what cannot be read as a length."""
    typed = parse_length(args.length, Unit(args.unit))
    if typed.mm is None:
        query = typed.problem.value if typed.problem is not None else "not_a_number"
        raise UserFixable("length_refused", query=query)
    return typed.mm, args.length[:16]

"""`reset-or case ...`: list, show, register, allocate, start the specimen's clock."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions import cases
from reset_or.actions.report import erased_lines
from reset_or.actions.views import HIDDEN, CaseRow, CaseView, EndView, StepView
from reset_or.base.clock import SystemClock
from reset_or.base.units import cm_text
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.record.codebook import codes, field, label


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("case", help=say("cli.case_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    rows = acts.add_parser("list", help=say("cli.case_list", "en"))
    rows.add_argument("--search", default="")
    show = acts.add_parser("show", help=say("cli.case_show", "en"))
    add = acts.add_parser("add", help=say("cli.case_add", "en"))
    add.add_argument("--sex", choices=codes("sex"), default="")
    add.add_argument("--age", type=int)
    add.add_argument("--initials", default="")
    add.add_argument("--room", default="")
    add.add_argument("--planned-on", default="", metavar="YYYY-MM-DD")
    add.add_argument("--procedure", choices=codes("procedure"), default="anterior_resection")
    add.add_argument("--tumour-length-mm", type=int)
    add.add_argument("--tumour-appearance", choices=codes("appearance"), default="")
    allocate = acts.add_parser("allocate", help=say("cli.case_allocate", "en"))
    for each in (add, allocate):
        each.add_argument("--arm", choices=codes("arm"), default="to_follow")
        each.add_argument("--rand-no", default="")
        each.add_argument("--rand-no-again", default="")
    removed = acts.add_parser("removed", help=say("cli.case_removed", "en"))
    removed.add_argument("--minutes-ago", type=int, default=0)
    for each in (show, add, allocate, removed):
        each.add_argument("subject", metavar="SS-NNNN")
    for each in (rows, show, add, allocate, removed):
        shared.add_person_options(each)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        if args.act == "list":
            rows = workspace.do(cases.case_rows, search=args.search)
            shared.show(args, {"cases": rows}, [_row(row, language) for row in rows])
            return 0
        if args.act == "add":
            workspace.do(
                cases.register_case, subject=args.subject, sex=args.sex, age=args.age, initials=args.initials,
                room=args.room, planned_on=args.planned_on, arm=args.arm, rand_no=args.rand_no,
                rand_no_again=args.rand_no_again, procedure=args.procedure,
                tumour_length_mm=args.tumour_length_mm, tumour_appearance=args.tumour_appearance,
            )  # fmt: skip
        case = workspace.do(cases.find_case, subject=args.subject)
        if args.act == "allocate":
            workspace.do(
                cases.set_allocation, case=case, arm=args.arm, rand_no=args.rand_no,
                rand_no_again=args.rand_no_again,
            )  # fmt: skip
        elif args.act == "removed":
            workspace.do(cases.mark_removed, case=case, minutes_ago=args.minutes_ago)
        view = workspace.do(cases.case_view, case=case)
        shared.show(args, view, case_lines(view, language))
    return 0


def case_lines(view: CaseView, language: Language) -> list[str]:
    """A case for a person at a terminal: exactly what the gate left in the view."""
    arm = say("cli.arm_hidden", language) if view.arm == HIDDEN else label("arm", view.arm, language)
    lines = [f"{view.subject}  {arm}  {label('lifecycle', view.lifecycle, language)}  {view.nct}"]
    lines += _step(view.record, language) if not view.blinded else []
    lines += _step(view.specimen, language)
    for found in view.conflicts:
        name = field(found.form, found.field).label(language)
        both = ", ".join(f"{value} ({user})" for value, user, _ in found.values)
        lines.append(say("cli.conflict", language, field=name, n=len(found.values), values=both))
    lines += [f"  {line}" for line in erased_lines(view, language, SystemClock().offset_min())]
    if view.not_authorised:
        lines.append(say("cli.not_authorised", language, n=view.not_authorised))
    for signature in view.signatures:
        lines.append(f"  {label('meaning', signature.meaning, language)}: {signature.name}")
    lines += [f"  {photo.sha256[:16]}  {photo.w} x {photo.h}" for photo in view.photos]
    return lines


def _step(step: StepView, language: Language) -> list[str]:
    if not (step.proximal.entered or step.distal.entered):
        return []
    lines = [_end(end, language) for end in (step.proximal, step.distal) if end.main is not None]
    if step.status:
        lines.append(f"  {label('status', step.status, language)}")
    return lines


def _end(end: EndView, language: Language) -> str:
    assert end.main is not None
    length = " | ".join(cm_text(value) for value in end.main.conflict) + " cm"
    if end.total_mm is not None:
        length = f"{cm_text(end.total_mm)} cm"
    elif end.main.missing:
        length = label("missing", end.main.missing, language)
    parts = [f"  {label('end', end.end, language)} {length}", label("state", end.main.state, language)]
    if end.judgement.verdict and end.judgement.show_word:
        parts.append(label("verdict", end.judgement.verdict, language))
    return "  ".join(parts)


def _row(row: CaseRow, language: Language) -> str:
    arm = "" if row.arm == HIDDEN else label("arm", row.arm, language)
    return f"{row.subject}  {row.planned_on:10}  {row.room:6}  {arm:24}  {row.margins}"

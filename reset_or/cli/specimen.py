"""`reset-or specimen ...`: the inbox of specimens without a subject, and attaching one by two people."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions import cases, specimens
from reset_or.actions.photo_views import SpecimenRow
from reset_or.base.words import Language, say
from reset_or.cli import photo_measure, shared
from reset_or.workspace import Workspace


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("specimen", help=say("cli.specimen_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    rows = acts.add_parser("list", help=say("cli.specimen_list", "en"))
    add = acts.add_parser("add", help=say("cli.specimen_add", "en"))
    add.add_argument("--label", default="", help=say("cli.specimen_label", "en"))
    add.add_argument("--note", default="")
    show = acts.add_parser("show", help=say("cli.specimen_show", "en"))
    attach = acts.add_parser("attach", help=say("cli.specimen_attach", "en"))
    confirm = acts.add_parser("confirm", help=say("cli.specimen_confirm", "en"))
    confirm.add_argument("--signer", metavar="USER", help=say("cli.sign_signer", "en"))
    confirm.add_argument("--second-password-file", metavar="FILE", help=say("cli.sign_second", "en"))
    detach = acts.add_parser("detach", help=say("cli.specimen_detach", "en"))
    withdraw = acts.add_parser("withdraw", help=say("cli.specimen_withdraw", "en"))
    for each in (show, attach, confirm, detach, withdraw):
        each.add_argument("specimen", metavar="SPECIMEN")
    attach.add_argument("subject", metavar="SS-NNNN")
    for each in (rows, add, show, attach, confirm, detach, withdraw):
        shared.add_person_options(each)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        if args.act == "list":
            rows = workspace.do(specimens.specimen_rows)
            shared.show(args, {"specimens": rows}, [_line(row, language) for row in rows])
            return 0
        specimen = args.specimen if "specimen" in args else ""
        if args.act != "show":
            specimen = _act(args, workspace, specimen)
        _show(args, workspace, specimen)
    return 0


def _act(args: argparse.Namespace, workspace: Workspace, specimen: str) -> str:
    """Does what was asked; gives the specimen."""
    if args.act == "add":
        return workspace.do(specimens.begin_specimen, label=args.label, note=args.note).rec
    if args.act == "attach":
        case = workspace.do(cases.find_case, subject=args.subject)
        workspace.do(specimens.attach_specimen, specimen=specimen, case=case)
    elif args.act == "confirm":
        signer = args.signer or workspace.active
        secret = shared.secret_of(args, signer)
        workspace.do(specimens.confirm_attachment, specimen=specimen, signer=signer, secret=secret)
    elif args.act == "detach":
        workspace.do(specimens.detach_specimen, specimen=specimen)
    else:
        workspace.do(specimens.withdraw_specimen, specimen=specimen)
    return specimen


def _show(args: argparse.Namespace, workspace: Workspace, specimen: str) -> None:
    language = shared.language_of(args)
    row = workspace.do(specimens.specimen_row, specimen=specimen)
    view = workspace.do(cases.case_view, case=specimen)
    lines = [_line(row, language), *(f"  {photo.rec}" for photo in view.photos)]
    lines += [f"  {photo_measure.series_line(series, language)}" for series in view.series]
    shared.show(args, {"specimen": row, "case": view}, lines)


def _line(row: SpecimenRow, language: Language) -> str:
    whose = say("photos.specimen_waits", language)
    if row.confirmed_by:
        whose = say("photos.specimen_of", language, subject=row.attached_to)
    elif row.attached_to:
        whose = say("photos.specimen_to_confirm", language, subject=row.attached_to, by=row.attached_by)
    if row.withdrawn:
        whose = say("photos.specimen_withdrawn", language)
    return f"{row.rec}  {row.label or '-'}  {whose}"

"""`reset-or report`: the case sheet as a PDF."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reset_or.actions import cases
from reset_or.actions.report import case_sheet
from reset_or.base.files import write_atomic
from reset_or.base.words import say
from reset_or.cli import shared


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("report", help=say("cli.report_help", "en"))
    parser.add_argument("subject", metavar="SS-NNNN")
    parser.add_argument("--out", metavar="FILE", required=True)
    parser.add_argument("--edition", choices=("research", "chart"), default="research")
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    with shared.opened(args) as workspace:
        case = workspace.do(cases.find_case, subject=args.subject)
        language = shared.language_of(args)
        data = workspace.do(case_sheet, case=case, language=language, edition=args.edition)
    write_atomic(Path(args.out), data)
    shared.show(args, {"file": args.out, "bytes": len(data)}, [args.out])
    return 0

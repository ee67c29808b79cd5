"""`reset-or import FILE`: takes cases and readings from a CSV and reports every refused row."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reset_or.actions.importing import import_csv
from reset_or.base.errors import UserFixable
from reset_or.base.words import explain, say
from reset_or.cli import shared


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("import", help=say("cli.import_help", "en"))
    parser.add_argument("file", metavar="FILE")
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """0 when every row was taken, 1 when some were refused (the others are in)."""
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        report = workspace.do(import_csv, path=Path(args.file))
    refused = report.refused
    lines = [say("cli.import_done", language, done=len(report.rows) - len(refused), refused=len(refused))]
    for row in refused:
        title, _ = explain(UserFixable(row.code, field=row.field, query=row.field), language)
        lines.append(say("cli.import_row", language, line=row.line, title=title, code=row.code))
    shared.show(args, {"rows": report.rows, "refused": len(refused)}, lines)
    return 1 if refused else 0

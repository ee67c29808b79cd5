"""`reset-or sync`: sends what is only here, fetches what is new, and says whether one may switch off."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions.ledger import sync_view
from reset_or.base.errors import EnvironmentTrouble, TrustBroken
from reset_or.base.words import say
from reset_or.cli import shared
from reset_or.cli.refusal import refuse
from reset_or.cli.status import sync_lines


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("sync", help=say("cli.sync_help", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        result = workspace.sync_now()
        view = workspace.do(sync_view)
    found, lines = shared.plain({"result": result, "status": view}), sync_lines(view, language)
    alarm = "" if result.complete else result.alarm  # one that this very sync healed is only told
    if alarm or result.problem:
        error = TrustBroken(alarm) if alarm else EnvironmentTrouble(result.problem)
        return refuse(error, language, as_json=args.json, shown=found, lines=lines)
    shared.show(args, found, lines)
    return 0

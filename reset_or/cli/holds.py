"""`reset-or holds`: the devices that the server has put on hold, why, since when, and what to do."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.base.clock import utc_text
from reset_or.base.words import say
from reset_or.cli import shared


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("holds", help=say("cli.holds_help", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    from reset_or.actions.holds import sentence, site_holds
    from reset_or.actions.installation import server_of

    with shared.opened(args) as workspace, server_of(workspace.context.store) as transport:
        found = workspace.do(site_holds, transport=transport)
    language = shared.language_of(args)
    lines = [sentence(each, language, utc_text) for each in found]
    shared.show(args, {"holds": found}, [*lines, say("holds.todo" if found else "holds.none", language)])
    return 0

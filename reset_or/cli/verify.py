"""`reset-or verify`: reads back every revision and holds hashes, signatures and chain against it."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions.verifying import verify_store
from reset_or.base.errors import TrustBroken
from reset_or.base.words import say
from reset_or.cli import shared
from reset_or.cli.refusal import refuse


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("verify", help=say("cli.verify_help", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        found = workspace.do(verify_store)
    word = "cli.verified" if not found.bad else "cli.verify_failed"
    lines = [say(word, language, n=found.revisions, bad=len(found.bad)), *found.bad]
    if found.bad:
        error = TrustBroken("verify_failed", first=found.bad[0])
        return refuse(error, language, as_json=args.json, shown=shared.plain(found), lines=lines)
    shared.show(args, found, lines)
    return 0

"""`reset-or verify`: reads back every revision and holds hashes, signatures and chain against it."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions.verifying import verify_store
from reset_or.base.errors import TrustBroken
from reset_or.base.words import say
from reset_or.cli import shared


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("verify", help=say("cli.verify_help", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        found = workspace.do(verify_store)
    word = "cli.verified" if not found.bad else "cli.verify_failed"
    shared.show(args, found, [say(word, language, n=found.revisions, bad=len(found.bad)), *found.bad])
    if found.bad:
        raise TrustBroken("verify_failed", first=found.bad[0])
    return 0

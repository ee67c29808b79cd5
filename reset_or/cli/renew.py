"""`reset-or renew CODE`: a new device id, after a disk was copied or an old backup put back."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.base.words import say
from reset_or.cli import shared


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("renew", help=say("cli.renew_help", "en"))
    parser.add_argument("code", metavar="CODE", help=say("cli.enrol_code", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Keeps everything that is here and asks the centre to admit the new id."""
    from reset_or.actions.installation import server_of
    from reset_or.actions.renewal import renew

    with shared.opened(args) as workspace, server_of(workspace.context.store) as transport:
        done = workspace.do(renew, code=args.code, transport=transport)
    language = shared.language_of(args)
    lines = [say("cli.renewed", language, count=str(done.resealed), words=done.words)]
    shared.show(args, done, lines)
    return 0

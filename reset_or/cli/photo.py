"""`reset-or photo ...`: attach photographs to a case; one bad file never stops the others."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reset_or.actions import cases, photos
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain, say
from reset_or.cli import shared
from reset_or.record.codebook import codes


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("photo", help=say("cli.photo_help", "en"))
    parser.add_argument("subject", metavar="SS-NNNN")
    parser.add_argument("file", metavar="FILE", nargs="+")
    parser.add_argument("--state", choices=codes("state"), default="")
    parser.add_argument("--caption", default="")
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints one line a file; exit 1 or the worst of the errors if any file was refused."""
    language, worst, said = shared.language_of(args), 0, []
    with shared.opened(args) as workspace:
        case = workspace.do(cases.find_case, subject=args.subject)
        for name in args.file:
            try:
                saved = workspace.do(
                    photos.attach_photo, case=case, path=Path(name), state=args.state, caption=args.caption
                )
                said.append({"file": name, "photo": saved.rec, "revision": saved.rev_id})
            except ResetOrError as error:
                title, advice = explain(error, language)
                said.append({"file": name, "error": error.code, "title": title, "advice": advice})
                worst = max(worst, error.exit_code)
    lines = [f"{s['file']}: {s.get('photo') or s.get('title')}" for s in said]
    shared.show(args, {"photos": said}, lines)
    return worst

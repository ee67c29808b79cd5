"""`reset-or sign ...`: read back, sign as recorded, measured or confirmed, and list what waits for me."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions import cases, signing
from reset_or.base.units import cm_text
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.cli.case import case_lines
from reset_or.record.codebook import label


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("sign", help=say("cli.sign_help", "en"))
    parser.add_argument("subject", metavar="SS-NNNN", nargs="?", help=say("cli.sign_subject", "en"))
    parser.add_argument(
        "--as", dest="meaning", choices=("recorded", "measured", "confirmed"), default="recorded"
    )
    parser.add_argument("--readback-by", default="", metavar="USER", help=say("cli.sign_readback", "en"))
    parser.add_argument("--signer", metavar="USER", help=say("cli.sign_signer", "en"))
    parser.add_argument("--second-password-file", metavar="FILE", help=say("cli.sign_second", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Without a subject: what waits for my signature. With one: reads it back and signs."""
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        if args.subject is None:
            rows = workspace.do(signing.to_sign)
            lines = [f"{row.subject}  {label('meaning', row.meaning, language)}" for row in rows]
            shared.show(args, {"to_sign": rows}, lines or [say("cli.nothing_to_sign", language)])
            return 0
        case = workspace.do(cases.find_case, subject=args.subject)
        step = "specimen" if args.meaning == "measured" else "record"
        page = workspace.do(signing.read_back, case=case, step=step)
        signer = args.signer or workspace.active
        workspace.do(
            signing.sign, case=case, meaning=args.meaning, signer=signer,
            secret=shared.secret_of(args, signer), readback_by=args.readback_by, step=step,
        )  # fmt: skip
        view = workspace.do(cases.case_view, case=case)
        shared.show(args, view, [*_aloud(page, language), *case_lines(view, language)])
    return 0


def _aloud(page: signing.ReadBack, language: Language) -> list[str]:
    lines = [label("arm", page.arm, language)] if page.arm != "hidden" else []
    for line in page.lines:
        if line.value_mm is not None:
            length = f"{cm_text(line.value_mm)} cm"
            lines.append(
                f"{label('end', line.end, language)} {length}, {label('state', line.state, language)}"
            )
    return lines

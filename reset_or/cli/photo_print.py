"""`reset-or photo card|labels`: sheets to print. They need no store and nobody signed in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from reset_or import __version__
from reset_or.actions import printing
from reset_or.base.clock import SystemClock
from reset_or.base.files import write_atomic
from reset_or.base.words import say
from reset_or.cli import shared

ACTS: Final = frozenset({"card", "labels"})


def add_acts(acts: Any) -> None:
    card = acts.add_parser("card", help=say("cli.photo_card", "en"))
    labels = acts.add_parser("labels", help=say("cli.photo_labels", "en"))
    labels.add_argument("subject", metavar="SS-NNNN")
    labels.add_argument("--study", default="RESET", help=say("cli.photo_study", "en"))
    for each in (card, labels):
        each.add_argument("--out", metavar="FILE", required=True)


def run(args: argparse.Namespace) -> int:
    language, at = shared.language_of(args), SystemClock().now_at()
    if args.act == "card":
        data = printing.calibration_card(language, at=at, version=__version__)
    else:
        data = printing.specimen_labels(
            language, subject=args.subject, study=args.study, at=at, version=__version__
        )
    write_atomic(Path(args.out), data)
    shared.show(args, {"file": args.out, "bytes": len(data)}, [args.out])
    return 0

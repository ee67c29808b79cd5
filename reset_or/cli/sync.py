"""`reset-or sync`: sends what is only here, fetches what is new, and says whether one may switch off.

`--to FILE`, `--from FILE` and `--list FILE` do without a network: see `cli.parcel`. `--receipt FILE` writes
the receipt of the shift afterwards, also where the server could not be reached: it then says first what is
only on this device.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reset_or.actions.ledger import sync_view
from reset_or.actions.shift import headlines, note_printed, remarks, shift_pdf
from reset_or.actions.syncing import problem_of
from reset_or.base.files import write_atomic
from reset_or.base.words import say
from reset_or.cli import parcel, shared
from reset_or.cli.refusal import refuse
from reset_or.cli.status import sync_lines

if TYPE_CHECKING:
    from reset_or.actions.shift import ShiftReceipt, Since
    from reset_or.workspace import Workspace

_SINCE: dict[str, Since] = {"today": "today", "12h": "hours12", "last": "last"}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("sync", help=say("cli.sync_help", "en"))
    parser.add_argument("--receipt", metavar="FILE.pdf", help=say("cli.sync_receipt", "en"))
    parser.add_argument("--since", choices=tuple(_SINCE), default="today", help=say("cli.sync_since", "en"))
    parcel.add_options(parser)
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    if parcel.meant(args):
        return parcel.run(args)
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        result = workspace.sync_now()
        facts = _receipt(args, workspace) if args.receipt else None
        view, server_url = workspace.do(sync_view), workspace.server_url
    found, lines = shared.plain({"result": result, "status": view}), sync_lines(view, language)
    if facts is not None:
        found["receipt"] = shared.plain(facts) | {"file": args.receipt, "complete": facts.complete}
        lines += [*headlines(facts, language), *remarks(facts, language), args.receipt]
    error = problem_of(result, server_url)
    if error is not None:
        return refuse(error, language, as_json=args.json, shown=found, lines=lines)
    shared.show(args, found, lines)
    return 0


def _receipt(args: argparse.Namespace, workspace: Workspace) -> ShiftReceipt:
    """Writes the PDF whole or not at all; the next "since the last" begins where this one ends."""
    facts, pdf = workspace.do(shift_pdf, since=_SINCE[args.since], language=shared.language_of(args))
    write_atomic(Path(args.receipt), pdf)
    workspace.do(note_printed, until_at=facts.until_at)
    return facts

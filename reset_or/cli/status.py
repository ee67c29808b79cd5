"""`reset-or status`: what of this computer is at the centre, and what is only here."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions.ledger import clock_text, space_text, sync_view
from reset_or.actions.views import SyncView
from reset_or.base.clock import utc_text
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.record.codebook import label


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("status", help=say("cli.status_help", "en"))
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """With a user: every item; without: the state of the files, for which no password is needed."""
    language = shared.language_of(args)
    if not args.user and not args.password_file:
        probe = shared.workspace_of(args).probe()
        lines = [
            say("cli.state", language, state=probe.state, study=probe.study or "-", site=probe.site or "-")
        ]
        shared.show(args, {"state": probe.state, "study": probe.study, "site": probe.site}, lines)
        return 0
    with shared.opened(args) as workspace:
        view = workspace.do(sync_view)
        space = space_text(workspace.home, language)
        shared.show(args, view, [*sync_lines(view, language), *([space] if space else [])])
    return 0


def sync_lines(view: SyncView, language: Language) -> list[str]:
    """The headline, then what is not yet at the centre."""
    lines = []
    if view.unfinished:
        lines.append(say("cli.unfinished", language, n=view.unfinished))
    if view.only_here:
        lines.append(say("cli.only_here", language, n=view.only_here))
    if view.at_relay:
        lines.append(say("cli.at_relay", language, n=view.at_relay))
    stuck = view.answer == "at_relay" and view.stuck_at_relay
    lines.append(say("sync.at_relay_stuck" if stuck else f"cli.answer_{view.answer}", language))
    if view.file_at is not None:
        lines.append(say("cli.file_at", language, at=utc_text(view.file_at)))
    if clock := clock_text(view.clock_off_ms, language):
        lines.append(clock)
    if view.reboot_test == "pending":
        lines.append(say("errors.reboot_test_pending__advice", language))
    for item in view.items:
        if item.state != "at_centre":
            lines.append(f"  {item.subject}  {item.kind}  {label('ledger', item.state, language)}")
    return lines

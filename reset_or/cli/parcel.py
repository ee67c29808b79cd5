"""`reset-or sync --to | --from | --list FILE`: what a network would carry, as a sealed file.

`--list` needs no password and no installation, so that IT staff may look before anything leaves a house.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from reset_or.actions.carrying import Listing, list_parcel, problem_of, take_parcel, write_parcel
from reset_or.actions.ledger import sync_view
from reset_or.base.clock import utc_text
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.cli.refusal import refuse
from reset_or.cli.status import sync_lines

if TYPE_CHECKING:
    from reset_or.wire.parcel_list import Listed


_LAST_AT = 253_402_300_799_000  # the last second of the year 9999


def add_options(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--to", metavar="FILE", help=say("cli.parcel_to", "en"))
    one.add_argument("--from", dest="source", metavar="FILE", help=say("cli.parcel_from", "en"))
    one.add_argument("--list", dest="listed", metavar="FILE", help=say("cli.parcel_list", "en"))
    parser.add_argument("--site", action="append", metavar="SS", help=say("cli.parcel_site", "en"))


def meant(args: argparse.Namespace) -> bool:
    return bool(args.to or args.source or args.listed)


def run(args: argparse.Namespace) -> int:
    if args.listed:
        found = list_parcel(Path(args.listed))
        shared.show(args, found, _list_lines(found, shared.language_of(args)))
        return 0
    return _take(args) if args.source else _write(args)


def _write(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        result = workspace.do(write_parcel, target=Path(args.to), sites=args.site or ())
        view = workspace.do(sync_view)
    shown = shared.plain({"parcel": result, "status": view})
    del shown["parcel"]["changes"]
    shown["parcel"]["file"] = args.to
    counts = {name: getattr(result, name) for name in ("unsent", "entries", "receipts", "photos", "size")}
    lines = [say("cli.parcel_written", language, file=args.to, **counts)]
    if result.photos_left:
        lines.append(say("cli.parcel_photos_left", language, n=result.photos_left))
    lines.append(say("cli.parcel_not_sent", language))
    error = problem_of(result)
    if error is not None:
        return refuse(error, language, as_json=args.json, shown=shown, lines=lines)
    shared.show(args, shown, lines)
    return 0


def _take(args: argparse.Namespace) -> int:
    language = shared.language_of(args)
    with shared.opened(args) as workspace:
        result = workspace.do(take_parcel, source=Path(args.source))
        view = workspace.do(sync_view)
    shown = shared.plain({"parcel": result, "status": view})
    del shown["parcel"]["changes"]
    counts = {name: getattr(result, name) for name in ("relayed", "pulled", "receipts", "photos")}
    said = "cli.parcel_taken" if result.anything else "cli.parcel_nothing_new"
    lines = [say(said, language, **counts), *sync_lines(view, language)]
    if result.set_aside:
        lines.insert(1, say("cli.parcel_set_aside", language, n=result.set_aside))
    error = problem_of(result)
    if error is not None:
        return refuse(error, language, as_json=args.json, shown=shown, lines=lines)
    shared.show(args, shown, lines)
    return 0


def _list_lines(found: Listing, language: Language) -> list[str]:
    lines = [
        say("cli.parcel_listed", language, study=found.study, site=found.site, at=_when(found.at),
            device=found.device, parcel=found.parcel, size=found.size)
    ]  # fmt: skip
    lines += [_line(item, language) for item in found.items]
    counted = Counter(item.kind for item in found.items)
    lines.append("  ".join(f"{kind} {n}" for kind, n in sorted(counted.items())))
    if found.torn:
        lines.append(say("cli.parcel_list_torn", language))
    return lines


def _line(item: Listed, language: Language) -> str:
    when = _when(item.at) if item.at is not None else "-"
    missing = "" if item.whole else say("cli.parcel_missing", language)
    what = f"{item.id}  {item.kind:<9} {item.site}  {item.size:>9}  {when:<20}"
    return f"{what} {item.dev[:8]} {missing}".rstrip()


def _when(at: int) -> str:
    """A time that a stranger's file names; nobody has verified that it is one."""
    return utc_text(at) if at <= _LAST_AT else str(at)

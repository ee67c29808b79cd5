"""Orders of erasure by command: `reset-or erase-sign` at the site, and the centre's two steps around it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from reset_or.actions import erasing
from reset_or.base.clock import SystemClock, local_text
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.files import write_atomic
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.wire.erase_order import EraseOrder, decode_order, encode_order
from reset_or.workspace import Workspace

CENTRE_ACTS: Final = ("erase-order", "erase")


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("erase-sign", help=say("cli.erase_sign", "en"))
    parser.add_argument("file", metavar="FILE", help=say("cli.erase_file", "en"))
    parser.add_argument("--out", metavar="FILE", required=True, help=say("cli.erase_out", "en"))
    shared.add_person_options(parser)
    return parser


def add_centre_acts(acts: Any) -> None:
    """`centre erase-order` and `centre erase`."""
    order = acts.add_parser("erase-order", help=say("cli.erase_order", "en"))
    order.add_argument("site", metavar="SITE")
    order.add_argument(
        "--record", metavar="REC", action="append", default=[], help=say("cli.erase_record", "en")
    )
    order.add_argument(
        "--case", metavar="SS-NNNN", action="append", default=[], help=say("cli.erase_case", "en")
    )
    order.add_argument(
        "--photo", metavar="ID", action="append", default=[], help=say("cli.erase_photo", "en")
    )
    order.add_argument("--reason", choices=erasing.REASONS, required=True, help=say("cli.erase_reason", "en"))
    order.add_argument("--out", metavar="FILE", required=True, help=say("cli.erase_out", "en"))
    send = acts.add_parser("erase", help=say("cli.erase_send", "en"))
    send.add_argument("file", metavar="FILE", help=say("cli.erase_file", "en"))
    for each in (order, send):
        shared.add_person_options(each)


def run(args: argparse.Namespace) -> int:
    """The surgeon reads what is named, and signs with the password."""
    given = _read(args.file)
    with shared.opened(args) as workspace:
        secret = shared.secret_of(args, workspace.active)
        signed = workspace.do(erasing.co_sign, given=given, secret=secret)
        write_atomic(Path(args.out), encode_order(signed))
        _show(args, workspace, signed, args.out, "erase_signed")
    return 0


def run_at_centre(args: argparse.Namespace) -> int:
    return _order(args) if args.act == "erase-order" else _send(args)


def _order(args: argparse.Namespace) -> int:
    with shared.opened(args) as workspace:
        made = workspace.do(
            erasing.order, site=args.site, reason_code=args.reason, records=args.record, cases=args.case,
            photos=args.photo,
        )  # fmt: skip
        write_atomic(Path(args.out), encode_order(made))
        _show(args, workspace, made, args.out, "erase_ordered")
    return 0


def _send(args: argparse.Namespace) -> int:
    """The finished order takes the file's place before it is sent: backups need it for ever."""
    from reset_or.actions.installation import server_of

    given = _read(args.file)
    with shared.opened(args) as workspace, server_of(workspace.context.store) as transport:
        done = workspace.do(erasing.finish, given=given)
        write_atomic(Path(args.file), encode_order(done))
        erasing.send(workspace.context, transport=transport, given=done)
        _show(args, workspace, done, args.file, "erase_sent")
    return 0


def _read(name: str) -> EraseOrder:
    try:
        data = Path(name).read_bytes()
    except OSError as error:
        raise EnvironmentTrouble("file_vanished", path=name) from error
    return decode_order(data)


def _show(args: argparse.Namespace, workspace: Workspace, order: EraseOrder, file: str, word: str) -> None:
    seen, language = workspace.do(erasing.view, given=order), shared.language_of(args)
    lines = [_line(seen, language), say(f"cli.{word}", language, file=file, site=order.site)]
    shared.show(args, {"file": file, "order": seen}, lines)


def _line(seen: erasing.OrderView, language: Language) -> str:
    return say(
        "cli.erase_line", language, site=seen.site, records=seen.records, photos=seen.photos,
        day=local_text(seen.at, SystemClock().offset_min(), "%Y-%m-%d"),
        subjects=", ".join(seen.subjects) or "-", users=", ".join(seen.signed_by),
        reason=say(f"erased.reason_{seen.reason_code}", language)
        if seen.reason_code in erasing.REASONS
        else seen.reason_code,
    )  # fmt: skip

"""`reset-or photo export`: a case as DICOM into a folder, to an archive by C-STORE, or by STOW-RS."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions import dicom_export
from reset_or.base.errors import UsageError
from reset_or.base.words import explain, say
from reset_or.cli import finding, shared
from reset_or.workspace import Workspace

if TYPE_CHECKING:
    from reset_or.images.dicom_send import Peer, Sent, Tls
    from reset_or.images.dicom_web import WebPeer

ACTS: Final = frozenset({"export"})


def add_acts(acts: Any) -> None:
    export = acts.add_parser("export", help=say("cli.photo_export", "en"))
    export.add_argument("subject", metavar="SS-NNNN|SPECIMEN")
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="FOLDER", help=say("cli.export_to", "en"))
    where.add_argument("--pacs", metavar="HOST:PORT", help=say("cli.export_pacs", "en"))
    where.add_argument("--stow", metavar="URL", help=say("cli.export_stow", "en"))
    export.add_argument("--called", metavar="AET", help=say("cli.export_called", "en"))
    export.add_argument("--calling", metavar="AET", default="RESET-OR")
    export.add_argument("--tls", action="store_true", help=say("cli.export_tls", "en"))
    for name in ("--tls-ca", "--tls-cert", "--tls-key"):
        export.add_argument(name, metavar="FILE")
    export.add_argument("--stow-user", default="")
    export.add_argument("--stow-password-file", metavar="FILE")
    shared.add_person_options(export)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    """Exit 1 where anything did not arrive, or a photograph could not be opened here."""
    target, language = _target(args), shared.language_of(args)
    case = finding.root_of(workspace, args.subject)
    gathered = workspace.do(dicom_export.gather, case=case)
    sent: Sent = dicom_export.send(gathered, target)
    refused = [{"object": label, "error": code, "detail": detail} for label, code, detail in sent.refused]
    content = {"accepted": sent.accepted, "refused": refused, "text_unsaid": gathered.text_unsaid}
    lines = [f"{label}: {say('cli.export_done', language)}" for label in sent.accepted]
    lines += [f"{each['object']}: {_title(each['error'], language)}" for each in refused]
    shared.show(args, content, lines)
    return 0 if sent.complete else 1


def _title(code: str, language: Any) -> str:
    from reset_or.base.errors import UserFixable

    return explain(UserFixable(code), language)[0]


def _target(args: argparse.Namespace) -> Path | Peer | WebPeer:
    if args.to is not None:
        return Path(args.to)
    if args.stow is not None:
        from reset_or.images.dicom_web import WebPeer

        password = ""
        if args.stow_user:
            password = shared.read_secret(args.stow_password_file, f"password of {args.stow_user}")
        return WebPeer(args.stow, args.stow_user, password, _tls(args))
    from reset_or.images.dicom_send import Peer

    host, colon, port = args.pacs.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65_536 or not args.called:
        raise UsageError("export_pacs_needs")
    return Peer(host, int(port), args.called, args.calling, _tls(args))


def _tls(args: argparse.Namespace) -> Tls | None:
    from reset_or.images.dicom_send import Tls

    if not (args.tls or args.tls_ca or args.tls_cert):
        return None
    ca, cert, key = (Path(name) if name else None for name in (args.tls_ca, args.tls_cert, args.tls_key))
    return Tls(ca, cert, key)

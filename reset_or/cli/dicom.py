"""`reset-or dicom ...`: a case to a folder or an archive; stills of a tower from the network."""

from __future__ import annotations

import argparse
import queue
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reset_or.actions import cases, dicom_export, specimens, stills, tower
from reset_or.actions.tower import TowerPlace
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UsageError
from reset_or.base.words import explain, say
from reset_or.cli import finding, shared
from reset_or.record.codebook import codes

if TYPE_CHECKING:
    from reset_or.images.dicom_send import Peer, Tls
    from reset_or.images.dicom_web import WebPeer
    from reset_or.workspace import Workspace

_PATIENCE_S: Final = 120.0


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("dicom", help=say("cli.dicom_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    add_export(acts)
    receive = acts.add_parser("receive", help=say("cli.dicom_receive", "en"))
    receive.add_argument("subject", metavar="SS-NNNN", nargs="?", default="")
    receive.add_argument("--port", type=int)
    receive.add_argument("--host", help=say("cli.dicom_host", "en"))
    receive.add_argument("--called", metavar="AET", help=say("cli.dicom_our_name", "en"))
    receive.add_argument("--from", metavar="AET", dest="calling", action="append")
    receive.add_argument("--state", choices=codes("state"), default="in_vivo")
    receive.add_argument("--count", type=int, default=0, help=say("cli.dicom_count", "en"))
    _add_network(receive)
    return parser


def add_export(acts: Any) -> argparse.ArgumentParser:
    """`export`, also under `reset-or photo`."""
    export: argparse.ArgumentParser = acts.add_parser("export", help=say("cli.dicom_export", "en"))
    export.add_argument("subject", metavar="SS-NNNN|SPECIMEN")
    where = export.add_mutually_exclusive_group(required=True)
    where.add_argument("--to", metavar="FOLDER", type=Path, help=say("cli.dicom_to", "en"))
    where.add_argument("--pacs", metavar="HOST:PORT", help=say("cli.dicom_pacs", "en"))
    where.add_argument("--stow", metavar="URL", help=say("cli.dicom_stow", "en"))
    export.add_argument("--called", metavar="AET", default="ANY-SCP", help=say("cli.dicom_called", "en"))
    export.add_argument("--web-user", metavar="USER", default="", help=say("cli.dicom_web_user", "en"))
    export.add_argument("--web-password-file", metavar="FILE", help=say("cli.dicom_web_password", "en"))
    _add_network(export)
    return export


def _add_network(each: argparse.ArgumentParser) -> None:
    each.add_argument("--calling", metavar="AET", dest="our_name", default="RESET-OR")
    for name in ("ca", "cert", "key"):
        words = say(f"cli.dicom_tls_{name}", "en")
        each.add_argument(f"--tls-{name}", metavar="PEM", type=Path, help=words)
    shared.add_person_options(each)


def run(args: argparse.Namespace) -> int:
    return export(args) if args.act == "export" else _receive(args)


def export(args: argparse.Namespace) -> int:
    """One line an object; exit 1 if anything was not accepted."""
    target = _target(args)
    with shared.opened(args) as workspace:
        gathered = workspace.do(dicom_export.gather, case=finding.root_of(workspace, args.subject))
    sent = dicom_export.send(gathered, target)
    language = shared.language_of(args)
    said = {
        "accepted": sent.accepted,
        "refused": [{"object": name, "error": code, "detail": detail} for name, code, detail in sent.refused],
        "text_unsaid": list(gathered.text_unsaid),
    }
    lines = [f"{name}: {say('cli.dicom_accepted', language)}" for name in sent.accepted]
    for name, code, detail in sent.refused:
        title = explain(EnvironmentTrouble(code, status=detail), language)[0]
        lines.append(f"{name}: {title} {detail}".rstrip())
    lines += [f"{name}: {say('photos.warn_text_likely', language)}" for name in gathered.text_unsaid]
    shared.show(args, said, lines)
    return 0 if sent.complete else 1


def _target(args: argparse.Namespace) -> Path | Peer | WebPeer:
    from reset_or.images.dicom_send import Peer
    from reset_or.images.dicom_web import WebPeer, check_address

    if args.to is not None:
        return Path(args.to)
    if args.stow is not None:
        check_address(args.stow)  # before a password is asked for
        password = ""
        if args.web_user:
            password = shared.read_secret(args.web_password_file, args.web_user)
        return WebPeer(args.stow, args.web_user, password, _tls(args))
    host, _, port = args.pacs.rpartition(":")
    if not host or not port.isdigit():
        raise UsageError("option_needs_pair", option="--pacs")
    return Peer(host, int(port), args.called, args.our_name, _tls(args))


def _tls(args: argparse.Namespace) -> Tls | None:
    from reset_or.images.dicom_send import Tls

    given = (args.tls_ca, args.tls_cert, args.tls_key)
    return Tls(*given) if any(given) else None


@dataclass
class _Still:
    """An object on its way from a thread of the receiver to the one that owns the store."""

    data: bytes
    done: threading.Event = field(default_factory=threading.Event)
    error: ResetOrError | None = None


def _receive(args: argparse.Namespace) -> int:
    """Takes stills until `--count` is reached or it is interrupted; what is taken is sealed at once."""
    mail: queue.Queue[_Still] = queue.Queue(maxsize=4)
    with shared.opened(args) as workspace:
        case = workspace.do(cases.find_case, subject=args.subject) if args.subject else ""
        place = _place(args, workspace)
        args.called = place.called
        with tower.receiver_of(place, lambda data: _hand_over(mail, data)):
            said = _serve(args, workspace, case, mail)
    shared.show(args, {"photos": said}, [str(each.get("photo") or each.get("title")) for each in said])
    return 0


def _place(args: argparse.Namespace, workspace: Workspace) -> TowerPlace:
    """As the settings say, but for what the command line says."""
    said = {
        "host": args.host, "port": args.port, "called": args.called,
        "calling": None if args.calling is None else ",".join(args.calling),
        "cert": args.tls_cert, "key": args.tls_key, "ca": args.tls_ca,
    }  # fmt: skip
    given: dict[str, Any] = {
        n: str(v) if isinstance(v, Path) else v for n, v in said.items() if v is not None
    }
    place = replace(tower.remembered(workspace.settings.tower), **given)
    if wrong := place.wrong():
        raise UsageError("tower_field", field=wrong[0])
    return place


def _hand_over(mail: queue.Queue[_Still], data: bytes) -> None:
    still = _Still(data)
    try:
        mail.put(still, timeout=_PATIENCE_S)
    except queue.Full:
        raise EnvironmentTrouble("dicom_line_lost") from None
    if not still.done.wait(_PATIENCE_S):
        raise EnvironmentTrouble("dicom_line_lost")
    if still.error is not None:
        raise still.error


def _serve(
    args: argparse.Namespace, workspace: Workspace, case: str, mail: queue.Queue[_Still]
) -> list[dict[str, str]]:
    said: list[dict[str, str]] = []
    try:
        while not args.count or len(said) < args.count:
            still = mail.get()
            try:
                if not case:
                    label = say("cli.dicom_inbox_label", shared.language_of(args), name=args.called)
                    case = workspace.do(specimens.begin_specimen, label=label).rec
                kept = stills.keep_still(
                    workspace.do, still.data, boxes=stills.Boxes(only=case), state=args.state,
                    zone_min=workspace.clock.offset_min(),
                )  # fmt: skip
                said.append({"case": case, "photo": kept.photo})
            except ResetOrError as error:
                still.error = error
                said.append({"error": error.code, "title": explain(error, shared.language_of(args))[0]})
            finally:
                still.done.set()
    except KeyboardInterrupt:
        pass
    return said

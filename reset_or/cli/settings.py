"""`reset-or settings`: the server's address, how fast photos may go, stills from the tower; without an option
it shows them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reset_or.actions import tower
from reset_or.actions.servers import set_server
from reset_or.actions.site_name import site_name
from reset_or.base.errors import UsageError
from reset_or.base.words import say
from reset_or.cli import shared

if TYPE_CHECKING:
    from reset_or.workspace import Workspace


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("settings", help=say("cli.settings_help", "en"))
    parser.add_argument("--server", metavar="URL", help=say("cli.settings_server", "en"))
    parser.add_argument("--ca", metavar="FILE", help=say("cli.settings_ca", "en"))
    parser.add_argument("--photo-kbit-s", metavar="N", type=int, help=say("cli.settings_photo_speed", "en"))
    parser.add_argument("--camera", metavar="device:N|folder:PATH", help=say("cli.settings_camera", "en"))
    _add_tower(parser)
    shared.add_person_options(parser)
    return parser


def _add_tower(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tower", choices=("on", "off"), help=say("cli.settings_tower", "en"))
    parser.add_argument("--tower-port", metavar="N", type=int, help=say("cli.settings_tower_port", "en"))
    for name, metavar in (
        ("host", "ADDRESS"), ("called", "AET"), ("calling", "AET,..."), ("cert", "PEM"), ("key", "PEM"),
        ("ca", "PEM"),
    ):  # fmt: skip
        words = say(f"cli.settings_tower_{name}", "en")
        parser.add_argument(f"--tower-{name}", metavar=metavar, help=words)


def run(args: argparse.Namespace) -> int:
    if args.ca and not args.server:
        raise UsageError("ca_without_server")
    if args.photo_kbit_s is not None and args.photo_kbit_s < 0:
        raise UsageError("photo_speed_negative")
    with shared.opened(args) as workspace:
        _set_tower(workspace, args)
        if args.server is not None:
            ca_pem = shared.read_pem(args.ca) if args.ca else None
            workspace.do(set_server, url=args.server, ca_pem=ca_pem)
        if args.photo_kbit_s is not None:
            workspace.save_settings(photo_kbit_s=args.photo_kbit_s)
        if args.camera is not None:
            workspace.save_settings(camera=args.camera)
        found = _found(workspace)
    language = shared.language_of(args)
    speed = say("settings.photo_speed_free", language)
    if found["photo_kbit_s"]:
        speed = say("settings.photo_speed_mbit", language, n=f"{found['photo_kbit_s'] / 1000:g}")
    place = tower.remembered(found["tower"])
    said = say("settings.tower_off", language)
    if place.on:
        said = say("cli.settings_tower_place", language, at=tower.address(place), called=place.called)
    called = found["site_name"] or say("settings.site_unnamed", language)
    lines = [
        f"{say('settings.study', language)}: {found['study']}",
        f"{say('settings.site', language)}: {found['site']}",
        f"{say('settings.site_name', language)}: {called}",
        f"{say('settings.server', language)}: {found['server'] or say('settings.server_none', language)}",
        f"{say('settings.photo_speed', language)}: {speed}",
        f"{say('settings.tower', language)}: {said}",
    ]
    shared.show(args, found, lines)
    return 0


def _set_tower(workspace: Workspace, args: argparse.Namespace) -> None:
    """Kept only if this computer can listen so."""
    names = ("port", "host", "called", "calling", "cert", "key", "ca")
    said = {name: getattr(args, f"tower_{name}") for name in names}
    given = {name: value for name, value in said.items() if value is not None}
    given |= {name: str(Path(given[name]).resolve()) for name in ("cert", "key", "ca") if given.get(name)}
    if args.tower is not None:
        given["on"] = args.tower == "on"
    if not given:
        return
    place = replace(tower.remembered(workspace.settings.tower), **given)
    if wrong := place.wrong():
        raise UsageError("tower_field", field=f"--tower-{wrong[0]}")
    if place.on:
        tower.check(place)
    workspace.save_settings(tower=place.to_remember())


def _found(workspace: Workspace) -> dict[str, Any]:
    ctx, settings = workspace.context, workspace.settings
    return {
        "study": ctx.study, "site": ctx.site, "site_name": site_name(ctx), "server": workspace.server_url,
        "photo_kbit_s": settings.photo_kbit_s, "camera": settings.camera,
        "tower": tower.remembered(settings.tower).to_remember(),
    }  # fmt: skip

"""`reset-or centre ...`: the coordinating centre's own commands: keys, sites, admission, reading."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reset_or import __version__
from reset_or.base.clock import SystemClock, utc_text
from reset_or.base.errors import UsageError
from reset_or.base.words import say
from reset_or.cli import erase_sign, shared

if TYPE_CHECKING:
    from reset_or.actions.centre import Asking
    from reset_or.workspace import Workspace


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("centre", help=say("cli.centre_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    init = acts.add_parser("init", help=say("cli.centre_init", "en"))
    init.add_argument("folder", metavar="DIR")
    init.add_argument("--study", default="RESET", help=say("cli.centre_study", "en"))
    init.add_argument("--server", metavar="URL", required=True, help=say("cli.enrol_server", "en"))
    init.add_argument("--ca", metavar="FILE", help=say("cli.enrol_ca", "en"))
    init.add_argument("--passphrase-file", metavar="FILE", help=say("cli.centre_passphrase", "en"))
    init.add_argument("--admin", default="admin", help=say("cli.centre_admin", "en"))
    init.add_argument("--admin-name", default="", help=say("cli.centre_admin_name", "en"))
    init.add_argument("--password-file", metavar="FILE", help=say("cli.help_password_file", "en"))
    init.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    add = _about_site(acts, "add-site", "cli.centre_add_site")
    add.add_argument(
        "--person", metavar="USER:ROLE", action="append", required=True, help=say("cli.centre_person", "en")
    )
    add.add_argument("--devices", type=int, default=1, help=say("cli.centre_devices", "en"))
    relay = _about_site(acts, "add-relay", "cli.centre_add_relay")
    relay.add_argument("--out", metavar="DIR", required=True, help=say("cli.centre_relay_out", "en"))
    relay.add_argument("--passphrase-file", metavar="FILE", help=say("cli.centre_relay_passphrase", "en"))
    revoke = _about_site(acts, "revoke-relay", "cli.centre_revoke_relay")
    name = _about_site(acts, "name-site", "cli.centre_name_site")
    name.add_argument("name", metavar="NAME", help=say("cli.centre_site_name", "en"))
    admit = _about_site(acts, "admit", "cli.centre_admit")
    admit.add_argument("--yes", action="store_true", help=say("cli.centre_yes", "en"))
    read = acts.add_parser("read", help=say("cli.centre_read", "en"))
    read.add_argument("--identity", metavar="FILE", required=True, help=say("cli.centre_identity", "en"))
    read.add_argument("--passphrase-file", metavar="FILE", help=say("cli.centre_passphrase", "en"))
    read.add_argument("--site", metavar="SITE", help=say("cli.centre_site", "en"))
    read.add_argument("--out", metavar="FILE", help=say("cli.centre_out", "en"))
    read.add_argument("--raw", metavar="DIR", help=say("cli.centre_raw", "en"))
    read.add_argument("--offline", action="store_true", help=say("cli.centre_offline", "en"))
    erase_sign.add_centre_acts(acts)
    for each in (add, relay, revoke, name, admit, read):
        shared.add_person_options(each)
    return parser


def _about_site(acts: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = acts.add_parser(name, help=say(words, "en"))
    parser.add_argument("site", metavar="SITE")
    return parser


def run(args: argparse.Namespace) -> int:
    if args.act in erase_sign.CENTRE_ACTS:
        return erase_sign.run_at_centre(args)
    acts = {
        "init": _init, "add-site": _add_site, "add-relay": _add_relay, "revoke-relay": _revoke_relay,
        "name-site": _name_site, "admit": _admit, "read": _read,
    }  # fmt: skip
    return acts[args.act](args)


def _init(args: argparse.Namespace) -> int:
    from reset_or.actions.centre import init
    from reset_or.workspace.settings import Settings, Tile, save_settings

    home = shared.home_of(args)
    passphrase = shared.read_secret(args.passphrase_file, "passphrase of the centre's keys")
    done = init(
        Path(args.folder),
        home,
        study=args.study,
        server_url=args.server,
        passphrase=passphrase,
        admin=args.admin,
        admin_name=args.admin_name or args.admin,
        password=shared.read_secret(args.password_file, f"new password of {args.admin}"),
        key_store=shared.new_key_store(args),
        clock=SystemClock(),
        app=__version__,
        demo=args.demo,
        ca_pem=shared.read_pem(args.ca),
    )
    tile = Tile(args.admin, "centre_admin", args.admin_name or args.admin)
    save_settings(
        home,
        Settings(language=shared.language_of(args), study=args.study, site="00", people=(tile,),
                 demo=args.demo, scheme="demo-1" if args.demo else "reset-1"),
    )  # fmt: skip
    language = shared.language_of(args)
    files = {name: str(path) for name, path in done.secrets.items()}
    lines = [say("cli.centre_made", language, trial=str(done.trial))]
    lines += [f"  {path}" for path in files.values()]
    lines.append(say("cli.centre_four_places", language))
    shared.show(args, {"study": done.study, "trial": str(done.trial), "secret": files}, lines)
    return 0


def _add_site(args: argparse.Namespace) -> int:
    from reset_or.actions.centre import add_site

    people = []
    for item in args.person:
        user, colon, role = item.partition(":")
        if not colon:
            raise UsageError("option_needs_pair", option="--person")
        people.append((user, role))
    with shared.opened(args) as workspace, _transport(workspace) as transport:
        done = add_site(
            workspace.context, transport=transport, site=args.site, people=people, devices=args.devices
        )
    language = shared.language_of(args)
    lines = [say("cli.site_added", language, site=done.site, until=utc_text(done.expires_at))]
    shared.show(args, done, [*lines, *(f"  {code}" for code in done.codes)])
    return 0


def _add_relay(args: argparse.Namespace) -> int:
    from reset_or.actions.relaying import add_relay

    passphrase = shared.read_secret(args.passphrase_file, "new passphrase of the relay's keys")
    with shared.opened(args) as workspace, _transport(workspace) as transport:
        done = add_relay(
            workspace.context, transport=transport, site=args.site, folder=Path(args.out),
            passphrase=passphrase,
        )  # fmt: skip
    language, files = shared.language_of(args), (str(done.trial), str(done.key))
    lines = [say("cli.relay_added", language, site=done.site), *(f"  {file}" for file in files)]
    found = {"site": done.site, "trial": files[0], "key": files[1], "dev": done.dev}
    shared.show(args, found, [*lines, say("cli.relay_added_next", language)])
    return 0


def _revoke_relay(args: argparse.Namespace) -> int:
    from reset_or.actions.relaying import revoke_relay

    with shared.opened(args) as workspace, _transport(workspace) as transport:
        done = revoke_relay(workspace.context, transport=transport, site=args.site)
    shared.show(args, done, [say("cli.relay_revoked", shared.language_of(args), site=done.site)])
    return 0


def _name_site(args: argparse.Namespace) -> int:
    from reset_or.actions.centre import send_all
    from reset_or.actions.site_name import name_site

    with shared.opened(args) as workspace, _transport(workspace) as transport:
        workspace.do(name_site, site=args.site, name=args.name)
        send_all(workspace.context, transport)
    said = {"site": args.site, "name": args.name}
    shared.show(args, said, [say("cli.site_named", shared.language_of(args), **said)])
    return 0


def _admit(args: argparse.Namespace) -> int:
    from reset_or.actions.centre import admit

    language = shared.language_of(args)

    def accept(asking: Asking) -> bool:
        print(say("cli.asking", language, words=asking.words), file=sys.stderr)
        people = ", ".join(f"{p.user} ({p.role})" for p in asking.people)
        print(f"  {people or say('cli.asking_renewal', language)}", file=sys.stderr)
        if asking.again:
            print("  " + say("cli.asking_again", language, people=", ".join(asking.again)), file=sys.stderr)
        if args.yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("admit_needs_yes")
        return input(say("cli.admit_question", language)).strip().lower() in ("y", "yes", "是")

    with shared.opened(args) as workspace, _transport(workspace) as transport:
        devices = admit(workspace.context, transport=transport, site=args.site, accept=accept)
    lines = [say("cli.admitted", language, words=d.words, state=d.state) for d in devices]
    shared.show(args, {"devices": devices}, lines or [say("cli.nobody_asks", language)])
    return 0


def _read(args: argparse.Namespace) -> int:
    from reset_or.actions.centre import open_identity, read, read_raw

    passphrase = shared.read_secret(args.passphrase_file, "passphrase of the centre's keys")
    identity = open_identity(Path(args.identity), passphrase)
    with shared.opened(args) as workspace:
        if not args.offline:
            result = workspace.sync_now()
            if result.problem:
                print(say("cli.read_what_is_here", shared.language_of(args)), file=sys.stderr)
        if args.raw:
            count = read_raw(workspace.context, Path(args.raw), site=args.site)
            print(json.dumps({"files": count, "folder": args.raw}))
            return 0
        lines = read(workspace.context, identity=identity, site=args.site)
        if args.out:
            with Path(args.out).open("w", encoding="utf-8") as stream:
                count = sum(1 for line in lines if stream.write(line + "\n"))
            print(json.dumps({"records": count, "file": args.out}))
        else:
            for line in lines:
                print(line)
    return 0


def _transport(workspace: Workspace) -> Any:
    from reset_or.actions.installation import server_of

    return server_of(workspace.context.store)

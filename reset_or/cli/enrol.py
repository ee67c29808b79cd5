"""`reset-or enrol CODE`: makes this computer a device of a site, with the code that the centre printed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from reset_or import __version__
from reset_or.base.boot import SystemBoot
from reset_or.base.clock import SystemClock
from reset_or.base.errors import UsageError
from reset_or.base.words import say
from reset_or.cli import shared

if TYPE_CHECKING:
    from reset_or.actions.enrolment import Enrolled
    from reset_or.base.paths import Home


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("enrol", help=say("cli.enrol_help", "en"))
    parser.add_argument("code", metavar="CODE", help=say("cli.enrol_code", "en"))
    parser.add_argument("--server", metavar="URL", required=True, help=say("cli.enrol_server", "en"))
    parser.add_argument("--ca", metavar="FILE", help=say("cli.enrol_ca", "en"))
    parser.add_argument(
        "--password-file", metavar="USER=FILE", action="append", help=say("cli.enrol_password_file", "en")
    )
    parser.add_argument("--name", metavar="USER=NAME", action="append", help=say("cli.enrol_name", "en"))
    parser.add_argument("--demo", action="store_true", help=argparse.SUPPRESS)
    return parser


def run(args: argparse.Namespace) -> int:
    """Asks for a password a person, makes keys, and posts the public ones under the code."""
    from reset_or.actions.enrolment import enrol, invited
    from reset_or.wire.transport import HttpTransport

    files = shared.pairs(args.password_file, "--password-file")
    names = shared.pairs(args.name, "--name")
    home = shared.home_of(args)
    ca_pem = shared.read_pem(args.ca)
    transport = HttpTransport(args.server, ca_pem=ca_pem)
    try:
        invitation = invited(transport, args.code)
        people = [person.user for person in invitation.people]
        chosen = [user for user in people if user in files] if files else people
        if unknown := set(files) - set(people):
            raise UsageError("person_not_invited", user=min(unknown))
        passwords = {user: shared.read_secret(files.get(user), f"new password of {user}") for user in chosen}
        done = enrol(
            home,
            code=args.code,
            passwords=passwords,
            names={user: names.get(user, user) for user in chosen},
            transport=transport,
            server_url=args.server,
            key_store=shared.new_key_store(args),
            clock=SystemClock(),
            app=__version__,
            demo=args.demo,
            boot=SystemBoot(),
            ca_pem=ca_pem,
        )
    finally:
        transport.close()
    _remember(args, home, done)
    _tell(args, home, done)
    return 0


def _tell(args: argparse.Namespace, home: Home, done: Enrolled) -> None:
    from reset_or.actions.restart import glance

    language = shared.language_of(args)
    state = glance(home, SystemBoot())
    lines = [say("cli.enrolled", language, site=done.site, words=done.words)]
    if state == "pending":
        lines.append(say("errors.reboot_test_pending__advice", language))
    shared.show(args, shared.plain(done) | {"reboot_test": state}, lines)


def _remember(args: argparse.Namespace, home: Home, done: Enrolled) -> None:
    """What the unlock page shows before a password: people, study and site."""
    from reset_or.workspace.settings import Settings, Tile, save_settings

    tiles = tuple(Tile(person.user, person.role, person.name or person.user) for person in done.people)
    save_settings(
        home,
        Settings(
            language=shared.language_of(args), study=done.study, site=done.site, people=tiles,
            demo=args.demo, scheme="demo-1" if args.demo else "reset-1",
        ),
    )  # fmt: skip

"""`reset-or doctor`: looks at the computer without a password and says what would stand in the way."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
from pathlib import Path
from typing import Any

from reset_or import __version__
from reset_or.actions import restart
from reset_or.base.boot import SystemBoot
from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language, explain, say
from reset_or.cli import shared
from reset_or.record.codebook import label

_LITTLE_SPACE = 1 << 30


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("doctor", help=say("cli.doctor_help", "en"))
    parser.add_argument(
        "--skip-reboot-test", action="store_true", help=say("cli.doctor_skip_reboot_test", "en")
    )
    shared.add_person_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Exit 3 if something would keep RESET-OR from working here.

    With --skip-reboot-test a person first says by name that this computer cannot be restarted now.
    """
    language = shared.language_of(args)
    home = shared.home_of(args)
    if args.skip_reboot_test:
        with shared.opened(args) as unlocked:
            unlocked.do(restart.waive)
    findings: list[dict[str, Any]] = []

    def look(what: str, good: bool, said: str) -> None:
        findings.append({"what": what, "good": good, "said": said})

    look("version", True, f"RESET-OR {__version__}, Python {platform.python_version()}, {sys.platform}")
    place = next(p for p in (home.root, *home.root.parents) if p.exists())
    free = shutil.disk_usage(place).free
    look("disk", free > _LITTLE_SPACE, f"{free >> 20} MiB")
    look("folder", _writable(place), str(home.root))
    try:
        workspace = shared.workspace_of(args)
        look("store", True, workspace.probe().state)
    except ResetOrError as error:
        look("store", False, explain(error, language)[0])
    look("keyring", *_keyring(language))
    state = restart.glance(home, SystemBoot()) or "not_asked"
    look("reboot_test", state != "pending", label("reboot_test", state, language))
    lines = [
        f"{'+' if f['good'] else '!'} {say('cli.doctor_' + f['what'], language)}: {f['said']}"
        for f in findings
    ]
    shared.show(args, {"findings": findings, "reboot_test": state}, lines)
    return 0 if all(f["good"] for f in findings) else 3


def _writable(place: Path) -> bool:
    import os

    return os.access(place, os.W_OK)


def _keyring(language: Language) -> tuple[bool, str]:
    from reset_or.keys.pepper import KeyringStore

    try:
        KeyringStore().get("0" * 64)
    except ResetOrError as error:
        # Not having a keyring is allowed: the store is then protected by passwords alone, and says so.
        return True, explain(error, language)[0]
    return True, "ok"

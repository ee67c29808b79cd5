"""What the commands share: the data folder, secrets from files or a prompt, opening, and printing.

Secrets never come by argument or environment: `--password-file FILE`, or a prompt on a terminal.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reset_or.actions.context import Secret
from reset_or.base.errors import UsageError, UserFixable
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home, default_home
from reset_or.base.words import Language, say
from reset_or.workspace import Workspace

if TYPE_CHECKING:
    from reset_or.keys.pepper import KeyStore

EPILOG = "0 done, 1 refused, 2 wrong usage, 3 environment, 4 trust broken"


def language_of(args: argparse.Namespace) -> Language:
    return "zh" if getattr(args, "language", "en") == "zh" else "en"


def home_of(args: argparse.Namespace) -> Home:
    return Home(Path(args.home) if getattr(args, "home", None) else default_home())


def add_person_options(parser: argparse.ArgumentParser) -> None:
    """--user and --password-file, for every command that opens the store."""
    parser.add_argument("--user", help=say("cli.help_user", "en"))
    parser.add_argument("--password-file", metavar="FILE", help=say("cli.help_password_file", "en"))


def read_secret(path: str | None, prompt: str) -> str:
    """The first line of a file, or what is typed at a terminal; UsageError where there is neither."""
    if path is not None:
        try:
            text = Path(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UserFixable("secret_file_unreadable", path=path) from error
        line = text.splitlines()[0] if text else ""
        if not line:
            raise UserFixable("secret_file_empty", path=path)
        return line
    if not sys.stdin.isatty():
        raise UsageError("secret_needs_file", what=prompt)
    return getpass.getpass(f"{prompt}: ")


def pairs(given: list[str] | None, what: str) -> dict[str, str]:
    """`NAME=VALUE` options as a mapping; UsageError for anything else."""
    found: dict[str, str] = {}
    for item in given or ():
        name, equals, value = item.partition("=")
        if not equals or not name or not value:
            raise UsageError("option_needs_pair", option=what)
        found[name] = value
    return found


@contextmanager
def opened(args: argparse.Namespace) -> Iterator[Workspace]:
    """The installation, unlocked by the person named; locked again at the end."""
    workspace = workspace_of(args)
    user = args.user
    if not user:
        tiles = workspace.glance().people
        if len(tiles) != 1:
            raise UsageError("user_needed", people=" ".join(tile.user for tile in tiles) or "-")
        user = tiles[0].user
    workspace.unlock(user, password_of(args, user))
    try:
        yield workspace
    finally:
        workspace.lock()


def workspace_of(args: argparse.Namespace) -> Workspace:
    """Not yet unlocked. `--no-keyring` leaves the keyring out: the demo's and a server's way."""
    return Workspace(home_of(args), lanes=InlineLanes(), key_store=key_store_of(args))


def key_store_of(args: argparse.Namespace) -> KeyStore | None:
    """None: the operating system's keyring; with --no-keyring an empty one in memory."""
    if not getattr(args, "no_keyring", False):
        return None
    from reset_or.keys.pepper import MemoryKeyStore

    return MemoryKeyStore(trouble="none")


def new_key_store(args: argparse.Namespace) -> KeyStore:
    """Where a new installation keeps its pepper: the keyring, or nowhere with --no-keyring."""
    from reset_or.keys.pepper import KeyringStore

    return key_store_of(args) or KeyringStore()


def read_pem(path: str | None) -> str:
    """Root certificates from a file, "" for none; UserFixable("ca_file_unreadable")."""
    if path is None:
        return ""
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise UserFixable("ca_file_unreadable", path=path) from error


def password_of(args: argparse.Namespace, user: str) -> str:
    return read_secret(args.password_file, f"password of {user}")


def secret_of(args: argparse.Namespace, user: str) -> Secret:
    """The password again, as a signature asks for it."""
    path = getattr(args, "second_password_file", None) or args.password_file
    return Secret("password", read_secret(path, f"password of {user}"))


def show(args: argparse.Namespace, content: Any, lines: list[str]) -> None:
    """One JSON object with --json, otherwise the lines."""
    if getattr(args, "json", False):
        print(json.dumps(plain(content), ensure_ascii=False, sort_keys=True))
    else:
        for line in lines:
            print(line)


def plain(content: Any) -> Any:
    """Dataclasses and tuples as JSON wants them."""
    if is_dataclass(content) and not isinstance(content, type):
        return plain(asdict(content))
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, (list, tuple, set, frozenset)):
        return [plain(value) for value in content]
    if isinstance(content, bytes):
        return content.hex()
    return content

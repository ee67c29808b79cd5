"""`reset-or-central`: serve, migrate, restored, export-openapi.

Exit codes as everywhere: 0 done, 1 refused, 2 wrong usage, 3 environment, 4 trust broken. Secrets come from
files or a prompt, never from arguments or the environment. `--json` prints one object on one line.
"""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO, cast

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import log, resources, words
from reset_or.base.clock import SystemClock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UsageError, UserFixable
from reset_or.central import running, schema
from reset_or.central.admission import Admission
from reset_or.central.database import Database
from reset_or.central.feed import restart_feed
from reset_or.central.options import Options
from reset_or.central.pieces import FolderStore
from reset_or.central.service import Service, check_server_key, open_service
from reset_or.revisions import signing
from reset_or.wire.trial_file import TrialFile, read_trial


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script; returns the exit code."""
    said = _parser().parse_args(arguments)
    try:
        cast(Any, said.run)(said)
    except ResetOrError as error:
        _complain(error, said.json)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="reset-or-central", description="The server of a RESET-OR trial.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="answer the devices of a trial")
    _trial_arguments(serve)
    _serve_arguments(serve)
    serve.set_defaults(run=_serve)
    migrate = commands.add_parser("migrate", help="make or renew the tables, as the database's owner")
    migrate.add_argument("--database", required=True, metavar="OWNER_DSN")
    migrate.add_argument("--app-role", default=schema.DEFAULT_ROLE, help="role that serves (PostgreSQL)")
    migrate.add_argument("--app-password-file", type=Path, help="its password; without it none is set")
    migrate.set_defaults(run=_migrate)
    restored = commands.add_parser("restored", help="after restoring a backup: start a new feed")
    _trial_arguments(restored)
    restored.set_defaults(run=_restored)
    document = commands.add_parser("export-openapi", help="print the description of the interface")
    document.set_defaults(run=_export_openapi)
    for each in (serve, migrate, restored, document):
        each.add_argument("--json", action="store_true", help="print one machine-readable object")
    return parser


def _trial_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trial", type=Path, required=True, help="trial.json of the centre")
    parser.add_argument("--key", type=Path, required=True, help="server.age, the server's signing key")
    parser.add_argument("--passphrase-file", type=Path, help="passphrase of server.age; else it is asked")
    parser.add_argument(
        "--data", type=Path, default=Path("central-data"), help="folder of the defaults below"
    )
    parser.add_argument("--database", metavar="DSN", help="postgresql://... or sqlite:///...")


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = Options()
    parser.add_argument("--blobs", type=Path, help="folder of the sealed photos")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443, help="0 takes a free one")
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--workers", type=int, default=1, help="processes (PostgreSQL only)")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop when the parent is gone")
    parser.add_argument("--log", type=Path, help="file for events (codes and ids only)")
    parser.add_argument("--envelopes-per-device-day", type=int, default=defaults.envelopes_per_device_day)
    parser.add_argument("--bytes-per-site", type=int, default=defaults.bytes_per_site)


def _serve(said: argparse.Namespace) -> None:
    listening = running.Listening(said.host, said.port, said.tls_cert, said.tls_key)
    listening.check()
    url = _database_url(said)
    if said.workers < 1 or (said.workers > 1 and said.until_stdin_closes):
        raise UsageError("workers_not_here")
    if said.workers > 1 and url.startswith("sqlite"):
        raise UsageError("sqlite_one_process")
    if said.log is not None:
        log.to_file(said.log)
    trial, key = _trial_and_key(said)
    options = Options(
        envelopes_per_device_day=said.envelopes_per_device_day, bytes_per_site=said.bytes_per_site
    )

    def make() -> Service:
        store = FolderStore(said.blobs or said.data / "blobs")
        return open_service(trial, key, Database(url), store, options=options)

    def ready(address: str) -> None:
        _say(said, f"listening on {address}", url=address, study=trial.study)

    running.run(
        make, listening, ready, workers=said.workers, until_stdin_closes=said.until_stdin_closes,
    )  # fmt: skip


def _migrate(said: argparse.Namespace) -> None:
    database = Database(said.database)
    try:
        schema.migrate(database)
        if not database.is_sqlite:
            password = _first_line(said.app_password_file) if said.app_password_file else None
            schema.grant_role(database, said.app_role, password)
    finally:
        database.close()
    _say(said, "tables are up to date", migrated=True)


def _restored(said: argparse.Namespace) -> None:
    trial, key = _trial_and_key(said)
    database = Database(_database_url(said))
    try:
        check_server_key(trial, key)
        schema.check(database)
        with database.reading() as connection:
            sites = sorted(Admission(trial).current(connection).sites)
        by = signing.key_id(signing.public_bytes(key))
        feed = restart_feed(database, key, SystemClock().now_at(), by, sites)
    finally:
        database.close()
    _say(said, f"new feed {feed}", feed=feed)


def _export_openapi(said: argparse.Namespace) -> None:
    sys.stdout.write(resources.read_bytes("openapi.json").decode("utf-8"))


def _database_url(said: argparse.Namespace) -> str:
    if said.database:
        return str(said.database)
    said.data.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{said.data / 'central.db'}"


def _trial_and_key(said: argparse.Namespace) -> tuple[TrialFile, Ed25519PrivateKey]:
    trial = read_trial(_read(said.trial))
    return trial, read_server_key(_read(said.key), _passphrase(said.passphrase_file))


def read_server_key(sealed: bytes, passphrase: str) -> Ed25519PrivateKey:
    """The key in `server.age`: an age passphrase file around a PEM PKCS8 Ed25519 key.

    Raises UserFixable("passphrase_wrong") or ("server_key_unreadable").
    """
    try:
        pem = pyrage.passphrase.decrypt(sealed, passphrase)
    except pyrage.DecryptError as error:
        raise UserFixable("passphrase_wrong") from error
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as error:
        raise UserFixable("server_key_unreadable") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UserFixable("server_key_unreadable")
    return key


def _passphrase(file: Path | None) -> str:
    if file is not None:
        return _first_line(file)
    return getpass.getpass("Passphrase of the server's key: ", stream=sys.stderr)


def _first_line(file: Path) -> str:
    return _read(file).decode("utf-8", "replace").partition("\n")[0].removesuffix("\r")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EnvironmentTrouble("file_unreadable", name=file.name) from error


def _say(said: argparse.Namespace, text: str, **values: Any) -> None:
    _write(sys.stdout, json.dumps(values) if said.json else text)


def _complain(error: ResetOrError, as_json: bool) -> None:
    if as_json:
        _write(sys.stdout, json.dumps({"error": error.code}))
        return
    title, advice = words.explain(error, "en")
    _write(sys.stderr, f"{title} {advice} [{error.code}]")


def _write(stream: TextIO, line: str) -> None:
    # Flushed at once: a parent process waits for the line.
    stream.write(line + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())

"""`reset-or-central`: serve, relay, migrate, restored, access-log, export-openapi.

Exit codes as everywhere: 0 done, 1 refused, 2 wrong usage, 3 environment, 4 trust broken. Secrets come from
files or a prompt, never from arguments or the environment. `--json` prints one object on one line.
"""

from __future__ import annotations

import argparse
import getpass
import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO, cast

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import log, resources, words
from reset_or.base.agefile import open_with_passphrase
from reset_or.base.clock import SystemClock, utc_text
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UsageError, UserFixable
from reset_or.base.words import Language, say
from reset_or.central import running, s3, schema
from reset_or.central.access import KEEP_DAYS, export_log
from reset_or.central.callers import read_networks
from reset_or.central.database import Database
from reset_or.central.options import Options
from reset_or.central.pieces import BlobStore, FolderStore
from reset_or.central.relay import EVERY_S, RelayKeys, open_relay
from reset_or.central.restoring import take_up_again
from reset_or.central.service import Service, check_server_key, open_service
from reset_or.wire.erase_order import decode_order
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import TrialFile, read_trial

_PEM: Final = re.compile(rb"-----BEGIN PRIVATE KEY-----.+?-----END PRIVATE KEY-----\n?", re.DOTALL)


class _Parser(argparse.ArgumentParser):
    """Wrong usage as our own error; options are not abbreviated, lest a secret be taken for a file's name."""

    def __init__(self, **said: Any) -> None:
        super().__init__(**(said | {"allow_abbrev": False}))

    def error(self, message: str) -> NoReturn:
        raise UsageError("wrong_usage", message=message, usage=self.format_usage().strip())


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script; returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    language: Language = "zh" if "zh" in given else "en"
    try:
        said = _parser().parse_args(given)
        cast(Any, said.run)(said)
    except ResetOrError as error:
        _complain(error, language, "--json" in given)
        return error.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="reset-or-central", description=_help("description"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    serve = commands.add_parser("serve", help=_help("help_serve"))
    _trial_arguments(serve)
    _serve_arguments(serve)
    serve.set_defaults(run=_serve)
    relay = commands.add_parser("relay", help=_help("help_relay"))
    _trial_arguments(relay, "help_relay_")
    relay.add_argument("--upstream", metavar="URL", help=_help("help_upstream"))
    relay.add_argument("--ca", type=Path, metavar="FILE", help=_help("help_upstream_ca"))
    relay.add_argument("--every", type=float, default=EVERY_S, metavar="SECONDS", help=_help("help_every"))
    _serve_arguments(relay)
    relay.set_defaults(run=_relay)
    migrate = commands.add_parser("migrate", help=_help("help_migrate"))
    migrate.add_argument("--database", required=True, metavar="OWNER_DSN", help=_help("help_owner"))
    migrate.add_argument("--app-role", default=schema.DEFAULT_ROLE, help=_help("help_role"))
    migrate.add_argument("--app-password-file", type=Path, help=_help("help_role_password"))
    migrate.set_defaults(run=_migrate)
    restored = commands.add_parser("restored", help=_help("help_restored"))
    _trial_arguments(restored)
    restored.add_argument(
        "--erasures", type=Path, nargs="*", default=[], metavar="FILE", help=_help("help_erasures")
    )
    restored.set_defaults(run=_restored)
    access = commands.add_parser("access-log", help=_help("help_access"))
    _access_arguments(access)
    access.set_defaults(run=_access_log)
    document = commands.add_parser("export-openapi", help=_help("help_openapi"))
    document.set_defaults(run=_export_openapi)
    for each in (serve, relay, migrate, restored, access, document):
        each.add_argument("--json", action="store_true", help=_help("help_json"))
        each.add_argument("--language", choices=words.LANGUAGES, default="en", help=_help("help_language"))
    return parser


def _access_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--database", required=True, metavar="OWNER_DSN", help=_help("help_owner"))
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.jsonl.gz", help=_help("help_access_out")
    )
    parser.add_argument(
        "--keep-days", type=int, default=KEEP_DAYS, metavar="DAYS", help=_help("help_keep_days")
    )
    parser.add_argument("--remove", action="store_true", help=_help("help_access_remove"))


def _trial_arguments(parser: argparse.ArgumentParser, words_of: str = "help_") -> None:
    parser.add_argument("--trial", type=Path, required=True, help=_help(f"{words_of}trial"))
    parser.add_argument("--key", type=Path, required=True, help=_help(f"{words_of}key"))
    parser.add_argument("--passphrase-file", type=Path, help=_help("help_passphrase"))
    parser.add_argument("--data", type=Path, default=Path("central-data"), help=_help("help_data"))
    parser.add_argument("--database", metavar="DSN", help=_help("help_database"))


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = Options()
    parser.add_argument("--photos", "--blobs", metavar="FOLDER|s3://BUCKET/PREFIX", help=_help("help_photos"))
    parser.add_argument("--s3-config", type=Path, metavar="FILE", help=_help("help_s3_config"))
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8443, help=_help("help_port"))
    parser.add_argument("--tls-cert", type=Path)
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--workers", type=int, default=1, help=_help("help_workers"))
    parser.add_argument("--until-stdin-closes", action="store_true", help=_help("help_stdin"))
    parser.add_argument("--log", type=Path, help=_help("help_log"))
    here = ",".join(map(str, defaults.monitor_from))
    parser.add_argument(
        "--monitor-from", default=here, metavar="ADDRESS[,..]", help=_help("help_monitor_from")
    )
    parser.add_argument("--trust-proxy", default="", metavar="ADDRESS[,..]", help=_help("help_trust_proxy"))
    parser.add_argument("--envelopes-per-device-day", type=int, default=defaults.envelopes_per_device_day)
    parser.add_argument("--bytes-per-site", type=int, default=defaults.bytes_per_site)


def _help(key: str) -> str:
    return say(f"central.{key}", "en")


def _serve(said: argparse.Namespace) -> None:
    url = _place_to_serve(said)
    trial, key = _trial_and_key(said)

    def make() -> Service:
        return open_service(trial, key, Database(url), _photo_store(said), options=_options(said))

    _run(said, trial, make)


def _relay(said: argparse.Namespace) -> None:
    if said.workers != 1:
        raise UsageError("relay_one_process")
    url = _place_to_serve(said)
    trial = read_trial(_read(said.trial))
    keys = RelayKeys(*read_keys(_read(said.key), _passphrase(said), 2, "relay_key_unreadable"))
    ca_pem = _read(said.ca).decode("ascii", "replace") if said.ca else ""
    upstream = HttpTransport(said.upstream or trial.server_url, ca_pem=ca_pem)

    def make() -> Service:
        service = open_relay(
            trial, keys, Database(url), _photo_store(said), upstream, every_s=said.every,
            options=_options(said),
        )  # fmt: skip
        try:
            if service.relay is not None:
                service.relay.greet()
        except BaseException:
            service.close()
            raise
        return service

    _run(said, trial, make)


def _place_to_serve(said: argparse.Namespace) -> str:
    """The database's URL, once what was said of listening, processes and events makes sense."""
    _listening(said).check()
    url = _database_url(said)
    if said.workers < 1 or (said.workers > 1 and said.until_stdin_closes):
        raise UsageError("workers_not_here")
    if said.workers > 1 and url.startswith("sqlite"):
        raise UsageError("sqlite_one_process")
    if said.log is not None:
        log.to_file(said.log)
    return url


def _listening(said: argparse.Namespace) -> running.Listening:
    return running.Listening(said.host, said.port, said.tls_cert, said.tls_key)


def _options(said: argparse.Namespace) -> Options:
    return Options(
        envelopes_per_device_day=said.envelopes_per_device_day, bytes_per_site=said.bytes_per_site,
        monitor_from=read_networks(said.monitor_from), trust_proxy=read_networks(said.trust_proxy),
    )  # fmt: skip


def _run(said: argparse.Namespace, trial: TrialFile, make: Callable[[], Service]) -> None:
    def ready(address: str) -> None:
        _say(said, "listening", url=address, study=trial.study)

    running.run(
        make, _listening(said), ready, workers=said.workers, until_stdin_closes=said.until_stdin_closes,
    )  # fmt: skip


def _photo_store(said: argparse.Namespace) -> BlobStore:
    place = str(said.photos or said.data / "blobs")
    if not place.startswith(f"{s3.SCHEME}:"):
        return FolderStore(Path(place))
    if said.s3_config is None:
        raise UsageError("s3_config_missing")
    return s3.S3Store(place, s3.read_config(said.s3_config))


def _migrate(said: argparse.Namespace) -> None:
    database = Database(said.database)
    try:
        schema.migrate(database)
        if not database.is_sqlite:
            password = _first_line(said.app_password_file) if said.app_password_file else None
            schema.grant_role(database, said.app_role, password)
    finally:
        database.close()
    _say(said, "migrated", migrated=True)


def _restored(said: argparse.Namespace) -> None:
    trial, key = _trial_and_key(said)
    database = Database(_database_url(said))
    try:
        check_server_key(trial, key)
        schema.check(database)
        orders = [decode_order(_read(file)).statement() for file in said.erasures]
        feed = take_up_again(database, trial, key, SystemClock().now_at(), orders)
    finally:
        database.close()
    _say(said, "new_feed", feed=feed)


def _access_log(said: argparse.Namespace) -> None:
    database = Database(said.database)
    try:
        done = export_log(
            database, said.out, now=SystemClock().now_at(), keep_days=said.keep_days, remove=said.remove
        )
    finally:
        database.close()
    _say(
        said,
        "access_exported" if done.rows else "access_nothing",
        until=utc_text(done.before_at),
        **vars(done),
    )


def _export_openapi(said: argparse.Namespace) -> None:
    sys.stdout.write(resources.read_bytes("openapi.json").decode("utf-8"))


def _database_url(said: argparse.Namespace) -> str:
    if said.database:
        return str(said.database)
    said.data.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{said.data / 'central.db'}"


def _trial_and_key(said: argparse.Namespace) -> tuple[TrialFile, Ed25519PrivateKey]:
    trial = read_trial(_read(said.trial))
    return trial, read_server_key(_read(said.key), _passphrase(said))


def read_server_key(sealed: bytes, passphrase: str) -> Ed25519PrivateKey:
    """The key in `server.age`. Raises as `read_keys`."""
    return read_keys(sealed, passphrase, 1, "server_key_unreadable")[0]


def read_keys(sealed: bytes, passphrase: str, count: int, otherwise: str) -> list[Ed25519PrivateKey]:
    """So many keys from an age passphrase file around PEM PKCS8 Ed25519 keys, one after the other.

    Raises as `open_with_passphrase`, or `otherwise` where it holds anything else.
    """
    text = open_with_passphrase(sealed, passphrase)
    found = []
    for pem in _PEM.findall(text):
        try:
            key = serialization.load_pem_private_key(pem, None)
        except (ValueError, TypeError) as error:
            raise UserFixable(otherwise) from error
        if isinstance(key, Ed25519PrivateKey):
            found.append(key)
    if len(found) != count:
        raise UserFixable(otherwise)
    return found


def _passphrase(said: argparse.Namespace) -> str:
    if said.passphrase_file is not None:
        return _first_line(said.passphrase_file)
    return getpass.getpass(say("central.ask_passphrase", said.language), stream=sys.stderr)


def _first_line(file: Path) -> str:
    return _read(file).decode("utf-8", "replace").partition("\n")[0].removesuffix("\r")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise EnvironmentTrouble("file_unreadable", name=file.name) from error


def _say(said: argparse.Namespace, key: str, **values: Any) -> None:
    _write(sys.stdout, json.dumps(values) if said.json else say(f"central.{key}", said.language, **values))


def _complain(error: ResetOrError, language: Language, as_json: bool) -> None:
    if as_json:
        _write(sys.stdout, json.dumps({"error": error.code}))
        return
    title, advice = words.explain(error, language)
    _write(sys.stderr, f"{title}\n{advice}")


def _write(stream: TextIO, line: str) -> None:
    # Flushed at once: a parent process waits for the line.
    stream.write(line + "\n")
    stream.flush()


if __name__ == "__main__":
    sys.exit(main())

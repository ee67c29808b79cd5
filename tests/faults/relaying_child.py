"""The life of a hospital's relay that is killed while it takes and forwards: the real one on a fixed port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.relay import RelayKeys, open_relay
from reset_or.central.running import Listening, make_server
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import read_trial
from tests.faults.warm import Say

_EVERY_S = 0.02


def warm(setup: dict[str, Any]) -> None:
    """Imports all of it, and makes the tables of SQLite."""
    service = _open(setup)
    make_server(service, Listening(), lambda: None)
    service.close()


def run(setup: dict[str, Any], _order: dict[str, Any], say: Say) -> None:
    service, where = _open(setup), Listening(port=setup["port"])
    make_server(service, where, lambda: say("ready")).run(sockets=[where.bind()])


def _open(setup: dict[str, Any]) -> Any:
    keys = RelayKeys(*(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)) for key in setup["keys"]))
    return open_relay(
        read_trial(Path(setup["trial"]).read_bytes()), keys, Database(setup["database_url"]),
        FolderStore(Path(setup["blobs"])), HttpTransport(setup["upstream"]), every_s=_EVERY_S,
    )  # fmt: skip

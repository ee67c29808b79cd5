"""The life of a server that is killed while it serves: the real application on a fixed port."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.running import Listening, make_server
from reset_or.central.service import open_service
from reset_or.wire.trial_file import read_trial
from tests.faults.warm import Say


def warm(setup: dict[str, Any]) -> None:
    """Imports all of it, and makes the tables of SQLite."""
    service = _open(setup)
    make_server(service, Listening(), lambda: None)
    service.close()


def run(setup: dict[str, Any], _order: dict[str, Any], say: Say) -> None:
    service, where = _open(setup), Listening(port=setup["port"])
    make_server(service, where, lambda: say("ready")).run(sockets=[where.bind()])


def _open(setup: dict[str, Any]) -> Any:
    trial = read_trial(Path(setup["trial"]).read_bytes())
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(setup["key"]))
    return open_service(trial, key, Database(setup["database_url"]), FolderStore(Path(setup["blobs"])))

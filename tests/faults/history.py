"""Reading what a past release left in `tests/data/history/<version>/`: a computer of a site and its server.

`said_by` is what every later version must still be able to say, in the words of the version that wrote it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions import photos
from reset_or.base.clock import SystemClock
from reset_or.base.lanes import InlineLanes
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.revisions.revision import read_inner
from reset_or.wire.trial_file import TrialFile, read_trial
from reset_or.workspace import Workspace

PLACE = Path(__file__).parents[1] / "data" / "history"
ALL = 100_000


@dataclass(frozen=True)
class PastServer:
    """What `running_server` needs of a trial: its file and the server's key."""

    trial: TrialFile
    server: Ed25519PrivateKey

    def file(self) -> TrialFile:
        return self.trial


@dataclass(frozen=True)
class Past:
    """One released version: its files as they are kept, and what was written down beside them."""

    folder: Path
    said: dict[str, Any] = field(repr=False)

    @property
    def version(self) -> str:
        return self.folder.name

    def copy(self, place: Path) -> Path:
        """A copy of the computer's home that may be opened: the kept files never change."""
        shutil.copytree(self.folder / "home", place)
        return place

    def open(self, home: Path) -> Workspace:
        keys = {install: bytes.fromhex(pepper) for install, pepper in self.said["peppers"].items()}
        made = Workspace(home, lanes=InlineLanes(), clock=SystemClock(), key_store=MemoryKeyStore(keys))
        made.unlock(self.said["user"], self.said["password"])
        return made

    @property
    def server(self) -> PastServer:
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self.said["server_key"]))
        return PastServer(read_trial((self.folder / "trial.json").read_bytes()), key)


def releases() -> list[Past]:
    """All kept versions, oldest first by name."""
    found = sorted(each.parent for each in PLACE.glob("*/expected.json"))
    return [Past(each, json.loads((each / "expected.json").read_text(encoding="utf-8"))) for each in found]


def said_by(workspace: Workspace) -> dict[str, Any]:
    """Every revision, projection, draft and photo of an open store, as plain values."""
    store = workspace.context.store
    return {
        "revisions": {row.rev_id: _revision(row) for row in store.audit(limit=ALL)},
        "records": {
            row.rec: {"form": row.form, "case": row.case, "status": row.status,
                      "fields": json.loads(row.fields), "heads": sorted(row.heads)}
            for row in store.records()
        },
        "drafts": {f"{d.page} {d.case} {d.user}": json.loads(d.data) for d in store.drafts()},
        "photos": {row.rec: _photo(workspace, row.rec) for row in store.records() if row.form == "photo"},
        "receipts": sorted(e.env_id for e in _held(workspace) if e.receipt),
        "unsent": sorted(e.env_id for e in _held(workspace) if not e.receipt),
        "statements": sorted(each.stmt_id for each in store.statements()),
    }  # fmt: skip


def missing(expected: dict[str, Any], found: dict[str, Any]) -> list[str]:
    """What of `expected` is not there or not the same. More may be there: an opening writes events."""
    wrong = []
    for part, old in expected.items():
        new = found[part]
        if isinstance(old, dict):
            wrong += [f"{part} {key[:40]}" for key, value in old.items() if new.get(key) != value]
        elif part != "unsent":  # what waited may have been sent since
            wrong += [f"{part} {each[:40]}" for each in old if each not in new]
    gone = {*expected["unsent"]} - {*found["unsent"], *found["receipts"]}
    return wrong + [f"unsent {each[:40]}" for each in sorted(gone)]


def _revision(row: Any) -> dict[str, Any]:
    signed = read_inner(row.inner, row.signature, row.key_id)
    said = signed.revision
    return {
        "form": said.form, "act": said.act, "user": said.user, "role": said.role, "at": said.at,
        "chg": {name: [change.old, change.new, change.why] for name, change in said.chg.items()},
        "inner": base64.b64encode(row.inner).decode("ascii"),
    }  # fmt: skip


def _photo(workspace: Workspace, rec: str) -> str:
    data, mime, turn = workspace.do(photos.open_photo, photo=rec)
    return f"{hashlib.sha256(data).hexdigest()} {mime} {turn}"


def _held(workspace: Workspace) -> Any:
    context = workspace.context
    return context.store.held(context.site, context.device.dev, limit=ALL)

"""The computers of one site (two, unless more are named), certified by one synthetic trial, and their server.

Only the ceremony of enrolment is missing: keys, stores, seals, server and sockets are real.
"""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reset_or.actions.context import DeviceKeys
from reset_or.actions.installation import Installation, new_device, write_installation
from reset_or.base.clock import SystemClock
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.statements import Statement
from reset_or.store.opening import create_installation
from reset_or.store.store import Store
from reset_or.sync.epochs import EpochKey
from reset_or.workspace import Settings, Tile, Workspace
from reset_or.workspace.settings import save_settings
from tests.fakes.site import password_of
from tests.fakes.trial import SyntheticTrial, TrialSite

SITE = "03"
USERS = {"a": ("wang", "or_nurse"), "b": ("zhang", "surgeon")}


def open_home(home: str | Path, peppers: dict[str, str], user: str) -> Workspace:
    """A workspace unlocked by `user`; `peppers` stand for the keyring."""
    keys = MemoryKeyStore({install: bytes.fromhex(pepper) for install, pepper in peppers.items()})
    workspace = Workspace(Path(home), lanes=InlineLanes(), clock=SystemClock(), key_store=keys)
    workspace.unlock(user, password_of(user))
    return workspace


def free_port() -> int:
    """A port that was free a moment ago; kept for a server that is started again and again."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Ground:
    """`homes` and `devices` by name; `users`: name -> (user, role); `statements` is what the server must
    learn first."""

    folder: Path
    users: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(USERS))
    trial: SyntheticTrial = field(default_factory=SyntheticTrial)
    peppers: dict[str, str] = field(default_factory=dict)
    homes: dict[str, Path] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def make(self) -> Ground:
        """Both installations, each knowing all certificates of the site."""
        site = self.trial.add_site(SITE, devices=0, people={})
        self.statements = [*site.statements]
        made: dict[str, tuple[Home, MemoryKeyStore, DeviceKeys]] = {}
        for name, (user, role) in self.users.items():
            home, keys = Home(self.folder / f"home-{name}"), MemoryKeyStore()
            opened = create_installation(
                home, user=user, password=password_of(user), key_store=keys, clock=SystemClock(),
                cost=QUICK_COST,
            )  # fmt: skip
            assert opened.person is not None
            device = new_device()
            grant, root = self.trial.grant, self.trial.admin.key
            sign = signing.public_bytes(device.sign)
            self.statements += [
                grant(root, "device", SITE, device.dev, sign, box=device.box_public),
                grant(root, "person", SITE, user, opened.person.public, role),
            ]
            opened.close()
            made[name] = (home, keys, device)
            self.devices[name] = device.dev
            self.homes[name] = home.root
            self.peppers |= {install: pepper.hex() for install, pepper in keys.peppers.items()}
        for name, (home, keys, device) in made.items():
            self._fill(home, keys, device, site, self.users[name])
        return self

    def _fill(
        self, home: Home, keys: MemoryKeyStore, device: DeviceKeys, site: TrialSite, who: tuple[str, str]
    ) -> None:
        from reset_or.store.opening import open_installation

        opened = open_installation(
            home, user=who[0], password=password_of(who[0]), key_store=keys, clock=SystemClock()
        ).or_raise()
        file = self.trial.file()
        roles = dict(self.users.values())
        said = Installation(self.trial.study, SITE, file.root, "http://127.0.0.1:9", roles)
        with opened.store.transaction() as unit:
            write_installation(unit, said, file, device)
            for statement in self.statements:
                unit.put_statement(statement)
            key = EpochKey(SITE, 1, site.identity)
            unit.put_secret(key.name, key.identity.encode("ascii"))
        opened.close()
        tile = Tile(who[0], who[1], who[0])
        save_settings(home, Settings(study=self.trial.study, site=SITE, people=(tile,), scheme="demo-1"))

    def open(self, name: str) -> Workspace:
        return open_home(self.homes[name], self.peppers, self.users[name][0])

    def spare(self, name: str) -> Path:
        """A copy of a home, for a process that is only warmed up."""
        place = self.folder / f"spare-{name}"
        shutil.copytree(self.homes[name], place)
        return place


def on_server(database_url: str, dev: str) -> list[tuple[int, str, bytes, bytes, bytes | None]]:
    """(n, env_id, hdr, dsig, body) of one device at the site, as the database has them, in order of n."""
    database = Database(database_url)
    try:
        envelope = tables.envelope
        columns = (envelope.c.n, envelope.c.env_id, envelope.c.hdr, envelope.c.dsig, envelope.c.body)
        query = (
            sa.select(*columns).where(envelope.c.site == SITE, envelope.c.dev == dev).order_by(envelope.c.n)
        )
        with database.reading() as connection:
            return [(n, e, bytes(h), bytes(s), None if b is None else bytes(b))
                    for n, e, h, s, b in connection.execute(query)]  # fmt: skip
    finally:
        database.close()


def folded(store: Store) -> list[tuple[Any, ...]]:
    """All revisions and all records, without what a store counts for itself."""
    revisions = sorted(
        (each.rev_id, each.inner, each.signature, each.seq) for each in store.audit(limit=100_000)
    )
    records = sorted(
        (r.rec, r.form, r.case, r.status, r.fields, r.heads, r.conflicts) for r in store.records()
    )
    return [*revisions, *records]

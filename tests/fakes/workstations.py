"""A whole trial on one machine: the centre, the real server, and workstations enrolled by code.

Nothing is simulated: keys, stores, seals, HTTP. Only the cost of passwords is lowered, and the keyring is in
memory. `Ground.open` copies a centre that was made once, since its four passphrase files cost seconds.
"""

from __future__ import annotations

import contextlib
import copy
import random
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from reset_or.actions import cases, centre, enrolment, readings
from reset_or.actions.context import Context
from reset_or.actions.installation import queue_statements
from reset_or.actions.photos import attach_photo
from reset_or.actions.syncing import SyncResult, sync_once
from reset_or.base.clock import Clock, ManualClock
from reset_or.base.ids import sha256_hex
from reset_or.base.lanes import InlineLanes
from reset_or.base.paths import Home
from reset_or.central import tables
from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.service import Service, open_service
from reset_or.images.intake import TakenPhoto
from reset_or.keys.custody import open_signing_file
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.statements import sign_statement
from reset_or.wire.transport import HttpTransport, Transport
from reset_or.wire.trial_file import TrialFile, read_trial
from reset_or.workspace import Workspace
from tests.fakes import server

STUDY = "RESET-TEST"
PASSPHRASE = "four places, never one of them"
ADMIN_PASSWORD = "heron-over-quiet-water-admin"
PEOPLE = {
    "zhang": ("surgeon", "Zhang San"),
    "wang": ("or_nurse", "Wang Min"),
    "li": ("pathologist", "Li Wei"),
}


def password_of(user: str) -> str:
    return f"plum-rain over the {user} bridge"


@dataclass
class Centre:
    """The centre's files as `centre.init` made them; copied for each test."""

    folder: Path
    home: Home
    keys: MemoryKeyStore
    server_key: Any
    trial: TrialFile


def make_centre(place: Path) -> Centre:
    """The ceremony itself: about five seconds of scrypt."""
    keys, home = MemoryKeyStore(), Home(place / "centre-home")
    made = centre.init(
        place / "trial", home, study=STUDY, server_url="http://127.0.0.1:9", passphrase=PASSPHRASE,
        admin="admin", admin_name="Centre Admin", password=ADMIN_PASSWORD, key_store=keys,
        clock=ManualClock(), cost=QUICK_COST,
    )  # fmt: skip
    server_key = open_signing_file(made.secrets["server"].read_bytes(), PASSPHRASE)
    return Centre(place / "trial", home, keys, server_key, read_trial(made.trial.read_bytes()))


@dataclass
class Station:
    """One computer with its installation; `transport` may be wrapped with faults."""

    home: Home
    keys: MemoryKeyStore
    clock: ManualClock
    url: str
    transport: Transport
    workspace: Workspace
    user: str = ""
    password: str = ""

    @property
    def ctx(self) -> Context:
        return self.workspace.context

    def unlock(self, user: str, password: str) -> None:
        self.user, self.password = user, password
        self.workspace.unlock(user, password)

    def reopen(self) -> None:
        """As after a restart: nothing is remembered but what is on the disk."""
        self.workspace.lock()
        self.workspace.unlock(self.user, self.password)

    def sync(self, **said: Any) -> SyncResult:
        return sync_once(self.ctx, transport=said.pop("transport", self.transport), **said)

    def good_sync(self) -> SyncResult:
        result = self.sync()
        assert (result.problem, result.alarm, result.complete) == ("", "", True), result
        return result

    def close(self) -> None:
        self.workspace.lock()
        self.transport.close()


@dataclass
class Ground:
    """The server's address and everybody's stations; closed at the end of `opened`."""

    folder: Path
    url: str
    service: Service
    centre: Centre
    clock: ManualClock
    stations: list[Station] = field(default_factory=list)

    def station(self, home: Home, keys: MemoryKeyStore) -> Station:
        workspace = Workspace(home, lanes=InlineLanes(), clock=self.clock, key_store=keys)
        made = Station(home, keys, self.clock, self.url, HttpTransport(self.url), workspace)
        self.stations.append(made)
        return made

    def admin(self) -> Station:
        """The centre's workstation, unlocked."""
        found = next((s for s in self.stations if s.user == "admin"), None)
        if found is None:
            found = self.station(self.centre.home, self.centre.keys)
            found.unlock("admin", ADMIN_PASSWORD)
        return found

    def codes(
        self, site: str = "03", *, devices: int = 1, people: Mapping[str, Any] = PEOPLE
    ) -> tuple[str, ...]:
        admin = self.admin()
        named = [(user, said[0]) for user, said in people.items()]
        return centre.add_site(
            admin.ctx, transport=admin.transport, site=site, people=named, devices=devices
        ).codes

    def enrol(self, code: str, users: Sequence[str], name: str) -> Station:
        """A new computer of the people named, the first of them signed in."""
        keys, home = MemoryKeyStore(), Home(self.folder / name)
        transport = HttpTransport(self.url)
        enrolment.enrol(
            home, code=code, passwords={user: password_of(user) for user in users},
            names={user: PEOPLE[user][1] for user in users}, transport=transport, server_url=self.url,
            key_store=keys, clock=self.clock, cost=QUICK_COST,
        )  # fmt: skip
        transport.close()
        made = self.station(home, keys)
        for user in reversed(users):
            made.unlock(user, password_of(user))
        return made

    def restart(self, station: Station) -> None:
        """A station whose server moved to this ground's address."""
        station.transport.close()
        station.url, station.transport = self.url, HttpTransport(self.url)

    def on_server(self) -> dict[str, int]:
        """env_id -> number of its entries in the feed in use."""
        feed = tables.feed
        with self.service.database.reading() as connection:
            newest = connection.scalar(sa.select(feed.c.feed).order_by(feed.c.ord.desc()).limit(1))
            rows = connection.execute(
                sa.select(tables.envelope.c.env_id, sa.func.count(tables.entry.c.seq))
                .outerjoin(
                    tables.entry,
                    (tables.entry.c.id == tables.envelope.c.env_id) & (tables.entry.c.feed == newest),
                )
                .group_by(tables.envelope.c.env_id)
            ).all()
        return {row[0]: row[1] for row in rows}

    def admit(self, site: str = "03") -> tuple[centre.Asking, ...]:
        admin = self.admin()
        return centre.admit(admin.ctx, transport=admin.transport, site=site)

    def workstations(self, *users: Sequence[str], site: str = "03") -> list[Station]:
        """One admitted and synchronised computer for each group of people."""
        made = [
            self.enrol(code, group, f"{site}-{'-'.join(group)}")
            for code, group in zip(self.codes(site, devices=len(users)), users, strict=True)
        ]
        assert {asking.state for asking in self.admit(site)} == {"admitted"}
        for each in made:
            each.good_sync()
        for each in made:
            each.good_sync()
        return made


@contextlib.contextmanager
def opened(folder: Path, template: Centre, *, database_url: str = "") -> Iterator[Ground]:
    """The server running and a fresh copy of the centre."""
    place = folder / "centre"
    shutil.copytree(template.home.root, place)
    own = Centre(
        template.folder, Home(place), copy.deepcopy(template.keys), template.server_key, template.trial
    )
    url = database_url or f"sqlite:///{folder / 'server.db'}"
    clock = ManualClock()
    with serving(own.trial, own.server_key, url, folder / "server-blobs", clock) as (address, service):
        ground = Ground(folder, address, service, own, clock)
        try:
            yield ground
        finally:
            for station in ground.stations:
                station.close()


@contextlib.contextmanager
def serving(
    trial: TrialFile, key: Any, database_url: str, blobs: Path, clock: Clock | None = None
) -> Iterator[tuple[str, Service]]:
    """The real server in a thread, on a real socket."""
    service = open_service(trial, key, Database(database_url), FolderStore(blobs), clock=clock)
    with server.serving(service) as url:
        yield url, service


def register(station: Station, subject: str, **said: object) -> str:
    fields = {"sex": "m", "age": 61, "arm": "conventional", "rand_no": "R-1", "rand_no_again": "R-1"} | said
    return station.workspace.do(cases.register_case, subject=subject, **fields).rec


def measure(station: Station, case: str, end: str, value_mm: int, state: str = "in_vivo") -> str:
    return station.workspace.do(
        readings.record_reading, case=case, end=end, value_mm=value_mm, entered=str(value_mm / 10),
        state=state,
    ).rec  # fmt: skip


def attach(station: Station, case: str, size: int, seed: int = 1) -> tuple[str, str]:
    """(rec, blob id) of a new photo of random bytes: the way of a sealed file does not depend on them."""
    data = random.Random(seed).randbytes(size)
    taken = TakenPhoto(
        data=data, mime="image/jpeg", w=40, h=30, turn=1, sha256=sha256_hex(data),
        camera_sha256=sha256_hex(data[::-1]),
        captured_at=None, captured_zone_min=None, warnings=(),
    )  # fmt: skip
    saved = station.workspace.do(attach_photo, case=case, taken=taken)
    return saved.rec, next(row.id for row in station.ctx.store.blobs(case=case) if row.rec == saved.rec)


def server_file(ground: Ground, blob: str) -> Path:
    return next((ground.folder / "server-blobs").rglob(blob))


def revoke_device(ground: Ground, dev: str) -> None:
    """The centre's administrator takes a device's key back, and the server has it."""
    admin = ground.admin()
    grant = admin.ctx.directory.grant(dev)
    assert grant is not None
    statement = sign_statement(
        admin.ctx.people.signing_key("admin"), kind_of="revoke", study=STUDY, site=grant.site, ver=2,
        at=ground.clock.now_at(), kind="device", subj_id=dev,
        subj_keys={"sign": signing.b64(grant.public)}, reason_code="lost",
    )  # fmt: skip
    admin.ctx.directory.add(statement, seq=None)
    with admin.ctx.store.transaction() as unit:
        queue_statements(admin.ctx.store, unit, [statement])
    assert admin.sync().problem == ""


def quiet(*stations: Station) -> None:
    """Until nobody has anything left to say: two rounds, the second for what the first brought."""
    for _ in range(2):
        for station in stations:
            station.good_sync()


def projection(station: Station) -> dict[str, object]:
    """All records but what differs by nature: events of opening belong to one device's trail too."""
    return {row.rec: row for row in station.ctx.store.records()}


def assert_same(ground: Ground, *stations: Station) -> None:
    """All stores fold to the same, and the server has every envelope exactly once."""
    first = projection(stations[0])
    for each in stations:
        assert [(row.seq, row.code) for row in each.ctx.store.quarantined()] == []
        assert projection(each) == first
    held = ground.on_server()
    assert set(held.values()) == {1}
    own = {row.env_id for s in stations for row in s.ctx.store.held("03", s.ctx.device.dev, 0, 10_000)}
    assert own <= set(held)

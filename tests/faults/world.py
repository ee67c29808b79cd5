"""One site's computers and the centre's own, around one centre: real stores, real seals, real signatures.

Only the ceremony of enrolment is missing. A `Template` is made once and copied for each history, for its
passwords cost time. A seat is opened when it is first used, without the events of a login, as after a power
cut.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reset_or.actions.context import Context, DeviceKeys
from reset_or.actions.installation import Installation, new_device, write_installation
from reset_or.actions.renewal import renew
from reset_or.actions.syncing import SyncResult, sync_once
from reset_or.base.clock import ManualClock
from reset_or.base.paths import Home
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.statements import Statement
from reset_or.store.opening import create_installation
from reset_or.store.store import Store
from reset_or.sync.epochs import EpochKey
from reset_or.wire import invites
from reset_or.wire.client import Client
from reset_or.wire.invites import InviteContent, Invited
from reset_or.wire.transport import Transport
from reset_or.workspace.opening import Opening, open_home
from tests.fakes.central import Central, Line
from tests.fakes.site import password_of
from tests.fakes.trial import SyntheticTrial

SITE = "03"
CENTRE = "centre"
TWIN = "'"
"""After the name of a computer: another one with a copy of its disk."""
USERS = {"a": ("wang", "or_nurse"), "b": ("zhang", "surgeon"), "c": ("chen", "or_nurse"),
         CENTRE: ("admin", "centre_admin")}  # fmt: skip


class Crash(BaseException):
    """The computer stops between two transactions."""


@dataclass
class Seat:
    """One computer. `line` is its way to the centre; `wrap` may put faults around it."""

    name: str
    home: Home
    keys: MemoryKeyStore
    clock: ManualClock
    line: Line
    dev: str
    opening: Opening | None = None

    @property
    def ctx(self) -> Context:
        if self.opening is None:
            self.open()
        assert self.opening is not None
        return self.opening.context

    @property
    def store(self) -> Store:
        return self.ctx.store

    def open(self) -> None:
        user = USERS[self.name.removesuffix(TWIN)][0]
        self.opening = open_home(
            self.home, user=user, password=password_of(user), key_store=self.keys, clock=self.clock,
            scheme="demo-1", boot=None,
        )  # fmt: skip
        self.dev = self.opening.context.device.dev

    def close(self) -> None:
        if self.opening is not None:
            self.opening.desk.drop()
            self.opening.opened.close()
            self.opening = None

    def reopen(self) -> None:
        self.close()
        self.open()

    def sync(self, transport: Transport | None = None, **said: Any) -> SyncResult:
        return sync_once(self.ctx, transport=transport or self.line, **said)

    def sync_until_crash(self, commits: int, *, before: bool) -> SyncResult | None:
        """A sync whose computer stops at the given commit, before it or just after; None where it did."""
        left = [commits]
        real = self.store.transaction

        @contextmanager
        def counted() -> Iterator[Any]:
            left[0] -= 1
            if left[0] < 0 and before:
                raise Crash
            with real() as unit:
                yield unit
            if left[0] < 0:
                raise Crash

        self.store.transaction = counted  # type: ignore[method-assign]
        try:
            return self.sync()
        except Crash:
            self.reopen()
            return None
        finally:
            if self.opening is not None:
                self.store.__dict__.pop("transaction", None)

    def backup(self, place: Path) -> Path:
        """A copy of the whole folder while the application is closed."""
        self.close()
        shutil.copytree(self.home.root, place)
        return place

    def restore(self, place: Path) -> None:
        self.close()
        shutil.rmtree(self.home.root)
        shutil.copytree(place, self.home.root)


@dataclass
class Template:
    """Installations that know each other's certificates; `statements` is what a server must learn first."""

    folder: Path
    trial: SyntheticTrial = field(default_factory=SyntheticTrial)
    names: tuple[str, ...] = ("a", "b", "c", CENTRE)
    peppers: dict[str, dict[str, bytes]] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    persons: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    revocations: dict[str, Statement] = field(default_factory=dict)

    def make(self) -> Template:
        site = self.trial.add_site(SITE, devices=0, people={})
        self.statements = [*site.statements]
        made = {}
        for name in self.names:
            user, role = USERS[name]
            home, keys = Home(self.folder / name), MemoryKeyStore()
            opened = create_installation(
                home, user=user, password=password_of(user), key_store=keys, clock=ManualClock(),
                cost=QUICK_COST,
            )  # fmt: skip
            assert opened.person is not None
            self.persons[name] = user, role, signing.key_id(opened.person.public)
            device = self._device(name)
            where = "00" if name == CENTRE else SITE
            self._certify(name, where, user, role, device, opened.person.public)
            made[name] = opened, device
            self.peppers[name] = keys.peppers
            self.devices[name] = device.dev
        root = signing.public_bytes(self.trial.root)
        file = self.trial.file()
        for name, (opened, device) in made.items():
            where = "00" if name == CENTRE else SITE
            roles = dict(USERS.values())
            said = Installation(self.trial.study, where, root, "http://127.0.0.1:9", roles)
            with opened.store.transaction() as unit:
                write_installation(unit, said, file, device)
                for statement in self.statements:
                    unit.put_statement(statement)
                key = EpochKey(SITE, 1, site.identity)
                unit.put_secret(key.name, key.identity.encode("ascii"))
            opened.close()
        self._meet()
        return self

    def _meet(self) -> None:
        """Everybody's first sync, once for all histories."""
        central = Central(self.folder / "server", self.trial, ManualClock()).open()
        central.push_statements(self.statements)
        for name in self.names:
            seat = self._seat(name, self.folder / name, central, ManualClock())
            assert seat.sync().complete
            seat.close()
        central.close()

    def _seat(self, name: str, place: Path, central: Central, clock: ManualClock) -> Seat:
        keys = MemoryKeyStore(dict(self.peppers[name]))
        return Seat(name, Home(place), keys, clock, central.line(), self.devices[name])

    def _device(self, name: str) -> DeviceKeys:
        if name != CENTRE:
            return new_device()
        own = self.trial.centre_device
        return DeviceKeys(own.key, str(own.box), str(own.box.to_public()))

    def _certify(
        self, name: str, where: str, user: str, role: str, device: DeviceKeys, public: bytes
    ) -> None:
        grant, issuer = self.trial.grant, self.trial.admin.key
        if name == CENTRE:
            # The trial's first administrator has a key on no computer; this person has one here.
            issuer = self.trial.root
        else:
            sign = signing.public_bytes(device.sign)
            self.statements.append(grant(issuer, "device", where, device.dev, sign, box=device.box_public))
            self.revocations[name] = self.trial.statement(
                "revoke", where, kind="device", subj_id=device.dev,
                subj_keys={"sign": signing.b64(sign)}, reason_code="lost",
            )  # fmt: skip
        self.statements.append(grant(issuer, "person", where, user, public, role))

    def world(self, folder: Path, names: tuple[str, ...] | None = None) -> World:
        """A fresh copy: everybody knows everybody, and nobody has written anything."""
        clock, server_clock, names = ManualClock(), ManualClock(), names or self.names
        for name in ("server", *names):
            shutil.copytree(self.folder / name, folder / name)
        central = Central(folder / "server", self.trial, server_clock).open()
        seats = {name: self._seat(name, folder / name, central, clock) for name in names}
        return World(folder, self, central, clock, server_clock, seats, set(self.devices.values()))


@dataclass
class World:
    """A centre and its computers; `close` ends all of it."""

    folder: Path
    template: Template
    central: Central
    clock: ManualClock
    server_clock: ManualClock
    seats: dict[str, Seat]
    devices: set[str]
    _copies: int = 0

    def clone(self, name: str) -> Seat:
        """The same disk in a second computer."""
        seat = self.seats[name]
        keys = MemoryKeyStore(dict(seat.keys.peppers))
        home = Home(seat.backup(self.folder / (name + TWIN)))
        made = Seat(name + TWIN, home, keys, self.clock, self.central.line(), seat.dev)
        self.seats[made.name] = made
        return made

    def renew(self, seat: Seat) -> None:
        """A new device id by a code of the centre, which admits it."""
        trial, code = self.template.trial, invites.new_code()
        people = (Invited(*USERS[seat.name.removesuffix(TWIN)]),)
        expires_at = self.server_clock.now_at() + invites.LIFETIME_MS
        content = InviteContent(trial.file(), SITE, people, max(expires_at, self.clock.now_at() + 1))
        sealed = invites.seal_content(code, content)
        Client(seat.line, None).invite_post(invites.invite_id(code), sealed)
        done = renew(seat.ctx, code=code, transport=seat.line)
        seat.dev, device = done.new_dev, seat.ctx.device
        sign = signing.public_bytes(device.sign)
        grant = trial.grant(trial.admin.key, "device", SITE, device.dev, sign, box=device.box_public)
        self.central.push_statements([grant])
        self.devices.add(device.dev)

    def place(self) -> Path:
        """A folder for another backup."""
        self._copies += 1
        return self.folder / f"copy-{self._copies}"

    def close(self) -> None:
        for seat in self.seats.values():
            seat.close()
        self.central.close()
        shutil.rmtree(self.folder)

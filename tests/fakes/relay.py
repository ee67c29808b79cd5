"""A hospital's relay for computers that were enrolled in a trial of `workstations`; it forwards when told.

The real server on a real socket, with its database and its photos on the disk; only its thread does not run.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from reset_or.actions.relaying import add_relay
from reset_or.central.command import read_keys
from reset_or.central.database import Database
from reset_or.central.pieces import FolderStore
from reset_or.central.relay import Relay, RelayKeys, open_relay
from reset_or.central.running import Listening, make_server
from reset_or.keys import custody
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import read_trial
from tests.fakes.quick_age import seal_with_passphrase
from tests.fakes.workstations import Ground, Station

_PASSPHRASE = "open sesame at the hospital"


@dataclass
class Hospital:
    """`forward`: one round of what the relay's thread does."""

    ground: Ground
    folder: Path
    database_url: str
    url: str = ""
    relay: Relay | None = None
    _running: contextlib.ExitStack | None = None

    def start(self) -> None:
        """As a relay does, its first round is at once."""
        self._running = contextlib.ExitStack()
        self._running.enter_context(self._serving())
        self.forward()

    def stop(self) -> None:
        if self._running is not None:
            self._running.close()
            self._running = None

    def lose_disk(self) -> None:
        """Database and photos are gone; a new disk is empty. On SQLite only."""
        self.stop()
        for place in (*self.folder.glob("relay.db*"), self.folder / "photos"):
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        self.start()

    def forward(self) -> None:
        assert self.relay is not None
        assert self.relay.once() == ""
        facts = self.relay.facts()
        assert (facts.records_waiting, facts.photos_waiting) == (0, 0)

    @contextlib.contextmanager
    def _serving(self) -> Iterator[None]:
        trial = read_trial((self.folder / "trial.json").read_bytes())
        untrusted = (self.folder / "relay.age").read_bytes()
        keys = RelayKeys(*read_keys(untrusted, _PASSPHRASE, 2, "relay_key_unreadable"))
        service = open_relay(
            trial, keys, Database(self.database_url), FolderStore(self.folder / "photos"),
            HttpTransport(self.ground.url), clock=self.ground.clock,
        )  # fmt: skip
        assert isinstance(service.relay, Relay)
        self.relay, where, ready = service.relay, Listening(), threading.Event()
        listener = where.bind()
        server = make_server(replace(service, relay=None), where, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="relay")
        thread.start()
        try:
            assert ready.wait(30)
            self.url = where.url(listener)
            yield
        finally:
            server.should_exit = True
            thread.join(30)
            listener.close()
            service.close()


def hospital(ground: Ground, *, site: str = "03", database_url: str = "") -> Hospital:
    """As the centre makes its keys and the hospital's IT sets it up; not yet started."""
    admin, folder = ground.admin(), ground.folder / "relay"
    folder.mkdir()
    # only the cost of the passphrase is another one
    with mock.patch.object(custody, "seal_under_passphrase", seal_with_passphrase):
        add_relay(admin.ctx, transport=admin.transport, site=site, folder=folder, passphrase=_PASSPHRASE)
    return Hospital(ground, folder, database_url or f"sqlite:///{folder / 'relay.db'}")


def point(station: Station, url: str) -> None:
    """The computer talks to another server from now on."""
    station.transport.close()
    station.url, station.transport = url, HttpTransport(url)

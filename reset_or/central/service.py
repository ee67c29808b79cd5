"""Everything one server process holds, put together once; and the refusal to start over unsafe ground."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.clock import Clock, SystemClock
from reset_or.base.errors import EnvironmentTrouble
from reset_or.central import schema
from reset_or.central.admission import CENTRE, Admission
from reset_or.central.database import Database
from reset_or.central.door import Door, Nonces, shared_secret
from reset_or.central.erasure import Eraser
from reset_or.central.feed import begin_feed
from reset_or.central.invitations import InviteDesk
from reset_or.central.ledger import Brake, Ledger
from reset_or.central.meter import Meter
from reset_or.central.monitoring import Monitoring, Relaying
from reset_or.central.options import Options
from reset_or.central.photos import PhotoDesk
from reset_or.central.pieces import BlobStore
from reset_or.central.sync import SyncDesk
from reset_or.central.verify import Verifier
from reset_or.revisions import signing
from reset_or.revisions.statements import Statement
from reset_or.wire.server_status import grants_of
from reset_or.wire.trial_file import TrialFile


class Inviting(Protocol):
    """Where invites and answers go; raises Refused."""

    def post(self, invite_id: str, sealed: bytes, now: int) -> None: ...
    def read(self, invite_id: str, now: int) -> bytes: ...
    def post_answer(self, invite_id: str, sealed: bytes, now: int) -> None: ...
    def read_answer(self, invite_id: str, now: int) -> bytes: ...


@dataclass(frozen=True)
class Service:
    """The desks of a running server. `close` when it stops. `grants`: who vouches for its key."""

    trial: TrialFile
    options: Options
    clock: Clock
    database: Database
    nonces: Nonces
    door: Door
    sync: SyncDesk
    photos: PhotoDesk
    invites: Inviting
    ledger: Ledger
    brake: Brake
    meter: Meter
    monitoring: Monitoring
    grants: tuple[Statement, ...] = ()
    relay: Relaying | None = None

    def keep_house(self) -> None:
        """What is done now and then: stale pieces go, and what orders name; sites are recounted."""
        self.photos.store.sweep(self.options.stale_pieces_ms)
        with self.database.reading() as connection:
            view = self.sync.admission.current(connection)
        self.sync.eraser.carry_out(view)
        self.sync.eraser.recount(view)

    def close(self) -> None:
        if self.relay is not None:
            self.relay.stop()
        self.ledger.flush()
        self.sync.verifier.close()
        self.database.close()


def check_server_key(trial: TrialFile, key: Ed25519PrivateKey) -> None:
    """Raises EnvironmentTrouble("server_key_unknown") unless the trial certifies the key as the centre's
    server."""
    if signing.public_bytes(key) not in trial.directory().server_keys(CENTRE):
        raise EnvironmentTrouble("server_key_unknown")


def open_service(
    trial: TrialFile, key: Ed25519PrivateKey, database: Database, store: BlobStore, *,
    options: Options | None = None, clock: Clock | None = None, only: str = "",
) -> Service:  # fmt: skip
    """`only`: the hospital that a relay serves; whose key it is the relay has checked.

    Raises EnvironmentTrouble for a key, a role or a database that it must not serve with.

    The tables of SQLite are made here; those of PostgreSQL by their owner (`schema.migrate`). The service
    closes the database, also when it could not be opened.
    """
    try:
        return _open(trial, key, database, store, options or Options(), clock or SystemClock(), only)
    except BaseException:
        database.close()
        raise


def _open(
    trial: TrialFile, key: Ed25519PrivateKey, database: Database, store: BlobStore, options: Options,
    clock: Clock, only: str,
) -> Service:  # fmt: skip
    if not only:
        check_server_key(trial, key)
    if database.is_sqlite:
        schema.migrate(database)
    schema.check(database)
    begin_feed(database, clock.now_at())
    admission = Admission(trial, only)
    eraser = Eraser(database, store)
    with database.reading() as connection:
        view = admission.current(connection)
    eraser.carry_out(view)  # a backup may have brought back what was erased
    eraser.recount(view)  # and lost what was counted
    meter = Meter()
    nonces = Nonces(shared_secret(database), options.nonce_life_ms)
    door = Door(database, admission, nonces)
    return Service(
        trial=trial,
        options=options,
        clock=clock,
        database=database,
        nonces=nonces,
        door=door,
        sync=SyncDesk(database, door, admission, Verifier(), key, options, eraser),
        photos=PhotoDesk(database, store, key, options),
        invites=InviteDesk(database, options),
        ledger=Ledger(database, meter),
        brake=Brake(options.unsigned_requests_per_minute),
        meter=meter,
        monitoring=Monitoring(database, admission, store, meter),
        grants=grants_of(trial.statements, signing.public_bytes(key)),
    )

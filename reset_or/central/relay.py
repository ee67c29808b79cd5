"""A hospital's relay: the ordinary server of one site, and beside it a thread that forwards to the centre.

The thread goes at once where a computer brought something, else waits a little after a good round, ever
longer and at random after a bad one, and remembers nothing that is not in the database. Once the centre took
a key of the relay back, no computer is answered any more, so that each says so; what was taken stays.
Enrolment is passed through: invites live at the centre only.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base import log
from reset_or.base.clock import Clock, SystemClock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.central.admission import CENTRE, EVERYWHERE
from reset_or.central.database import Database
from reset_or.central.forward import Forwarder
from reset_or.central.monitoring import RelayFacts
from reset_or.central.options import Options
from reset_or.central.pieces import BlobStore
from reset_or.central.refusal import Refused
from reset_or.central.service import Service, open_service
from reset_or.central.take import Taker, take_statements
from reset_or.revisions import signing
from reset_or.wire.client import Client
from reset_or.wire.frames import statement_frame
from reset_or.wire.problems import PROBLEMS
from reset_or.wire.server_status import grants_of
from reset_or.wire.transport import Transport
from reset_or.wire.trial_file import TrialFile

T = TypeVar("T")
EVERY_S: Final = 15.0
_FIRST_WAIT_S: Final = 5.0
_LONGEST_WAIT_S: Final = 600.0
_STOP_S: Final = 40.0
_REVOKED: Final = "relay_revoked"


@dataclass(frozen=True)
class RelayKeys:
    """`server` signs receipts for the hospital's computers, `device` the relay's requests to the centre."""

    server: Ed25519PrivateKey
    device: Ed25519PrivateKey

    @property
    def dev(self) -> str:
        return signing.key_id(signing.public_bytes(self.device))


def open_relay(
    trial: TrialFile, keys: RelayKeys, database: Database, store: BlobStore, upstream: Transport, *,
    every_s: float = EVERY_S, options: Options | None = None, clock: Clock | None = None,
) -> Service:  # fmt: skip
    """The service of a relay, not yet forwarding (`Service.relay.start`).

    What `trial` says of the site begins the site's feed here, so that every computer of the hospital learns
    the relay's key from it. Raises what `open_service` raises; the database is closed then.
    """
    try:
        site = _site(trial, keys)
        common = replace(trial, statements=tuple(s for s in trial.statements if s.site in EVERYWHERE))
    except BaseException:
        database.close()
        raise
    clock = clock or SystemClock()
    service = open_service(common, keys.server, database, store, options=options, clock=clock, only=site)
    try:
        desk = service.sync
        _check_place(service, site)
        taker = Taker(database, keys.server, service.options, keys.dev, clock.now_at())
        frames = [statement_frame(s) for s in trial.statements if s.site not in EVERYWHERE]
        take_statements(taker, desk.admission, frames)
        forwarder = Forwarder(site, keys.dev, desk, service.photos, Client(upstream, keys.device), clock)
        if forwarder.revoked():
            raise UserFixable(_REVOKED)
        relay = Relay(forwarder, upstream, clock, every_s)
    except BaseException:
        service.close()
        raise
    service.monitoring.relay = relay
    grants = grants_of(trial.statements, signing.public_bytes(keys.server))
    return replace(service, relay=relay, invites=UpstreamInvites(Client(upstream, None)), grants=grants)


def _site(trial: TrialFile, keys: RelayKeys) -> str:
    device = trial.directory().grant(keys.dev)
    if device is None or device.kind != "device":
        raise EnvironmentTrouble("relay_key_unknown")
    if signing.public_bytes(keys.server) not in trial.directory().server_keys(device.site):
        raise EnvironmentTrouble("relay_key_unknown")
    return device.site


def _check_place(service: Service, site: str) -> None:
    """The database is this hospital's."""
    with service.database.reading() as connection:
        view = service.sync.admission.current(connection)
    if others := view.sites - {site, CENTRE}:
        raise EnvironmentTrouble("relay_other_site", site=site, found=min(others))


def _named(error: ResetOrError) -> ResetOrError:
    """What the centre, or the way to it, says to a relay that begins."""
    if error.code == "device_revoked":
        return UserFixable(_REVOKED)
    if error.code == "device_not_admitted":
        return EnvironmentTrouble("relay_not_known")
    if isinstance(error, EnvironmentTrouble):
        return EnvironmentTrouble("relay_needs_centre", reason=error.code)
    return error


@dataclass
class Relay:
    """The forwarding thread and what it last met."""

    forwarder: Forwarder
    transport: Transport
    clock: Clock
    every_s: float = EVERY_S
    _stop: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _contact_at: int | None = None
    _problem: str = ""
    _failures: int = 0

    def start(self) -> None:
        if self._thread is None:
            self.forwarder.go_on = lambda: not self._stop.is_set()
            self._thread = threading.Thread(target=self._run, name="forward", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self.wake()
        if self._thread is not None:
            self._thread.join(_STOP_S)
        self.transport.close()

    def wake(self) -> None:
        self._wake.set()

    def facts(self) -> RelayFacts:
        behind = self.forwarder.pile.behind()
        contact_at = self._contact_at or self.forwarder.pile.last_row_at()
        problem = _REVOKED if self.forwarder.desk.admission.closed else self._problem
        return RelayFacts(
            self.forwarder.site, behind.records, behind.photos, behind.oldest_at, contact_at, problem
        )

    def greet(self) -> None:
        """Before it serves: has the centre taken its keys back? And a relay that never heard from the centre
        knows no computer of its hospital, so it begins with a whole round.

        Raises what stands in the way, as an admin can put it right.
        """
        known = self.forwarder.pile.last_row_at() is not None
        try:
            if known:
                self.forwarder.ask()
            else:
                self.forwarder.run()
        except ResetOrError as error:
            named = _named(error)
            if not known or named.code == _REVOKED:
                raise named from error
            return  # the thread says so, and tries again
        self._contact_at = self.clock.now_at()

    def once(self) -> str:
        """One run; the code of what went wrong, or ""."""
        problem = ""
        try:
            self.forwarder.run()
            problem = _REVOKED if self.forwarder.revoked() else ""
        except ResetOrError as error:
            problem = _REVOKED if error.code == "device_revoked" else error.code
        except Exception as error:  # the server goes on serving, and the next round may fare better
            problem = "server_trouble"
            log.event("relay_error", kind=type(error).__name__.lower())
        if problem != self._problem:
            log.event("relay_state", problem=problem)
        self._problem = problem
        if problem in ("", _REVOKED):  # only the centre's own word opens or closes
            self.forwarder.desk.admission.closed = "relay_withdrawn" if problem else ""
        if not problem:
            self._contact_at = self.clock.now_at()
        return problem

    def _run(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            self._failures = self._failures + 1 if self.once() else 0
            # In trouble a new record is no reason to come sooner: the centre may be on its way up again.
            reason = self._stop if self._failures else self._wake
            reason.wait(wait_s(self._failures, self.every_s, random.SystemRandom().random()))


def wait_s(failures: int, every_s: float, chance: float) -> float:
    """Seconds until the next round; `chance` in 0..1 spreads the relays of many hospitals."""
    if not failures:
        return every_s * (0.75 + chance / 2)
    return min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - 1, 10)) * (0.5 + chance / 2)


@dataclass(frozen=True)
class UpstreamInvites:
    """Enrolment as the centre's server answers it. One request at a time; blocks."""

    client: Client
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def post(self, invite_id: str, sealed: bytes, now: int) -> None:
        self._pass(lambda: self.client.invite_post(invite_id, sealed))

    def read(self, invite_id: str, now: int) -> bytes:
        return self._pass(lambda: self.client.invite_get(invite_id))

    def post_answer(self, invite_id: str, sealed: bytes, now: int) -> None:
        self._pass(lambda: self.client.answer_post(invite_id, sealed))

    def read_answer(self, invite_id: str, now: int) -> bytes:
        found = self._pass(lambda: self.client.answer_get(invite_id))
        if found is None:
            raise Refused("invite_not_answered", retry_s=10)
        return found

    def _pass(self, work: Callable[[], T]) -> T:
        """Raises Refused with the centre's own answer, or `centre_not_reached`."""
        try:
            with self._turn:
                return work()
        except ResetOrError as error:
            if error.code in PROBLEMS and not isinstance(error, EnvironmentTrouble):
                raise Refused(error.code) from error
            raise Refused("centre_not_reached", retry_s=60) from error

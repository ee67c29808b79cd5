"""Making and opening an installation: slots, keyring, lock, database, head, in the order that names faults.

Every way that an opening can end is one of the states of `states`; only disk troubles and the wait after
wrong passwords are raised.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.base.paths import Home
from reset_or.keys import pepper as peppers
from reset_or.keys import slots, slots_file
from reset_or.keys.master import MasterKey
from reset_or.keys.passwords import check_password
from reset_or.keys.pepper import KeyStore
from reset_or.keys.recovery import read_code
from reset_or.keys.slots import Argon2Cost, Kind, Slot, SlotsFile, Unlocked
from reset_or.keys.tries import OTHER, Tries
from reset_or.store import database
from reset_or.store.lock import FolderLock
from reset_or.store.opened import Opened, new_person
from reset_or.store.states import State, look, open_error, pepper_state, state_of

DEFAULT_COST = Argon2Cost()


@dataclass(frozen=True)
class OpenResult:
    """How an opening ended. `opened` for ok, head-missing and rolled-back (the last two take no new
    revisions). `details` hold counts and ids, e.g. `misses` wrong passwords since the last right one."""

    state: State
    opened: Opened | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    def or_raise(self) -> Opened:
        """The opened store, or the error that names the state."""
        if self.opened is None:
            raise open_error(self.state, **self.details)
        return self.opened


def create_installation(
    home: Home,
    *,
    user: str,
    password: str,
    key_store: KeyStore | None,
    clock: Clock,
    cost: Argon2Cost = DEFAULT_COST,
) -> Opened:
    """A new store with one person, where there was nothing.

    Without a usable keyring the slots rest on the password alone (`Opened.reduced`). Raises the error of
    the state found unless that is `no-data`; UserFixable for the password; EnvironmentTrouble for the disk.
    """
    check_password(password, user)
    lock = FolderLock(home.lock)
    lock.take()
    try:
        state, _file = look(home)
        if state != "no-data":
            raise open_error(state)
        install_id, lm = secrets.token_hex(32), MasterKey.random()
        pepper = _keep_pepper(install_id, key_store)
        file, person = new_person(slots.new_file(install_id, lm, pepper), lm, user, password, pepper, cost)
        database.prepare(home, lm, install_id)
        slots_file.write(home.slots, file)
        store = database.open_database(home, lm, install_id, lock, clock).store
        assert store is not None
        _keep_folder(home)
        return Opened(home, store, lm, file, person, key_store, clock, cost, "ok")
    except BaseException:
        lock.release()
        raise


def _keep_folder(home: Home) -> None:
    """The new folder's own name is durable before anybody relies on what is in it: a code of enrolment
    works once. Where the folder above belongs to somebody else it was made by them, long ago."""
    with disk_errors(), suppress(PermissionError):
        fsync_folder(home.root.parent)


def open_installation(
    home: Home, *, user: str, password: str, key_store: KeyStore | None, clock: Clock
) -> OpenResult:
    """Opens with a person's password; raises UserFixable("sign_in_wait", seconds=n) after many misses."""
    return _open(home, "person", user, password, key_store, clock)


def open_with_recovery(home: Home, *, code: str, key_store: KeyStore | None, clock: Clock) -> OpenResult:
    """Opens with the recovery code, without any keyring; `Opened.person` is None.

    Raises UserFixable("recovery_code_shape") for what cannot be a code.
    """
    return _open(home, "recovery", slots.RECOVERY, read_code(code), key_store, clock)


def _open(
    home: Home, kind: Kind, user: str, secret: str, key_store: KeyStore | None, clock: Clock
) -> OpenResult:
    if look(home)[0] == "no-data" and not home.lock.exists():
        return OpenResult("no-data", None, {})  # a folder that was named by mistake is left as it was
    lock = FolderLock(home.lock)
    keep = False
    try:
        lock.take()
        result = _open_locked(home, kind, user, secret, key_store, clock, lock)
        keep = result.opened is not None
        return result
    except ResetOrError as error:
        state = state_of(error)
        if state is None:
            raise
        return OpenResult(state, None, error.details)
    finally:
        if not keep:
            lock.release()


def _open_locked(
    home: Home, kind: Kind, user: str, secret: str, key_store: KeyStore | None, clock: Clock,
    lock: FolderLock,
) -> OpenResult:  # fmt: skip
    state, file = look(home)
    if file is None or state != "locked":
        raise open_error(state)
    slot, unlocked, misses = _unlock(home, file, kind, user, secret, key_store, clock)
    if (found := slots_file.read(home.slots)).uneven:
        with suppress(EnvironmentTrouble):  # healed next time; a full disk keeps nobody from reading
            slots_file.write(home.slots, found.file)
    database_found = database.open_database(home, unlocked.lm, file.install_id, lock, clock)
    store, state = database_found.store, database_found.state
    if store is None:
        raise open_error(state)
    opened = Opened(home, store, unlocked.lm, file, unlocked.person, key_store, clock, slot.cost, state)
    return OpenResult(state, opened, {"misses": misses})


def _unlock(
    home: Home, file: SlotsFile, kind: Kind, user: str, secret: str, key_store: KeyStore | None, clock: Clock
) -> tuple[Slot, Unlocked, int]:
    """The slot, what it opened, and how many misses came before; raises the error of a state."""
    tries = Tries(home.closed_events, clock)
    slot = file.slot(kind, user)
    counted = user if slot is not None else OTHER
    if (seconds := tries.seconds_to_wait(counted)) > 0:
        raise UserFixable("sign_in_wait", seconds=seconds)
    pepper = None
    if slot is not None and slot.kr:
        state, pepper = pepper_state(file, key_store)
        if pepper is None:
            raise open_error(state)
    try:
        if slot is None:
            raise open_error("wrong-password")
        unlocked = slots.unlock(file, slot, secret, pepper)
    except UserFixable as error:
        missed = tries.missed(counted)
        raise open_error("wrong-password", misses=missed.count, wait_s=missed.wait_s) from error
    return slot, unlocked, tries.succeeded(counted)


def _keep_pepper(install_id: str, key_store: KeyStore | None) -> bytes | None:
    """A pepper that was read back from the keyring, None where there is no keyring to keep it.

    A locked keyring is an error: the person can unlock it, and should before anything is made.
    """
    if key_store is None:
        return None
    pepper = peppers.new_pepper()
    try:
        key_store.set(install_id, pepper)
        kept = key_store.get(install_id)
    except EnvironmentTrouble:
        return None
    return pepper if kept == pepper else None

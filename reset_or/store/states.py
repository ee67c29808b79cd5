"""The states in which a data folder can be found, by name. Looks, opens nothing.

Only `no-data` may be answered with a new store: nothing is ever made over something that exists, however
broken it looks. Imports neither the database nor the keyring.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from reset_or.base.paths import Home
from reset_or.keys import slots_file
from reset_or.keys.pepper import KeyStore
from reset_or.keys.slots import RECOVERY, SlotsFile
from reset_or.store import lock

State = Literal[
    "ok", "no-data", "locked", "in-use", "keyring-missing", "keyring-locked", "keyring-changed",
    "wrong-password", "slots-missing", "slots-damaged", "db-missing", "db-damaged", "other-installation",
    "head-missing", "rolled-back", "newer-version",
]  # fmt: skip
OPENED: Final[frozenset[State]] = frozenset({"ok", "head-missing", "rolled-back"})
_KINDS: Final[dict[State, type[ResetOrError]]] = {
    "no-data": UserFixable,
    "locked": UserFixable,
    "in-use": EnvironmentTrouble,
    "keyring-missing": EnvironmentTrouble,
    "keyring-locked": UserFixable,
    "keyring-changed": EnvironmentTrouble,
    "wrong-password": UserFixable,
    "slots-missing": EnvironmentTrouble,
    "slots-damaged": TrustBroken,
    "db-missing": EnvironmentTrouble,
    "db-damaged": TrustBroken,
    "other-installation": TrustBroken,
    "head-missing": TrustBroken,
    "rolled-back": TrustBroken,
    "newer-version": EnvironmentTrouble,
}
OPEN_STATES: Final[tuple[State, ...]] = ("ok", *_KINDS)


@dataclass(frozen=True)
class Probe:
    """What can be said without a password.

    `users` have a slot here; `reduced`: no slot uses a keyring; `in_use_pid`: who holds the folder, as far
    as the lock file tells. When everything is there the state is `locked`.
    """

    state: State
    users: tuple[str, ...] = ()
    install_id: str = ""
    reduced: bool = False
    has_recovery: bool = False
    in_use_pid: int | None = None


def error_code(state: State) -> str:
    return f"open_{state.replace('-', '_')}"


def open_error(state: State, /, **details: object) -> ResetOrError:
    """The error that names a state other than `ok`."""
    return _KINDS[state](error_code(state), **details)


def state_of(error: ResetOrError) -> State | None:
    """The state an error names, None for other errors."""
    return next((state for state in _KINDS if error_code(state) == error.code), None)


def new_database(home: Home) -> Path:
    """Where a new store is made before it takes its place; alone, it was never used."""
    return home.database.with_name(home.database.name + ".new")


def probe(home: Home, key_store: KeyStore | None = None) -> Probe:
    """The state as far as it shows without a password; the keyring is asked only if one is given."""
    if lock.is_held(home.lock):
        return _in_use(home)
    state, file = look(home)
    if file is None:
        return Probe(state)
    if state == "locked" and key_store is not None and file.uses_keyring:
        state = pepper_state(file, key_store)[0]
    return _with_file(state, file)


def look(home: Home) -> tuple[State, SlotsFile | None]:
    """Which files are there: `no-data`, `slots-missing`, `slots-damaged`, `db-missing` or `locked`."""
    has_slots, has_db = slots_file.is_there(home.slots), home.database.exists()
    if not has_slots:
        return ("slots-missing" if has_db or home.head.exists() else "no-data"), None
    try:
        file = slots_file.read(home.slots).file
    except TrustBroken:
        return "slots-damaged", None
    if not has_db and not new_database(home).exists():
        return "db-missing", file
    return "locked", file


def pepper_state(file: SlotsFile, key_store: KeyStore | None) -> tuple[State, bytes | None]:
    """(`locked`, pepper) where the keyring has what the slots were made with, else the keyring's state."""
    if key_store is None:
        return "keyring-missing", None
    try:
        pepper = key_store.get(file.install_id)
    except UserFixable:
        return "keyring-locked", None
    except EnvironmentTrouble:
        return "keyring-missing", None
    if pepper is None:
        return "keyring-missing", None
    return ("locked", pepper) if file.fits_pepper(pepper) else ("keyring-changed", None)


def _in_use(home: Home) -> Probe:
    pid = lock.holder(home.lock)
    try:
        file = slots_file.read(home.slots).file
    except ResetOrError:
        return Probe("in-use", in_use_pid=pid)
    found = _with_file("in-use", file)
    return Probe(found.state, found.users, found.install_id, found.reduced, found.has_recovery, pid)


def _with_file(state: State, file: SlotsFile) -> Probe:
    return Probe(
        state=state,
        users=file.users,
        install_id=file.install_id,
        reduced=not file.uses_keyring,
        has_recovery=file.slot("recovery", RECOVERY) is not None,
    )

"""An open installation: the store, the master key, and the people who can open it on this device."""

from __future__ import annotations

from reset_or.base.clock import Clock
from reset_or.base.errors import EnvironmentTrouble, OurBug, UserFixable
from reset_or.base.paths import Home
from reset_or.keys import recovery, slots, slots_file
from reset_or.keys.master import MasterKey
from reset_or.keys.passwords import check_password
from reset_or.keys.pepper import KeyStore
from reset_or.keys.slots import Argon2Cost, PersonKey, SlotsFile
from reset_or.keys.tries import Tries
from reset_or.store.states import State, open_error, pepper_state
from reset_or.store.store import Store


def new_person(
    file: SlotsFile, lm: MasterKey, user: str, password: str, pepper: bytes | None, cost: Argon2Cost
) -> tuple[SlotsFile, PersonKey]:
    """A new signing key of `user` on this device and the sealed file with its slot."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    check_password(password, user)
    person = PersonKey(user, Ed25519PrivateKey.generate())
    slot = slots.person_slot(file, lm, person, password, pepper, cost)
    return file.with_slot(slot).sealed(lm), person


class Opened:
    """What a right password gives. `person` is whoever gave it, None after the recovery code.

    `state`: ok, or head-missing or rolled-back, where the store takes no new revisions.
    """

    def __init__(
        self, home: Home, store: Store, master: MasterKey, file: SlotsFile, person: PersonKey | None,
        key_store: KeyStore | None, clock: Clock, cost: Argon2Cost, state: State,
    ) -> None:  # fmt: skip
        self.home = home
        self.store = store
        self.person = person
        self.state = state
        self._master: MasterKey | None = master
        self._file = file
        self._key_store = key_store
        self._clock = clock
        self._cost = cost

    @property
    def install_id(self) -> str:
        return self._file.install_id

    @property
    def users(self) -> tuple[str, ...]:
        """Everybody with a slot on this device."""
        return self._file.users

    @property
    def reduced(self) -> bool:
        """Whether the slots rest on passwords alone, because there was no keyring."""
        return not self._file.uses_keyring

    @property
    def has_recovery(self) -> bool:
        return self._file.slot("recovery", slots.RECOVERY) is not None

    def add_person(self, user: str, password: str) -> PersonKey:
        """A slot and a new signing key for `user`, also in place of a forgotten password's: the new key
        must be certified anew. Raises UserFixable for the password, the keyring's state where it fails."""
        file, person = new_person(self._file, self._lm(), user, password, self._pepper(), self._cost)
        self._keep(file)
        return person

    def add_recovery(self) -> str:
        """A new recovery code in place of an earlier one: 26 characters, to be printed once."""
        code = recovery.new_code()
        slot = slots.recovery_slot(self._file, self._lm(), code, self._cost)
        self._keep(self._file.with_slot(slot).sealed(self._lm()))
        return code

    def change_password(self, user: str, old: str, new: str) -> None:
        """The same signing key under a new password. Raises like `open_person`, and for the new one."""
        check_password(new, user)
        person = self.open_person(user, old)
        slot = slots.person_slot(self._file, self._lm(), person, new, self._pepper(), self._cost)
        self._keep(self._file.with_slot(slot).sealed(self._lm()))

    def open_person(self, user: str, password: str) -> PersonKey:
        """Another person's signing key, or the same one's once more before a signature.

        Raises UserFixable `open_wrong_password` (counted) or `sign_in_wait`, and the keyring's state.
        """
        tries = Tries(self.home.closed_events, self._clock)
        if (seconds := tries.seconds_to_wait(user)) > 0:
            raise UserFixable("sign_in_wait", seconds=seconds)
        slot = self._file.slot("person", user)
        if slot is None:
            raise UserFixable("person_unknown_here", user=user)
        try:
            unlocked = slots.unlock(self._file, slot, password, self._pepper() if slot.kr else None)
        except UserFixable:
            tries.missed(user)
            raise
        tries.succeeded(user)
        assert unlocked.person is not None
        return unlocked.person

    def close(self) -> None:
        """Lock: the store is closed, the folder let go, the keys dropped; twice is allowed."""
        self.store.close()
        self._master = None
        self.person = None

    def _lm(self) -> MasterKey:
        if self._master is None:
            raise OurBug("store_closed")
        return self._master

    def _pepper(self) -> bytes | None:
        if not self._file.pcv:
            return None
        state, pepper = pepper_state(self._file, self._key_store)
        if pepper is None:
            raise open_error(state)
        return pepper

    def _keep(self, file: SlotsFile) -> None:
        """After a failure the file itself says what holds: a change that had begun is finished."""
        try:
            slots_file.write(self.home.slots, file)
        except EnvironmentTrouble:
            self._file = slots_file.read(self.home.slots).file
            if self._file != file:
                raise
            slots_file.write(self.home.slots, file)
        self._file = file

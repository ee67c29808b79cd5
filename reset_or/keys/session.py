"""A person at work: the opened signing key, covered by a PIN, dropped at lock.

While the screen is covered only a copy encrypted under HKDF(PIN, random of this session) stays in memory;
the fifth wrong PIN drops that too. Six digits guard a running session against a passer-by, not the disk:
the store and the slots never depend on the PIN. Owns no timer: who covers and locks is decided above.
"""

from __future__ import annotations

import secrets
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.errors import UserFixable
from reset_or.keys import master as derive
from reset_or.keys.passwords import normalise
from reset_or.keys.slots import Argon2Cost, PersonKey, Wrapped

TRIES: Final = 5
PIN_COST: Final = Argon2Cost(19 * 1024, 2, 1)
State = Literal["open", "covered", "over"]
_DIGITS: Final = frozenset("0123456789")
_STEPS: Final = ("01234567890", "09876543210")


def check_pin(pin: str) -> None:
    """Six digits, neither all alike nor counting up or down; raises `pin_shape` or `pin_too_easy`."""
    digits = normalise(pin).decode()
    if len(digits) != 6 or not set(digits) <= _DIGITS:
        raise UserFixable("pin_shape")
    if len(set(digits)) < 3 or any(digits in run for run in _STEPS):
        raise UserFixable("pin_too_easy")


def make_pin(pin: str, cost: Argon2Cost = PIN_COST) -> str:
    """The verifier that the store keeps; raises UserFixable for a PIN that is not one."""
    from argon2 import PasswordHasher

    check_pin(pin)
    return PasswordHasher(cost.t, cost.m_kib, cost.p).hash(normalise(pin))


def pin_fits(pin: str, verifier: str) -> bool:
    """Whether the PIN is the one `verifier` was made of."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(verifier, normalise(pin))
    except (VerificationError, InvalidHashError):
        return False


class PersonSession:
    """One person's signing key from the password until lock.

    `open`: the key is at hand; `covered`: only the PIN brings it back; `over`: only the password does.
    """

    def __init__(self, person: PersonKey, pin: str, verifier: str) -> None:
        """Raises UserFixable("wrong_pin") where the PIN is not the one the person chose."""
        if not pin_fits(pin, verifier):
            raise UserFixable("wrong_pin", left=TRIES)
        self.user: Final = person.user
        self.key_id: Final = person.key_id
        self.misses = 0
        self._random = secrets.token_bytes(32)
        self._key: Ed25519PrivateKey | None = person.key
        self._kept: Wrapped | None = Wrapped.seal(
            self._pin_key(pin), person.key.private_bytes_raw(), self._aad()
        )

    def __repr__(self) -> str:
        return f"PersonSession({self.user}, {self.state})"

    @property
    def state(self) -> State:
        if self._key is not None:
            return "open"
        return "covered" if self._kept is not None else "over"

    @property
    def key(self) -> Ed25519PrivateKey:
        """The signing key; raises UserFixable `session_covered` or `session_over`."""
        if self._key is None:
            raise UserFixable(f"session_{self.state}", user=self.user)
        return self._key

    def cover(self) -> None:
        """Leaves only the copy under the PIN."""
        self._key = None

    def uncover(self, pin: str) -> None:
        """Brings the key back; raises UserFixable("wrong_pin", left=n) or, at the fifth miss or after
        it, `session_over`."""
        self._key = self._with_pin(pin)

    def check_pin(self, pin: str) -> None:
        """The PIN once more before a signature, with the same five tries as `uncover`."""
        self._with_pin(pin)

    def renew(self, person: PersonKey, pin: str, verifier: str) -> None:
        """The password was given again: tries start anew; the key must be the same person's."""
        if person.key_id != self.key_id:
            raise UserFixable("session_other_person", user=self.user)
        if not pin_fits(pin, verifier):
            raise UserFixable("wrong_pin", left=TRIES)
        self.misses = 0
        self._key = person.key
        self._kept = Wrapped.seal(self._pin_key(pin), person.key.private_bytes_raw(), self._aad())

    def drop(self) -> None:
        """Lock: nothing of the key stays."""
        self._key = None
        self._kept = None
        self._random = secrets.token_bytes(32)

    def _with_pin(self, pin: str) -> Ed25519PrivateKey:
        if self._kept is None:
            raise UserFixable("session_over", user=self.user)
        seed = self._kept.open(self._pin_key(pin), self._aad())
        if seed is None:
            self.misses += 1
            if self.misses >= TRIES:
                self.drop()
                raise UserFixable("session_over", user=self.user)
            raise UserFixable("wrong_pin", left=TRIES - self.misses)
        self.misses = 0
        return Ed25519PrivateKey.from_private_bytes(seed)

    def _pin_key(self, pin: str) -> bytes:
        return derive.hkdf(normalise(pin), derive.PIN, salt=self._random)

    def _aad(self) -> bytes:
        return f"pin|{self.user}|{self.key_id}".encode()

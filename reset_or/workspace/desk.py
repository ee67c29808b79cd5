"""Who is signed in at this computer, and whose key may sign what.

A password opens a person's key; a PIN only re-authenticates somebody who gave the password in this
session. Covering leaves at most a copy under the PIN, locking leaves nothing. Knows no screen and no timer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions.context import Secret
from reset_or.base.errors import UserFixable
from reset_or.keys import session as sessions
from reset_or.keys.session import PersonSession
from reset_or.keys.slots import PersonKey

if TYPE_CHECKING:
    from reset_or.store.opened import Opened


class Desk:
    """The people of one unlocked session; fills the port `actions.context.People`."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._keys: dict[str, PersonKey] = {}
        self._sessions: dict[str, PersonSession] = {}
        self._misses: dict[str, int] = {}
        self._active = ""

    @property
    def active(self) -> str:
        return self._active

    @property
    def signed_in(self) -> tuple[str, ...]:
        """Everybody who gave the password in this session and was not signed out."""
        return tuple(sorted({*self._keys, *(u for u, s in self._sessions.items() if s.state != "over")}))

    def admit(self, person: PersonKey) -> None:
        """Takes in a person whose password was just checked, and makes them the active one."""
        self._keys[person.user] = person
        self._misses.pop(person.user, None)
        self._sessions.pop(person.user, None)
        self._active = person.user

    def sign_in(self, user: str, password: str) -> None:
        self.admit(self._opened.open_person(user, password))

    def sign_out(self, user: str) -> None:
        self._keys.pop(user, None)
        session = self._sessions.pop(user, None)
        if session is not None:
            session.drop()
        if self._active == user:
            self._active = next(iter(self.signed_in), "")

    def switch(self, user: str, secret: Secret) -> None:
        """Makes another signed-in person the active one, after their PIN or password."""
        if secret.kind == "password":
            self.sign_in(user, secret.text)
        else:
            self.verify(user, secret)
            self._active = user

    def signing_key(self, user: str) -> Ed25519PrivateKey:
        session = self._sessions.get(user)
        if session is not None:
            return session.key
        if user not in self._keys:
            raise UserFixable("not_signed_in")
        return self._keys[user].key

    def verify(self, user: str, secret: Secret) -> Ed25519PrivateKey:
        """A password is checked against the slot, whoever is signed in; a PIN needs an earlier password."""
        if secret.kind == "password":
            return self._opened.open_person(user, secret.text).key
        session = self._sessions.get(user)
        if session is None:
            session = self._begin(user, secret.text)
        elif session.state == "covered":
            session.uncover(secret.text)
        else:
            session.check_pin(secret.text)
        return session.key

    def has_pin(self, user: str) -> bool:
        return self._opened.store.secret(f"pin/{user}") is not None

    def set_pin(self, user: str, pin: str) -> None:
        """Chooses a PIN; the person must have given the password in this session."""
        person = self._keys.get(user)
        if person is None:
            raise UserFixable("not_signed_in")
        verifier = sessions.make_pin(pin)
        with self._opened.store.transaction() as unit:
            unit.put_secret(f"pin/{user}", verifier.encode("ascii"))
        self._sessions[user] = PersonSession(person, pin, verifier)
        self._misses.pop(user, None)

    def cover(self) -> None:
        """Hides: keys stay only under a PIN that was used in this session, all others are dropped."""
        self._keys.clear()
        for session in self._sessions.values():
            session.cover()

    def uncover(self, user: str, pin: str) -> None:
        """Lifts the cover with a PIN; the fifth miss leaves only the password (`session_over`)."""
        session = self._sessions.get(user)
        if session is None:
            raise UserFixable("session_over", user=user)
        session.uncover(pin)
        self._active = user

    def drop(self) -> None:
        """Lock: no key stays."""
        self._keys.clear()
        for session in self._sessions.values():
            session.drop()
        self._sessions.clear()
        self._active = ""

    def _begin(self, user: str, pin: str) -> PersonSession:
        """The first PIN of a session: from here on the key lies under it."""
        person = self._keys.get(user)
        verifier = self._opened.store.secret(f"pin/{user}")
        if person is None:
            raise UserFixable("not_signed_in")
        if verifier is None:
            raise UserFixable("no_pin_yet", user=user)
        try:
            session = PersonSession(person, pin, verifier.decode("ascii"))
        except UserFixable:
            misses = self._misses.get(user, 0) + 1
            self._misses[user] = misses
            if misses >= sessions.TRIES:
                self.sign_out(user)
                raise UserFixable("session_over", user=user) from None
            raise UserFixable("wrong_pin", left=sessions.TRIES - misses) from None
        self._sessions[user] = session
        return session

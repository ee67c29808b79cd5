"""What every action is given: the store, the people signed in, the directory of keys, the clock.

Filled by `workspace`, the only place that wires the parts together. Owns no rule of the trial.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.changes import Changes
from reset_or.base.clock import Clock
from reset_or.base.errors import UserFixable
from reset_or.base.paths import Home
from reset_or.revisions import signing
from reset_or.revisions.directory import Directory
from reset_or.revisions.history import Placed, RecordState, fold
from reset_or.revisions.revision import SignedRevision
from reset_or.sync.results import SyncStatus

if TYPE_CHECKING:
    from reset_or.actions.casefile import CaseFile
    from reset_or.store.store import Store

CLOCK_SLACK_MS: Final = 5 * 60_000
"""A clock that differs more from the server's is named, and its times are marked."""


@dataclass(frozen=True)
class Secret:
    """What a person gives to be known again. `kind` is written into the signature as `reauth`."""

    kind: Literal["password", "pin"]
    text: str

    def __repr__(self) -> str:
        return f"Secret({self.kind})"


@dataclass(frozen=True)
class Saved:
    """An action's result: what changed, and the record and revision it wrote."""

    changes: Changes
    rec: str = ""
    rev_id: str = ""


@dataclass(frozen=True)
class DeviceKeys:
    """This device's own keys. `box_secret`: the age identity that key grants are sealed to."""

    sign: Ed25519PrivateKey
    box_secret: str
    box_public: str

    @cached_property
    def dev(self) -> str:
        return signing.key_id(signing.public_bytes(self.sign))

    def __repr__(self) -> str:
        return f"DeviceKeys({self.dev[:8]})"


@dataclass(frozen=True)
class Person:
    """Somebody with a slot on this device, or a colleague of the site."""

    user: str
    role: str
    name: str = ""


class Parsed:
    """Revisions already read from their bytes, records already folded, and the case in hand, so that a save
    does neither again for a whole case.

    Lives as long as its context and goes with it at lock.
    """

    _MOST = 4096

    def __init__(self) -> None:
        self._known: dict[str, SignedRevision] = {}
        self._folded: dict[str, tuple[tuple[Placed, ...], RecordState]] = {}
        self._file: tuple[int, CaseFile] | None = None

    def get(self, rev_id: str) -> SignedRevision | None:
        return self._known.get(rev_id)

    def keep(self, rev_id: str, signed: SignedRevision) -> None:
        if len(self._known) >= self._MOST:
            self._known.clear()
        self._known[rev_id] = signed

    def fold(self, history: Iterable[Placed]) -> RecordState:
        """`history.fold`, which is pure: folded again only where something came or stands otherwise."""
        placed = tuple(history)
        rec = placed[0].signed.revision.rec
        known = self._folded.get(rec)
        if known is None or known[0] != placed:
            if len(self._folded) >= self._MOST:
                self._folded.clear()
            known = self._folded[rec] = placed, fold(placed)
        return known[1]

    def file(self, case: str, turn: int) -> CaseFile | None:
        """The case in hand, where it is this one and the store is still at that turn."""
        if self._file is None or self._file[0] != turn or self._file[1].case.rec != case:
            return None
        return self._file[1]

    def hold(self, file: CaseFile, turn: int) -> None:
        """As the store has it at this turn (`Store.turn`)."""
        self._file = turn, file


class People(Protocol):
    """Who is signed in; filled by the workspace."""

    @property
    def active(self) -> str:
        """The user at the keyboard, "" for nobody."""

    def signing_key(self, user: str) -> Ed25519PrivateKey:
        """The opened key of a person who is signed in; UserFixable("not_signed_in") otherwise."""

    def verify(self, user: str, secret: Secret) -> Ed25519PrivateKey:
        """Checks a PIN or password anew and gives the person's key, without changing who is active."""


@dataclass
class Context:
    """One unlocked installation. `roles`: what the invitation said, until a grant says it. `reboot_test`: the
    state of actions.restart; while it is "pending" no real record is taken. `server_url`: where syncs go, as
    the store says (actions.servers)."""

    study: str
    site: str
    home: Home
    clock: Clock
    store: Store
    directory: Directory
    device: DeviceKeys
    people: People
    roles: dict[str, str] = field(default_factory=dict)
    scheme: str = "reset-1"
    app: str = ""
    demo: bool = False
    parsed: Parsed = field(default_factory=Parsed)
    sync: SyncStatus = field(default_factory=SyncStatus)
    reboot_test: str = ""
    server_url: str = ""

    @property
    def read_only(self) -> bool:
        """The store takes nothing new: rolled back, damaged, or out of order until a sync has agreed."""
        return bool(self.store.read_only)

    @property
    def user(self) -> str:
        """The person who acts; UserFixable("not_signed_in") if nobody is."""
        if not self.people.active:
            raise UserFixable("not_signed_in")
        return self.people.active

    def role_of(self, user: str) -> str:
        """The certified role, or before certification the one of the invitation; "" for a stranger."""
        return self.directory.people(self.site).get(user, self.roles.get(user, ""))

"""`Workspace`: unlock, cover, lock, run actions, tell everybody what changed, and sync."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar

from reset_or.base import log
from reset_or.base.boot import Boot, SystemBoot
from reset_or.base.changes import Changes
from reset_or.base.clock import Clock, SystemClock
from reset_or.base.errors import ResetOrError, UserFixable
from reset_or.base.lanes import CancelToken, Lanes
from reset_or.base.paths import Home
from reset_or.workspace.settings import Tile, load_settings, save_settings
from reset_or.workspace.syncer import Hearing, Syncer

if TYPE_CHECKING:
    from reset_or.actions.context import Context, Secret
    from reset_or.actions.syncing import SyncProgress, SyncResult
    from reset_or.keys.pepper import KeyStore
    from reset_or.store.opened import Opened
    from reset_or.workspace.desk import Desk

P = ParamSpec("P")
T = TypeVar("T")
THEATRE_HOURS: Final = 8
_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Probe:
    """What can be said of an installation without a password. `state`: one of store.states.OPEN_STATES.

    `in_use_pid`: the other process that has it open; `reduced`: no keyring takes part in its protection.
    """

    state: str
    people: tuple[Tile, ...]
    study: str
    site: str
    demo: bool
    practice: bool
    demo_passwords: dict[str, str]
    in_use_pid: int | None = None
    reduced: bool = False


@dataclass(frozen=True)
class Theatre:
    """A theatre session: bound to one case, it only covers and never locks by time."""

    case: str
    started_at: int
    ends_at: int


class Workspace:
    """One installation. Methods that touch the store run on the store lane; see each."""

    def __init__(
        self,
        home: Path | Home,
        *,
        lanes: Lanes,
        clock: Clock | None = None,
        key_store: KeyStore | None = None,
        boot: Boot | None = None,
    ) -> None:
        self.home = home if isinstance(home, Home) else Home(home)
        self.lanes = lanes
        self.clock: Clock = clock or SystemClock()
        self.settings = load_settings(self.home)
        self.theatre: Theatre | None = None
        self._key_store = key_store
        self.boot: Boot = boot or SystemBoot()
        self._opened: Opened | None = None
        self._desk: Desk | None = None
        self._context: Context | None = None
        self._listeners: list[Callable[[Changes], None]] = []
        self.syncer = Syncer(lanes, lambda: self.settings.photo_kbit_s)

    # --- before the password ------------------------------------------------------------------------

    def glance(self) -> Probe:
        """What the settings say, with the standard library alone: for the very first paint."""
        s = self.settings
        return Probe("locked", s.people, s.study, s.site, s.demo, s.practice, s.demo_passwords)

    def probe(self) -> Probe:
        """The true state of the files; never asks for a password. Store lane."""
        from reset_or.store.states import probe

        if self._opened is not None:
            return replace(self.glance(), state="ok", reduced=self._opened.reduced)
        found = probe(self.home, self._keys())
        return replace(self.glance(), state=found.state, in_use_pid=found.in_use_pid, reduced=found.reduced)

    def save_settings(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        save_settings(self.home, self.settings)

    # --- unlock, people, cover, lock -----------------------------------------------------------------

    def unlock(self, user: str, password: str) -> None:
        """Opens the store with a person's password, or signs a further person in. Store lane.

        Raises the open state's error (`open_wrong_password`, `open_db_damaged`, ...) or `sign_in_wait`.
        """
        if self._opened is not None:
            self.desk.sign_in(user, password)
        else:
            self._open(user, password)
        self._note("login")

    def _open(self, user: str, password: str) -> None:
        from reset_or.workspace.opening import open_home

        found = open_home(
            self.home, user=user, password=password, key_store=self._keys(), clock=self.clock,
            scheme=self.settings.scheme, boot=None if self.settings.practice else self.boot,
        )  # fmt: skip
        self._opened, self._desk, self._context = found.opened, found.desk, found.context
        log.event("unlocked")
        if found.misses:
            self._note("failed_login", found.misses)
        if found.restart_passed:
            self._note("reboot_test_passed")

    @property
    def unlocked(self) -> bool:
        return self._opened is not None

    @property
    def opened(self) -> Opened:
        if self._opened is None:
            raise UserFixable("not_signed_in")
        return self._opened

    @property
    def desk(self) -> Desk:
        """The people signed in; UserFixable("not_signed_in") while locked."""
        if self._desk is None:
            raise UserFixable("not_signed_in")
        return self._desk

    @property
    def context(self) -> Context:
        """What actions get; UserFixable("not_signed_in") while locked."""
        if self._context is None:
            raise UserFixable("not_signed_in")
        return self._context

    @property
    def active(self) -> str:
        return self._desk.active if self._desk is not None else ""

    @property
    def active_role(self) -> str:
        return self.context.role_of(self.active) if self._context is not None else ""

    @property
    def signed_in(self) -> tuple[str, ...]:
        return self._desk.signed_in if self._desk is not None else ()

    def switch_active(self, user: str, secret: Secret) -> None:
        """Makes a colleague who is signed in the active person. Store lane."""
        self.desk.switch(user, secret)

    def sign_out(self, user: str) -> None:
        self.desk.sign_out(user)

    def set_pin(self, user: str, pin: str) -> None:
        """Store lane."""
        self.desk.set_pin(user, pin)

    def has_pin(self, user: str) -> bool:
        """Store lane."""
        return self.desk.has_pin(user)

    def cover(self) -> None:
        """Hides values and leaves keys only under the PIN; case, arm and clock may stay on screen."""
        if self._desk is not None:
            self._desk.cover()

    def uncover(self, user: str, pin: str) -> None:
        self.desk.uncover(user, pin)

    def lock(self) -> None:
        """Drops every key and closes the store, after what already runs on its lane. Store lane."""
        self.pause_sync()
        if self._opened is None:
            return
        self._note("lock")
        if self._desk is not None:
            self._desk.drop()
        opened, self._opened, self._desk, self._context = self._opened, None, None, None
        self.theatre = None
        opened.close()
        log.event("locked")

    @property
    def reboot_test(self) -> str:
        """ "" (not asked), pending, passed or waived; while pending no real record is taken."""
        return self._context.reboot_test if self._context is not None else ""

    def start_theatre(self, case: str) -> Theatre:
        """Binds the session to a case: it then covers instead of locking, for at most eight hours."""
        now_at = self.clock.now_at()
        self.theatre = Theatre(case, now_at, now_at + THEATRE_HOURS * _HOUR_MS)
        return self.theatre

    def end_theatre(self) -> None:
        self.theatre = None

    # --- running actions -----------------------------------------------------------------------------

    def do(self, action: Callable[Concatenate[Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs an action here and now and tells listeners what it changed. Store lane."""
        result = action(self.context, *args, **kwargs)
        self._announce(result)
        return result

    def run(
        self,
        action: Callable[..., T],
        *,
        done: Callable[[T], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
        **kwargs: Any,
    ) -> None:
        """Hands an action to the store lane; `done`, `failed` and the listeners are called back here."""

        def finished(result: T) -> None:
            if done is not None:
                done(result)
            self._announce(result)

        self.lanes.run("store", lambda: action(self.context, **kwargs), finished, failed)

    def on_changes(self, listener: Callable[[Changes], None]) -> None:
        """Calls `listener` after every action and every applied batch, where the lanes deliver."""
        self._listeners.append(listener)

    def _announce(self, result: object) -> None:
        changes = result if isinstance(result, Changes) else getattr(result, "changes", None)
        if isinstance(changes, Changes) and changes:
            for listener in self._listeners:
                listener(changes)

    def _note(self, what: str, count: int = 1) -> None:
        from reset_or.actions.events import note

        if self._context is not None and not self._context.read_only:
            try:
                note(self._context, what=what, count=count, author=self.active)
            except ResetOrError as error:  # an event must never stand in the way of care or of locking
                log.event("event_not_written", code=error.code)

    # --- sync ----------------------------------------------------------------------------------------

    def start_sync(
        self,
        *,
        photos: bool = False,
        progress: Callable[[SyncProgress], None] | None = None,
        done: Callable[[SyncResult], None] | None = None,
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        """Syncs records once on the net lane, or moves photos on theirs; each unless it is under way."""

        def ended(result: SyncResult) -> None:
            if done is not None:
                done(result)
            self._announce(result)

        self.syncer.start(lambda: self.context, Hearing(progress, ended, failed), photos=photos)

    def sync_now(
        self, *, progress: Callable[[SyncProgress], None] | None = None, cancel: CancelToken | None = None
    ) -> SyncResult:
        """One whole sync; net lane, or any caller of inline lanes."""
        return self.syncer.once(self.context, progress, cancel)

    def pause_sync(self) -> None:
        """Stops after the piece that is being sent; nothing sent is lost."""
        self.syncer.pause()

    @property
    def server_url(self) -> str:
        """Where syncs go, as the open store says; "" for nowhere, and while locked."""
        return self._context.server_url if self._context is not None else ""

    def forget_connection(self) -> None:
        """After sleep or a new network: the next sync asks for a new nonce; each opens its own connection."""
        if self._context is not None:
            self._context.sync.nonce = ""

    def _keys(self) -> KeyStore:
        if self._key_store is None:
            from reset_or.keys.pepper import KeyringStore, MemoryKeyStore

            # The demo keeps nothing worth a keyring, and must open on a machine without one.
            self._key_store = MemoryKeyStore(trouble="none") if self.settings.demo else KeyringStore()
        return self._key_store

"""What a sync says of itself: progress while it runs, the result, and the state that outlives it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from reset_or.base.changes import Changes

_RELAY_AGAIN_MS: Final = 3_600_000


@dataclass(frozen=True)
class SyncProgress:
    """`phase`: records | photos_up | photos_down | parcel_out | parcel_in; bytes of this phase (a total of 0
    is not known yet); `item`: id of the photo, or "".
    """

    phase: str
    done_bytes: int
    total_bytes: int
    item: str = ""


@dataclass(frozen=True)
class SyncResult:
    """One sync. `problem` and `alarm` are error codes, "" for none.

    `complete`: everything of this device is at the centre and everything of the server's is here. `at_relay`:
    envelopes and photos that the hospital's relay has and the centre has not receipted yet.
    `alarm`: trust was broken or the server lost data; it was written down as an event.
    `paused`: somebody asked to stop. `requests`: HTTP requests made. `retry_s`: the server's wish.
    """

    changes: Changes = field(default_factory=Changes)
    pushed: int = 0
    pulled: int = 0
    photos_up: int = 0
    photos_down: int = 0
    problem: str = ""
    alarm: str = ""
    complete: bool = False
    paused: bool = False
    quarantined: int = 0
    waiting_for_admission: bool = False
    requests: int = 0
    retry_s: int | None = None
    at_relay: int = 0


@dataclass(frozen=True)
class ParcelWritten:
    """One file written. `entries` of feeds, `unsent` envelopes, `receipts` of photos, `photos` in it.

    `photos_left`: had no room. `problem`: code of what was left out, "" for nothing. `paused`: somebody asked
    to stop, and there is no file.
    """

    at: int = 0
    size: int = 0
    entries: int = 0
    unsent: int = 0
    receipts: int = 0
    photos: int = 0
    photos_left: int = 0
    problem: str = ""
    paused: bool = False
    changes: Changes = field(default_factory=lambda: Changes(ledger=True))


@dataclass(frozen=True)
class ParcelTaken:
    """One file taken in: what was new of it. `pulled` entries of feeds, `relayed` envelopes without a place
    in a feed, `receipts` of photos, `photos`; `set_aside`: could not be used yet or at all, and stays where
    the file was written. `problem`: code of what stopped it or was left out. `written_at`: of the file.
    """

    changes: Changes = field(default_factory=Changes)
    written_at: int = 0
    pulled: int = 0
    relayed: int = 0
    receipts: int = 0
    photos: int = 0
    set_aside: int = 0
    problem: str = ""
    paused: bool = False

    @property
    def anything(self) -> bool:
        """Whether something of it is here now that was not before."""
        return bool(self.pulled or self.relayed or self.receipts or self.photos)


@dataclass
class SyncStatus:
    """What is going on now, and what the last sync found; read by the sync page.

    Written by one sync of records and by one mover of photos, which may run beside each other; what names
    photos is the mover's, and all else the sync's.

    Fields are replaced whole, never changed inside, so another thread reads a consistent one.
    `refused`: rec -> problem code. `sending`: rec ids under way. `writing`: pulled entries are being saved.
    `photos_sent`: blob id -> bytes of it that are on their way or there, while it goes up.
    `nonce`: the next one for this server, so that a sync with nothing to do is one request.
    `clock_off_ms`: the server's signed time less this device's, None before the first answer.
    """

    running: bool = False
    writing: bool = False
    sending: frozenset[str] = frozenset()
    photos_running: bool = False
    photos_sending: frozenset[str] = frozenset()
    photos_sent: dict[str, int] = field(default_factory=dict)
    photos_problem: str = ""
    photos_refused: dict[str, str] = field(default_factory=dict)
    connected: bool | None = None
    problem: str = ""
    retry_at: int | None = None
    last_complete_at: int | None = None
    waiting_for_admission: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    nonce: str = ""
    clock_off_ms: int | None = None
    relay_after: dict[tuple[str, str], int] = field(default_factory=dict)

    def relay_waits(self, now_at: int) -> set[tuple[str, str]]:
        """Chains of other devices that the server refused lately: (site, device)."""
        return {chain for chain, at in self.relay_after.items() if now_at < at}

    def relay_waits_for(self, site: str, dev: str, now_at: int) -> None:
        """Not again for an hour: whoever owns the chain mends it sooner."""
        self.relay_after = {**self.relay_after, (site, dev): now_at + _RELAY_AGAIN_MS}

"""What a device remembers for its parcels: signed heads, how far others are, the last files.

All of it lies in the store's settings and may be lost: then a parcel is only longer than it need be.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from reset_or.revisions import signing
from reset_or.revisions.receipts import Signed
from reset_or.wire.parcel import Head

if TYPE_CHECKING:
    from reset_or.store.store import Store
    from reset_or.store.unit import Unit

_HEAD: Final = "parcel/head/"
_REACHED: Final = "parcel/reached"
_WRITTEN: Final = "parcel/written"
_TAKEN: Final = "parcel/taken"


@dataclass(frozen=True)
class FilesAt:
    """When a file was last written and last taken in here, UTC ms."""

    written_at: int | None = None
    taken_at: int | None = None


def put_head(unit: Unit, site: str, head: Signed, *, relay: bool = False) -> None:
    """The newest signed head of a feed: without it nobody else can verify where the feed ends."""
    said = {"data": signing.b64(head.data), "sig": signing.b64(head.sig)}
    unit.put_meta(_head(site, relay=relay), json.dumps(said))


def _head(site: str, *, relay: bool) -> str:
    return f"{_HEAD}{site}{'/relay' if relay else ''}"


def head_of(store: Store, site: str, *, relay: bool = False) -> Signed | None:
    said = json.loads(store.meta(_head(site, relay=relay)) or "{}")
    return Signed(signing.unb64(said["data"]), signing.unb64(said["sig"])) if said else None


def note_reached(store: Store, unit: Unit, head: Head) -> None:
    """How far the writer of a parcel is; an older parcel of it says nothing new."""
    known = _reached(store)
    if head.at >= known.get(head.dev, {}).get("at", 0):
        places = {place.site: [place.feed, place.seq] for place in head.cursors}
        unit.put_meta(_REACHED, json.dumps(known | {head.dev: {"at": head.at, "places": places}}))


def reached_by_all(store: Store, devices: Iterable[str], site: str, feed: str) -> int:
    """The place in the site's feed that every one of these devices is known to have; 0 where one is not."""
    known = _reached(store)
    places = [known.get(dev, {}).get("places", {}).get(site, ["", 0]) for dev in devices]
    return min((int(seq) if its == feed else 0 for its, seq in places), default=0)


def note_written(unit: Unit, at: int) -> None:
    unit.put_meta(_WRITTEN, str(at))


def note_taken(unit: Unit, at: int) -> None:
    unit.put_meta(_TAKEN, str(at))


def files_at(store: Store) -> FilesAt:
    written, taken = store.meta(_WRITTEN), store.meta(_TAKEN)
    return FilesAt(int(written) if written else None, int(taken) if taken else None)


def _reached(store: Store) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(store.meta(_REACHED) or "{}")
    return found

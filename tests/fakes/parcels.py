"""What tests of parcels share: a photograph, writing and taking, and what a station holds."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from reset_or.actions.carrying import take_parcel, write_parcel
from reset_or.actions.ledger import sync_view
from reset_or.base.ids import sha256_hex
from reset_or.images.intake import TakenPhoto
from reset_or.sync.results import ParcelTaken, ParcelWritten
from tests.fakes.workstations import (
    Station,
)


def photograph(seed: int, size: int = 40_000) -> TakenPhoto:
    data = b"\xff\xd8" + random.Random(seed).randbytes(size)
    return TakenPhoto(
        data=data, mime="image/jpeg", w=40, h=30, turn=1, sha256=sha256_hex(data),
        camera_sha256=sha256_hex(data[::-1]),
        captured_at=None, captured_zone_min=None, warnings=(),
    )  # fmt: skip


def written(station: Station, target: Path, **said: object) -> ParcelWritten:
    return station.workspace.do(write_parcel, target=target, **said)


def taken(station: Station, source: Path) -> ParcelTaken:
    return station.workspace.do(take_parcel, source=source)


def here(station: Station) -> dict[str, object]:
    """What a station holds, without what differs by nature: settings, and when something was kept."""
    store = station.ctx.store
    return {
        "records": store.records(), "unsent": store.outbox_sites(), "relays": store.relay_chains(),
        "cursor": replace(store.cursor("03"), head_at=0), "blobs": store.blobs(),
        "statements": store.statements(), "revisions": store.audit(0, 10_000),
    }  # fmt: skip


def states(station: Station) -> set[str]:
    kinds = ("case", "reading", "photo")
    return {item.state for item in station.workspace.do(sync_view).items if item.kind in kinds}

"""Which devices are on hold, and whether their computers still call. Reads; who holds them is `take`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa

from reset_or.base.clock import DAY_MS
from reset_or.central import tables
from reset_or.central.admission import View
from reset_or.wire.holds import LOOK_BACK_DAYS, Hold

_EVENTS: Final = sa.select(tables.device_event).order_by(tables.device_event.c.at, tables.device_event.c.id)


def holds(connection: sa.Connection, view: View, sites: Collection[str], now: int) -> tuple[Hold, ...]:
    """Those of `sites`, the longest held first; a device that the centre took out of the trial is settled."""
    found: dict[str, sa.Row[tuple[object, ...]]] = {}
    for row in connection.execute(_EVENTS):
        if row.kind != "suspended":
            found.pop(row.dev, None)
        else:
            found.setdefault(row.dev, row)
    held = []
    for dev, row in found.items():
        grant = view.directory.grant(dev)
        if grant is not None and grant.site in sites and view.directory.valid_at(dev, None):
            held.append((dev, grant.site, row))
    calls = _calls(connection, [dev for dev, _, _ in held], now) if held else {}
    return tuple(Hold(dev, site, row.why, row.at, calls.get(dev)) for dev, site, row in held)


def _calls(connection: sa.Connection, devs: list[str], now: int) -> dict[str, int]:
    """When each last asked, of the last days: the access log knows devices by time only. What the door has
    not looked at does not count: anybody can claim an id."""
    log = tables.access_log
    looked_at = (log.c.problem == "device_suspended") | ((log.c.problem == "") & (log.c.route == "sync"))
    asked = (
        sa.select(log.c.dev, sa.func.max(log.c.at).label("at"))
        .where(log.c.at > now - LOOK_BACK_DAYS * DAY_MS, log.c.dev.in_(devs), looked_at)
        .group_by(log.c.dev)
    )
    return {row.dev: row.at for row in connection.execute(asked)}

"""Records and photos as a sealed file: writing one, taking one in, and listing what is in one.

For hospitals without a way out. Judged and kept as a sync's answer is; nothing counts as sent before the
coordinating centre's own receipt is here, whichever way it came.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from reset_or.actions.context import Context
from reset_or.actions.syncing import ground_of
from reset_or.base import log
from reset_or.base.errors import EnvironmentTrouble, ResetOrError, TrustBroken, UserFixable
from reset_or.base.files import disk_errors
from reset_or.base.lanes import Cancelled, CancelToken, Lanes
from reset_or.sync.parcel_in import Taking
from reset_or.sync.parcel_out import MOST_BYTES, Packing
from reset_or.sync.results import ParcelTaken, ParcelWritten, SyncProgress
from reset_or.wire.client import Client
from reset_or.wire.parcel import SUFFIX, Parcel
from reset_or.wire.parcel_list import Listing, listing
from reset_or.wire.transport import NoServer

__all__ = [
    "SUFFIX", "Listing", "ParcelTaken", "ParcelWritten", "list_parcel", "problem_of", "take_parcel",
    "write_parcel",
]  # fmt: skip
_NEXT_TIME: Final = frozenset({"parcel_gap", "parcel_other_feed", "chain_waits", "photo_not_named"})
"""What a later or fuller file brings."""


def write_parcel(
    ctx: Context, *, target: Path, sites: Sequence[str] = (),
    progress: Callable[[SyncProgress], None] | None = None, cancel: CancelToken | None = None,
    lanes: Lanes | None = None, most_bytes: int = MOST_BYTES,
) -> ParcelWritten:  # fmt: skip
    """Writes what the other side may lack. `sites`: of a centre's device, whose; all where none is named.

    Raises EnvironmentTrouble (`disk_full`, `folder_not_writable`, ...): then there is no file.
    With `lanes` it is called on the net lane.
    """
    ground = ground_of(ctx, Client(NoServer(), ctx.device.sign), lanes)
    packing = Packing(ground, ctx.device.sign, cancel or CancelToken(), progress or _silent, most_bytes)
    try:
        result = packing.write(target, sites)
    except Cancelled:
        return ParcelWritten(paused=True)
    log.event("parcel_written", size=result.size, unsent=result.unsent, photos=result.photos)
    return result


def take_parcel(
    ctx: Context, *, source: Path, progress: Callable[[SyncProgress], None] | None = None,
    cancel: CancelToken | None = None, lanes: Lanes | None = None,
) -> ParcelTaken:  # fmt: skip
    """Takes in what is new of a file.

    Raises the error that refuses it (see `Taking.run` and `Parcel`) where nothing was taken; otherwise what
    stopped it stands in `problem`. With `lanes` it is called on the net lane.
    """
    ground = ground_of(ctx, Client(NoServer(), ctx.device.sign), lanes)
    with disk_errors(), source.open("rb") as stream:
        taking = Taking(ground, Parcel(stream), ctx.sync, cancel or CancelToken(), progress or _silent)
        try:
            taking.run()
            result = taking.result()
        except Cancelled:
            result = replace(taking.result(), paused=True)
        except ResetOrError as error:
            result = taking.result()
            if not result.anything:
                raise
            result = replace(result, problem=error.code)
    log.event("parcel_taken", pulled=result.pulled, relayed=result.relayed, problem=result.problem)
    return result


def list_parcel(source: Path) -> Listing:
    """What is in a file; needs no installation. Raises as `Parcel` does."""
    with disk_errors(), source.open("rb") as stream:
        return listing(Parcel(stream))


def problem_of(result: ParcelTaken | ParcelWritten) -> ResetOrError | None:
    """The error that the end of a parcel means for a person, None for a good one."""
    if not result.problem:
        return None
    if result.problem == "parcel_torn":
        return EnvironmentTrouble(result.problem)
    return (UserFixable if result.problem in _NEXT_TIME else TrustBroken)(result.problem)


def _silent(_progress: SyncProgress) -> None:
    """Nobody watches."""

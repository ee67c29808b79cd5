"""Carrying out on this device what orders of erasure name: sealed bodies, what revisions said, photo files.

Header, signature and place stay, so every chain verifies; of a revision its skeleton stays, so the fold keeps
its place and shows that something was here. The directory has judged the orders; this is done as often as it
is asked, so a kill in the middle or a store brought back from a backup is made good by the next sync.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from reset_or.base import log
from reset_or.base.changes import Changes
from reset_or.base.files import disk_errors, fsync_folder
from reset_or.images.seal import blob_path
from reset_or.revisions.erased import erase_revision
from reset_or.revisions.history import Placed, Standing, fold
from reset_or.store.rows import MAX_APPLY, BlobRow, StoredRevision, ToErase
from reset_or.sync.ground import Ground, Tally
from reset_or.sync.inbox import by_case

_PARTS: Final = (".part", ".taken")


def carry_out(ground: Ground, tally: Tally) -> None:
    """Everything that was ever ordered and is still here.

    Raises EnvironmentTrouble where the store or a photo's file cannot be written; the next sync goes on.
    """
    for site, names in _ordered(ground):
        for at in range(0, len(names), MAX_APPLY):
            ground.step(partial(_records, ground, tally, names[at : at + MAX_APPLY]))
        for row in ground.step(partial(_photos, ground, site, names)):
            ground.step(partial(_photo, ground, tally, row))


def _ordered(ground: Ground) -> list[tuple[str, list[str]]]:
    directory = ground.directory
    return [(site, sorted(directory.erased(site))) for site in directory.sites() if directory.erased(site)]


def _records(ground: Ground, tally: Tally, names: Sequence[str]) -> None:
    store = ground.store
    what = store.still_here(names)
    if not (what.bodies or what.torn or what.revisions):
        return
    skeletons, placed = dict[str, bytes](), list[Placed]()
    for row, barred in _with_standing(ground, what):
        erased, data = erase_revision(row.read(), row.env_id, barred=barred)
        skeletons[row.rev_id] = data
        placed.append(Placed(erased, row.seq, Standing(row.standing)))
    records = ground.project(by_case(placed)) if placed else ()
    with store.transaction() as unit:
        unit.erase(what, skeletons)
        unit.put_records(records)
    tally.note(placed, records)
    log.event("records_erased", count=len(what.bodies))


def _with_standing(ground: Ground, what: ToErase) -> Iterator[tuple[StoredRevision, bool]]:
    """Each revision, and whether its record's fold refuses it: that hangs on values that go now."""
    refused: dict[str, frozenset[str]] = {}
    for row in what.revisions:
        if row.rec not in refused:
            rows = ground.store.revisions(row.rec)
            refused[row.rec] = fold(Placed(e.read(), e.seq, Standing(e.standing)) for e in rows).refused
        yield row, row.rev_id in refused[row.rec]


def _photos(ground: Ground, site: str, names: Sequence[str]) -> list[BlobRow]:
    """Those of the site alone: one site's order never takes another site's photo."""
    wanted = set(names)
    return [
        row for row in ground.store.blobs() if row.id in wanted and row.site == site and row.state != "erased"
    ]


def _photo(ground: Ground, tally: Tally, row: BlobRow) -> None:
    path = blob_path(ground.home.blobs, row.id)
    with disk_errors():
        for each in (path, *(path.with_name(path.name + end) for end in _PARTS)):
            each.unlink(missing_ok=True)
        if path.parent.exists():
            fsync_folder(path.parent)
    with ground.store.transaction() as unit:
        unit.put_blob(replace(row, state="erased"))
    tally.changes |= Changes(frozenset({row.rec}), frozenset({row.case}), ledger=True)

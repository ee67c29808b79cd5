"""Hand mutants of the product for the histories: each breaks one promise, and the machine must see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from reset_or.actions import renewal
from reset_or.central import sync as sync_desk
from reset_or.revisions import history as fold_module
from reset_or.revisions.receipts import walk
from reset_or.store.queries_sync import SyncQueries
from reset_or.store.rows import Cursor
from reset_or.sync import inbox, outbox
from reset_or.sync.keeper import Keeper


def early_cursor(patch: pytest.MonkeyPatch) -> None:
    """The place in the feed is kept before what stands there."""
    real = Keeper._store_part

    def mutant(self: Keeper, page: Any, part: Any, cursor: Cursor, receipts: Any) -> None:
        with self.ground.store.transaction() as unit:
            unit.put_cursor(cursor)
        real(self, page, part, cursor, receipts)

    patch.setattr(Keeper, "_store_part", mutant)


def early_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    """What is about to be sent counts as received."""
    real = outbox.next_batch

    def mutant(store: Any, *more: Any, **said: Any) -> Any:
        batch = real(store, *more, **said)
        with store.transaction() as unit:
            unit._mark([(row.env_id, "f" * 64) for row in batch.envelopes], "feed")
        return batch

    patch.setattr(outbox, "next_batch", mutant)


def skip_chain_check(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether one place of the feed follows from the one before."""

    def mutant(_site: str, _seq: int, _feed_hash: str, entry: Any, receipts: Any) -> str:
        receipt = receipts.get(entry.receipt)
        at = entry.seq - receipt.first_seq
        return walk(receipt)[at] if 0 <= at < len(receipt.items) else receipt.feed_after

    patch.setattr(inbox, "hash_after", mutant)
    patch.setattr(inbox, "check_end", lambda *_said: None)


def skip_author_signature(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fold_module, "verify_author", lambda *_said: None)


def last_write_wins(patch: pytest.MonkeyPatch) -> None:
    """The newest write of a field is its value, and nobody hears of the other."""

    def mutant(self: fold_module.RecordState, name: str) -> list[Any]:
        writes = sorted(self.writes.get(name, ()), key=lambda write: (write.at, write.rev_id))
        return [write.value for write in writes[-1:]]

    patch.setattr(fold_module.RecordState, "values", mutant)


def no_precheck(patch: pytest.MonkeyPatch) -> None:
    """The server takes what it is given, and asks nobody where they stand."""
    real = sync_desk.standing

    def mutant(*said: Any) -> Any:
        return replace(real(*said), outcome="ok", astray=frozenset())

    patch.setattr(sync_desk, "standing", mutant)


def no_relay(patch: pytest.MonkeyPatch) -> None:
    """What a server lost is sent again by its author alone."""
    patch.setattr(SyncQueries, "relay_chains", lambda _self: [])
    patch.setattr(SyncQueries, "relays", lambda *_said, **_more: [])


def old_name_and_all(patch: pytest.MonkeyPatch) -> None:
    """A new device id, and what had not arrived under the old one is forgotten."""

    def mutant(ctx: Any, unit: Any, old: str, _new: Any) -> int:
        unit.retire_chain(ctx.site, old)
        return 0

    patch.setattr(renewal, "_seal_anew", mutant)


MUTANTS: Final = (early_cursor, skip_author_signature, last_write_wins, no_precheck)
RARER: Final = (early_acknowledgement, skip_chain_check, no_relay, old_name_and_all)

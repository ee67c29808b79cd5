"""Reads everything this store holds and says the first thing that does not fit. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from reset_or.actions.context import Context
from reset_or.base.errors import ResetOrError
from reset_or.revisions.history import author_standing
from reset_or.revisions.revision import rev_id

_PAGE = 500


@dataclass(frozen=True)
class Verified:
    """Counts of what was read, and what does not fit, each as `code id`."""

    revisions: int
    envelopes: int
    statements: int
    bad: tuple[str, ...]


def verify_store(ctx: Context) -> Verified:
    """Every revision: its id, its author's signature; then the store's own pages, chains and hashes."""
    bad = list(ctx.store.check())
    count, position = 0, 0
    while page := ctx.store.audit(after_pos=position, limit=_PAGE):
        for row in page:
            count, position = count + 1, row.pos
            try:
                signed = row.read()
                known = signed.rev_id if signed.erased is not None else rev_id(row.inner)
                if known != row.rev_id:
                    bad.append(f"revision_id {row.rev_id}")
                author_standing(signed, ctx.directory, row.when)
            except ResetOrError as error:
                bad.append(f"{error.code} {row.rev_id}")
    own = ctx.store.chain_head(ctx.site, ctx.device.dev).n
    return Verified(count, own, len(ctx.store.statements()), tuple(bad))

"""Drafts: what was typed and not yet saved. One row a page, case and person, encrypted like the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping

from reset_or.actions.context import Context
from reset_or.record.codebook import Value
from reset_or.revisions.canonical import canon
from reset_or.store.rows import Draft


def save_draft(ctx: Context, *, page: str, case: str, data: Mapping[str, Value]) -> int:
    """Keeps the draft durably and returns the time that the label may show."""
    at = ctx.clock.now_at()
    with ctx.store.transaction() as unit:
        unit.put_draft(Draft(page, case, ctx.user, canon(dict(data)), at))
    return at


def load_draft(ctx: Context, *, page: str, case: str) -> dict[str, Value] | None:
    """What this person had typed on the page, None where there is no draft."""
    found = ctx.store.draft(page, case, ctx.user)
    if found is None:
        return None
    data: dict[str, Value] = json.loads(found.data)
    return data


def drop_draft(ctx: Context, *, page: str, case: str) -> None:
    """Forgets the draft: the person cleared the field, or saved it."""
    with ctx.store.transaction() as unit:
        unit.drop_draft((page, case, ctx.user))

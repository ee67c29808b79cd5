"""Events of the trail that are no data: sign-in, failed sign-ins, lock, export, print, sync alarm."""

from __future__ import annotations

from reset_or.actions.context import Context, Saved
from reset_or.actions.write import Intent, write


def note(ctx: Context, *, what: str, count: int = 1, case: str = "", author: str = "") -> Saved:
    """Writes one event, signed by `author`, or by the device where nobody is there ("")."""
    values: dict[str, str | int | bool | None] = {"what": what, "count": count}
    return write(ctx, Intent("event", "event", case=case, values=values, author=author))

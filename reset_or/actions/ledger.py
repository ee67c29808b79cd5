"""The sync page's truth: one of three answers, and the state of every item. No value of any field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from reset_or.actions.context import CLOCK_SLACK_MS, Context
from reset_or.actions.syncing import LAST
from reset_or.actions.views import LedgerItem, SyncView
from reset_or.base.errors import EnvironmentTrouble
from reset_or.base.files import LITTLE_SPACE, PHOTO_SPACE, free_space
from reset_or.base.paths import Home
from reset_or.base.words import Language, say
from reset_or.sync import parcel_notes
from reset_or.sync.ledger import Held, Item, Now, items

if TYPE_CHECKING:
    from reset_or.store.rows import RecordRow
    from reset_or.sync.results import SyncStatus

_RECENT_MS: Final = 12 * 3600 * 1000
_MOST_RECENT: Final = 50
BLIND_ROLES: Final = frozenset({"pathologist"})


def sync_view(ctx: Context) -> SyncView:
    """What is unfinished, only here, under way, at the hospital's relay, and at the centre."""
    status, store = ctx.sync, ctx.store
    blobs, waiting = store.blobs(), store.ledger()
    unsent = [row for row in waiting if row.only_here]
    relayed = [row for row in waiting if not row.only_here]
    held = Held(
        unsent=waiting,
        drafts=store.drafts(),
        blobs=blobs,
        recent=_recent(ctx),
        subjects={row.rec: row.subject for row in store.case_rows()},
    )
    found = items(held, _now(status))
    at_centre = sum(1 for item in found if item.state == "at_centre")
    return SyncView(
        answer=_answer(len(unsent), len(relayed), writing=status.writing),
        unfinished=len(held.drafts),
        only_here=len(unsent),
        photos_only_here=sum(1 for row in unsent if row.photos),
        sent=at_centre,
        total=at_centre + len(waiting),
        sent_bytes=sum(item.sent for item in found if item.size),
        total_bytes=sum(item.size for item in found),
        oldest_unsent_at=min((row.oldest_at for row in unsent), default=None),
        last_complete_at=_last_complete(ctx),
        running=status.running or status.photos_running,
        connected=status.connected,
        problem=status.problem or status.photos_problem or _last_problem(ctx),
        retry_at=status.retry_at,
        items=tuple(_row(ctx, item) for item in found if _shown(ctx, item)),
        waiting_for_admission=_not_admitted(ctx),
        clock_off_ms=clock_off_ms(ctx),
        reboot_test=ctx.reboot_test,
        file_at=parcel_notes.files_at(store).written_at if waiting else None,
        at_relay=len(relayed),
        oldest_at_relay_at=min((row.oldest_at for row in relayed), default=None),
    )


def _now(status: SyncStatus) -> Now:
    """Records and photos are on their way beside each other."""
    sending, refused = status.sending | status.photos_sending, status.photos_refused | status.refused
    return Now(sending, refused, status.photos_sent)


def _answer(unsent: int, relayed: int, *, writing: bool) -> str:
    """`writing` while pulled entries are being saved, `safely_stored` while something is only here,
    `at_relay` while the relay has it all and the centre has not, else `all_uploaded`."""
    if writing:
        return "writing"
    if unsent:
        return "safely_stored"
    return "at_relay" if relayed else "all_uploaded"


def _row(ctx: Context, item: Item) -> LedgerItem:
    verb = ""
    if item.state == "draft":
        verb = "continue"
    elif item.reason == "conflict":
        verb = "compare"
    reason = "" if item.state != "needs_you" else item.reason if item.reason == "conflict" else "refused"
    return LedgerItem(
        item=item.item, kind=item.kind, subject=item.subject, case=item.case, size=item.size,
        state=item.state, sent_bytes=item.sent, reason=reason, at=item.at, verb=verb,
    )  # fmt: skip


def _shown(ctx: Context, item: Item) -> bool:
    """A blinded reader learns from no row that somebody else's readings exist or disagree."""
    if not ctx.people.active or ctx.role_of(ctx.people.active) not in BLIND_ROLES:
        return True
    if item.kind == "draft":
        return item.item.endswith(f"/{ctx.people.active}")
    if item.kind not in ("reading", "photo", "calibration"):
        return item.reason != "conflict"
    revisions = ctx.store.revisions(item.item)
    return bool(revisions) and revisions[0].user == ctx.people.active


def _recent(ctx: Context) -> list[tuple[RecordRow, int | None]]:
    """Own records of this shift that are at the centre, with the time the server received them."""
    since = ctx.clock.now_at() - _RECENT_MS
    found = []
    for row in ctx.store.records(limit=_MOST_RECENT):
        if row.form == "event" or row.changed_at < since:
            continue
        revisions = ctx.store.revisions(row.rec)
        if any(each.own for each in revisions) and (row.changed_at >= since or row.conflicts):
            arrived = [each.received_at for each in revisions if each.received_at is not None]
            found.append((row, max(arrived, default=None)))
    return found


def clock_off_ms(ctx: Context) -> int | None:
    """The server's time less this device's at the last sync; None where they agree within five minutes."""
    off_ms = ctx.sync.clock_off_ms
    if off_ms is None:
        off_ms = json.loads(ctx.store.meta(LAST) or "{}").get("clock_off_ms")
    return off_ms if isinstance(off_ms, int) and abs(off_ms) > CLOCK_SLACK_MS else None


def _last_complete(ctx: Context) -> int | None:
    kept = json.loads(ctx.store.meta(LAST) or "{}").get("complete_at")
    return ctx.sync.last_complete_at or (kept if isinstance(kept, int) else None)


def _last_problem(ctx: Context) -> str:
    """Of the last sync, also of one before this start; nothing once a sync of this start ended well."""
    if ctx.sync.connected is not None:
        return ""
    found = json.loads(ctx.store.meta(LAST) or "{}").get("problem", "")
    return found if isinstance(found, str) else ""


def _not_admitted(ctx: Context) -> bool:
    return not ctx.directory.valid_at(ctx.device.dev, None)


def clock_text(off_ms: int | None, language: Language) -> str:
    """This device's clock is 14 min behind the server; "" where it is right."""
    if off_ms is None:
        return ""
    minutes = abs(off_ms) // 60_000
    span = say("sync.minutes", language, n=minutes)
    if minutes >= 48 * 60:
        span = say("sync.days", language, n=minutes // (24 * 60))
    elif minutes >= 120:
        span = say("sync.hours", language, n=minutes // 60)
    return say("sync.clock_behind" if off_ms > 0 else "sync.clock_ahead", language, span=span)


def space_text(home: Home, language: Language) -> str:
    """400 MB left. Margins still save; photos are paused. "" where there is room, or where nobody knows."""
    try:
        free = free_space(home.root)
    except EnvironmentTrouble:
        return ""
    if free >= LITTLE_SPACE:
        return ""
    what = "disk_paused" if free < PHOTO_SPACE else "disk_low"
    return say(f"sync.{what}", language, free=free // 1_000_000, least=PHOTO_SPACE // 1_000_000)

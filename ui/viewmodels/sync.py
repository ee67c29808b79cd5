"""The sync page in words: what is not finished, one of three answers, and the true state of every item.

The three answers are the clinic's: all uploaded, safely stored, writing. Behind a hospital's relay there is a
fourth: stored outside this computer, and not at the centre. No Qt, no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from reset_or.actions.ledger import clock_text
from reset_or.actions.views import LedgerItem, SyncView
from reset_or.base.clock import DAY_MS
from reset_or.base.words import Language, keys, say
from ui.viewmodels.moments import Moment, countdown, short_time, size_text, spoken_time
from ui.viewmodels.pace import time_left

Button = Literal["pause", "continue", "try_now", "start", "none"]
Tone = Literal["text", "text2", "accent", "ok", "short", "bad"]
LATE_DAYS: Final = 3
_ORDER: Final = {"draft": 0, "needs_you": 1, "sending": 2, "only_here": 3, "at_relay": 4, "at_centre": 5}
_KIND_ICON: Final = {"photo": "image-plus", "draft": "pen-line", "sign": "user-check", "case": "user"}


@dataclass(frozen=True)
class ItemView:
    """One row. `percent` is None where no bar is drawn; `verb` "" where nothing can be pressed."""

    item: str
    kind: str
    case: str
    icon: str
    name: str
    subject: str
    size: str
    state: str
    state_text: str
    state_icon: str
    tone: Tone
    percent: int | None
    verb: str
    verb_text: str
    faded: bool
    spoken: str

    @property
    def key(self) -> str:
        """What stays the same while the words of the row change."""
        return self.item


@dataclass(frozen=True)
class PageView:
    """The whole page in finished words. `portion` of the bar in permille of bytes; `bar` False hides it."""

    connection: str
    connection_icon: str
    connection_tone: Tone
    last: str
    headline: str
    advice: str
    icon: str
    tone: Tone
    bar: bool
    portion: int
    items_done: str
    bytes_done: str
    button: Button
    button_text: str
    items: tuple[ItemView, ...]
    waiting: int
    file: str
    clock: str


def page_view(view: SyncView, now: Moment, language: Language, site: str = "") -> PageView:
    """Everything the page shows at this moment."""
    headline, advice, icon, tone = _headline(view, now, language)
    button = _button(view)
    connection, connection_icon, connection_tone = _connection(view, language)
    if site:
        connection = f"{say('ui_shell.site', language, site=site)}   ·   {connection}"
    total = max(1, view.total_bytes)
    return PageView(
        connection=connection,
        connection_icon=connection_icon,
        connection_tone=connection_tone,
        last=_last(view, now, language),
        headline=headline,
        advice=advice,
        icon=icon,
        tone=tone,
        bar=view.total_bytes > 0 and (view.only_here > 0 or view.running),
        portion=min(1000, view.sent_bytes * 1000 // total),
        items_done=say("sync.progress_items", language, sent=view.sent, total=view.total),
        bytes_done=say(
            "sync.progress_bytes",
            language,
            sent=size_text(view.sent_bytes, language),
            total=size_text(view.total_bytes, language),
        ),
        button=button,
        button_text=say(f"sync.{button}", language) if button != "none" else "",
        items=tuple(_item(item, view, now, language) for item in _ordered(view)),
        waiting=waiting_count(view),
        file=_file(view, now, language),
        clock=clock_text(view.clock_off_ms, language),
    )


def _file(view: SyncView, now: Moment, language: Language) -> str:
    """That a file was written; never that it was sent."""
    if view.file_at is None:
        return ""
    return say("sync.file_at", language, at=spoken_time(view.file_at, now, language))


def waiting_count(view: SyncView) -> int:
    """The number on the rail: everything that is not at the centre, drafts included."""
    return view.unfinished + view.only_here + view.at_relay


def _headline(view: SyncView, now: Moment, language: Language) -> tuple[str, str, str, Tone]:
    if view.answer == "writing":
        return say("sync.writing", language), say("sync.writing_advice", language), "download", "short"
    if view.unfinished:
        return say("sync.unfinished", language, n=view.unfinished), _then(view, language), "pen-line", "short"
    if view.answer == "all_uploaded":
        advice = say("sync.all_uploaded_advice", language)
        return say("sync.all_uploaded", language), advice, "circle-check", "ok"
    if view.answer == "at_relay":
        return _at_relay(view, now, language)
    days = late_days(view, now)
    late = days >= LATE_DAYS
    if late:
        advice = say("sync.safely_stored_late", language, days=days)
    elif view.paused:
        advice = say("sync.safely_stored_paused", language)
    elif view.running and view.connected:
        advice = say("sync.safely_stored_sending", language)
        advice = _joined(advice, time_left(view.minutes_left, language), language)
    else:
        advice = say("sync.safely_stored_advice", language)
    headline = say("sync.safely_stored", language, n=view.only_here)
    advice = _joined(advice, _relayed_too(view, language), language)
    return headline, advice, "cloud-upload", "short" if late else "accent"


def _then(view: SyncView, language: Language) -> str:
    """What is said below unfinished entries."""
    if view.only_here:
        said = say("sync.then_safe", language, n=view.only_here)
        return _joined(said, _relayed_too(view, language), language)
    if view.at_relay:
        return say("sync.then_at_relay", language, n=view.at_relay)
    return say("sync.then_uploaded", language)


def _at_relay(view: SyncView, now: Moment, language: Language) -> tuple[str, str, str, Tone]:
    """Not green: it is safe, and it is not at the centre."""
    oldest_at = view.oldest_at_relay_at
    days = 0 if oldest_at is None else max(0, (now.at - oldest_at) // DAY_MS)
    late = days >= LATE_DAYS
    which = "stuck" if view.stuck_at_relay else "late" if late else "advice"
    advice = say(f"sync.at_relay_{which}", language, days=days)
    headline = say("sync.at_relay", language, n=view.at_relay)
    return headline, advice, "server", "accent" if which == "advice" else "short"


def _relayed_too(view: SyncView, language: Language) -> str:
    return say("sync.at_relay_too", language, n=view.at_relay) if view.at_relay else ""


def _joined(said: str, more: str, language: Language) -> str:
    return f"{said}{' ' if language == 'en' and more else ''}{more}"


def late_days(view: SyncView, now: Moment) -> int:
    """Whole days the oldest unsent item has waited; its age decides the colour, not the count."""
    return 0 if view.oldest_unsent_at is None else max(0, (now.at - view.oldest_unsent_at) // DAY_MS)


def _connection(view: SyncView, language: Language) -> tuple[str, str, Tone]:
    """Offline is a normal state and grey."""
    if view.practice:
        return say("sync.practice", language), "eye-off", "text2"
    if view.waiting_for_admission:
        return say("sync.waiting_for_admission", language), "clock", "short"
    if view.paused:
        return say("sync.paused", language), "pause", "text2"
    if view.connected is None:
        return say("sync.not_tried", language), "wifi-off", "text2"
    if not view.connected:
        return say("sync.offline_line", language), "wifi-off", "text2"
    return say("sync.connected", language), "wifi", "ok"


def _last(view: SyncView, now: Moment, language: Language) -> str:
    if view.last_complete_at is None:
        return say("sync.never_complete", language)
    return say("sync.last_complete", language, at=spoken_time(view.last_complete_at, now, language))


def _button(view: SyncView) -> Button:
    if view.practice:
        return "none"
    if view.running and not view.paused:
        return "pause"
    if view.paused:
        return "continue"
    return "try_now" if view.retry_at is not None or view.connected is False else "start"


def _item(item: LedgerItem, view: SyncView, now: Moment, language: Language) -> ItemView:
    text, icon, tone = _state(item, view, now, language)
    percent = _percent(item) if item.state == "sending" else None
    name = _name(item, language)
    verb = item.verb or _verb(item, view)
    return ItemView(
        item=item.item,
        kind=item.kind,
        case=item.case,
        icon="octagon-alert" if item.state == "needs_you" else _KIND_ICON.get(item.kind, "file-check-2"),
        name=name,
        subject=item.subject,
        size=size_text(item.size, language) if item.size else "",
        state=item.state,
        state_text=text,
        state_icon=icon,
        tone=tone,
        percent=percent,
        verb=verb,
        verb_text=_said(f"sync.verb_{verb}", "sync.verb_open", language) if verb else "",
        faded=item.state == "at_centre",
        spoken=", ".join(part for part in (name, item.subject, text) if part),
    )


def _retries(item: LedgerItem, view: SyncView) -> bool:
    """Whether this row carries the countdown to the next try; pressing it tries everything now."""
    return view.retry_at is not None and view.connected is False and item is _next_up(view)


def _verb(item: LedgerItem, view: SyncView) -> str:
    if item.state == "draft":
        return "continue"
    refused = item.state == "needs_you" and item.reason == "refused" and not view.running
    return "try_now" if refused or _retries(item, view) else ""


def _name(item: LedgerItem, language: Language) -> str:
    return _said(f"sync.kind_{item.kind}", "sync.kind_other", language)


def _said(key: str, otherwise: str, language: Language) -> str:
    return say(key if key in keys() else otherwise, language)


def _percent(item: LedgerItem) -> int:
    return min(99, item.sent_bytes * 100 // item.size) if item.size else 0


def _state(item: LedgerItem, view: SyncView, now: Moment, language: Language) -> tuple[str, str, Tone]:
    if item.state == "needs_you":
        return _said(f"sync.reason_{item.reason}", "sync.reason_other", language), "", "bad"
    if item.state == "sending":
        return say("sync.state_sending", language, percent=_percent(item)), "", "text"
    if item.state == "at_centre":
        if item.at is None:
            return say("sync.state_at_centre_bare", language), "circle-check", "ok"
        at = short_time(item.at, now)
        return say("sync.state_at_centre", language, at=at), "circle-check", "ok"
    if item.state == "at_relay":
        return say("sync.state_at_relay", language), "server", "text2"
    if item.state == "draft":
        return say("sync.state_draft", language), "pen-line", "short"
    if view.retry_at is not None and _retries(item, view):
        return retry_text(view.retry_at, now, language), "refresh-cw", "short"
    if 0 < item.sent_bytes < item.size:
        return say("sync.state_continuing", language, percent=_percent(item)), "clock", "text2"
    return say("sync.state_only_here", language), "clock", "text2"


def _ordered(view: SyncView) -> list[LedgerItem]:
    """Unfinished, needing a person, under way, waiting (the longest first), arrived (the newest first)."""

    def key(item: LedgerItem) -> tuple[int, int]:
        at = item.at or 0
        return _ORDER.get(item.state, 9), at if item.state in ("only_here", "at_relay") else -at

    return sorted(view.items, key=key)


def _next_up(view: SyncView) -> LedgerItem | None:
    """The item whose turn it is; only it carries the countdown."""
    return next((item for item in _ordered(view) if item.state == "only_here"), None)


def retry_text(retry_at: int, now: Moment, language: Language) -> str:
    left = retry_at - now.at
    if left <= 0:
        return say("sync.retry_soon", language)
    return say("sync.retry_in", language, time=countdown(left))

"""Records as a file, in words: what is being written or taken in, and how it ended. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from reset_or.base.clock import local_text
from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language, explain, say
from ui.viewmodels.moments import Moment, size_text

if TYPE_CHECKING:
    from reset_or.actions.carrying import ParcelTaken, ParcelWritten

SUFFIX: Final = "reset-or-parcel"

Way = Literal["", "out", "in"]
Tone = Literal["text", "text2", "accent", "ok", "short", "bad"]


@dataclass(frozen=True)
class Carry:
    """What is going on. `way` "" while nothing is; bytes of the file; `total` 0: not known yet.

    `ended`: what the last one came to, None before one; `name` of its file.
    """

    way: Way = ""
    name: str = ""
    done: int = 0
    total: int = 0
    ended: ParcelWritten | ParcelTaken | ResetOrError | None = None


@dataclass(frozen=True)
class CarryView:
    """One line in finished words. `portion` in permille, None where no bar is drawn."""

    icon: str
    tone: Tone
    text: str
    more: str
    portion: int | None
    button: Literal["cancel", "close"]


def carry_view(carry: Carry, language: Language) -> CarryView | None:
    """None where there is nothing to say."""
    if carry.way:
        known = say("sync.progress_bytes", language, sent=size_text(carry.done, language),
                    total=size_text(carry.total, language)) if carry.total else ""  # fmt: skip
        portion = min(1000, carry.done * 1000 // carry.total) if carry.total else 0
        text = say(f"sync.carry_{carry.way}_running", language, name=carry.name)
        return CarryView("usb", "accent", text, known, portion, "cancel")
    if carry.ended is None:
        return None
    if isinstance(carry.ended, ResetOrError):
        return _refused(carry.ended, language)
    return _ended(carry, carry.ended, language)


def _ended(carry: Carry, ended: ParcelWritten | ParcelTaken, language: Language) -> CarryView:
    from reset_or.actions.carrying import ParcelWritten, problem_of

    if ended.paused:
        text = say("sync.carry_stopped", language)
        return CarryView("circle-alert", "short", text, _stopped(ended, language), None, "close")
    if isinstance(ended, ParcelWritten):
        size = size_text(ended.size, language)
        counts = {"unsent": ended.unsent, "photos": ended.photos}
        text = say("sync.carry_out_done", language, name=carry.name, size=size, **counts)
        more = say("sync.carry_out_advice", language)
        if ended.photos_left:
            more = say("sync.carry_photos_left", language, n=ended.photos_left)
    else:
        text, more = _taken(ended, language)
    error = problem_of(ended)
    if error is not None:
        title, advice = explain(error, language)
        return CarryView("circle-alert", "short", f"{text} {title}", advice, None, "close")
    return CarryView("circle-check", "ok", text, more, None, "close")


def _taken(ended: ParcelTaken, language: Language) -> tuple[str, str]:
    if not ended.anything:
        return say("sync.carry_in_nothing", language), ""
    names = ("relayed", "pulled", "photos", "receipts")
    text = say("sync.carry_in_done", language, **{name: getattr(ended, name) for name in names})
    return text, say("sync.carry_in_advice", language) if ended.relayed or ended.photos else ""


def _stopped(ended: ParcelWritten | ParcelTaken, language: Language) -> str:
    from reset_or.actions.carrying import ParcelWritten

    way = "out" if isinstance(ended, ParcelWritten) else "in"
    return say(f"sync.carry_{way}_stopped", language)


def _refused(error: ResetOrError, language: Language) -> CarryView:
    title, advice = explain(error, language)
    return CarryView("octagon-alert", "bad", title, advice, None, "close")


def file_name(site: str, now: Moment) -> str:
    """`RESET-OR-03-20261123-1432.reset-or-parcel`: which site and when, nothing else."""
    return f"RESET-OR-{site}-{local_text(now.at, now.zone_min, '%Y%m%d-%H%M')}.{SUFFIX}"

"""What waits for the signature of the person who looks, with the lines that were read back. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reset_or.actions.views import HIDDEN, ToSignRow
from reset_or.base.units import cm_text
from reset_or.base.words import Language, say
from reset_or.record import codebook
from ui.viewmodels.moments import Moment, spoken_time

ATTACHED: Final = "attached"
"""The meaning of a row that is a specimen of the inbox, not a case."""
_BEFORE_TRANSECTION: Final = frozenset({"in_vivo", "exteriorised"})


@dataclass(frozen=True)
class LineView:
    """One length as it was read back. `value` is "" where nothing was measured, then `note` says why.

    `estimate`: measured on the specimen, so that no tick and no green may stand beside it.
    """

    title: str
    value: str
    note: str
    verdict: str
    verdict_text: str
    estimate: bool = False


@dataclass(frozen=True)
class SignView:
    """One case that waits. `key` names the row: a case may wait twice, for two meanings.

    `arm_text` stands beside the subject: the arm, or of an attached specimen what its label says.
    """

    key: str
    case: str
    meaning: str
    subject: str
    meaning_text: str
    recorded: str
    due: str
    late: bool
    arm: str
    arm_text: str
    lines: tuple[LineView, ...]
    photos: int
    spoken: str


def sign_views(
    rows: Sequence[ToSignRow], names: Mapping[str, str], now: Moment, language: Language
) -> tuple[SignView, ...]:
    """All rows in words, in the order given (the oldest first)."""
    return tuple(sign_view(row, names, now, language) for row in rows)


def sign_view(row: ToSignRow, names: Mapping[str, str], now: Moment, language: Language) -> SignView:
    """One row; a line that is no length (subject, arm, photograph) is shown in its own place."""
    late = row.due_at < now.at
    due = say(
        "to_sign.overdue" if late else "to_sign.due", language, at=spoken_time(row.due_at, now, language)
    )
    arm = next((str(line.get("value", "")) for line in row.lines if line.get("label") == "arm"), "")
    known = "" if arm == HIDDEN else arm
    lines = tuple(_line(line, language) for line in row.lines if "." in str(line.get("label", "")))
    meaning = codebook.label("meaning", row.meaning, language)
    meaning_text, by = say("to_sign.meaning", language, meaning=meaning), "to_sign.recorded_by"
    named = {
        "name": names.get(row.recorded_by, row.recorded_by),
        "at": spoken_time(row.recorded_at, now, language),
    }
    about = codebook.label("arm", known, language) if known else ""
    if row.meaning == ATTACHED:
        meaning = meaning_text = say("to_sign.attached", language)
        about, by = _specimen(row, language), "to_sign.attached_by"
    parts = (f"{line.title} {line.value}" for line in lines)
    return SignView(
        key=f"{row.case}/{row.meaning}",
        case=row.case,
        meaning=row.meaning,
        subject=row.subject,
        meaning_text=meaning_text,
        recorded=say(by, language, **named),
        due=due,
        late=late,
        arm=known,
        arm_text=about,
        lines=lines,
        photos=_photos(row),
        spoken=", ".join(part for part in (row.subject, about, meaning, *parts, due) if part),
    )


def _photos(row: ToSignRow) -> int:
    return sum(1 for line in row.lines if line.get("label") == "photo")


def _specimen(row: ToSignRow, language: Language) -> str:
    """What the label of an attached specimen says, and how many photographs there are to compare."""
    label = next((str(line["value"]) for line in row.lines if line.get("label") == "specimen"), "")
    label = label or say("inbox.no_label", language)
    return say("to_sign.specimen", language, label=label, n=_photos(row))


def _line(line: Mapping[str, str | int], language: Language) -> LineView:
    end, _, segment = str(line["label"]).partition(".")
    title = codebook.label("end", end, language)
    if segment and segment != "main":
        title = f"{title}, {codebook.label('segment', segment, language)}"
    code = str(line.get("state", ""))
    state = codebook.label("state", code, language)
    verdict = str(line.get("verdict", ""))
    value = line.get("value")
    if isinstance(value, int):
        said, note = cm_text(value), state
    else:
        missing = codebook.label("missing", str(line.get("missing", "")), language)
        said, note = "", say("to_sign.not_measured", language, why=missing)
    reason = str(line.get("reason", ""))
    if reason:
        note = f"{note}   ·   {codebook.label('reason', reason, language)}"
    text = codebook.label("verdict", verdict, language) if verdict else ""
    return LineView(title, said, note, verdict, text, code not in _BEFORE_TRANSECTION)

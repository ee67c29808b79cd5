"""Read-back, second person, and signatures: what is read aloud, who may sign, and what is signed.

`recorded` is signed by the person at the keyboard, who names the one who read back; `confirmed` by a second
person who wrote none of what is signed; `measured` by whoever measured the specimen. The signature holds
what was on the page (`view`), so that screen and PDF are drawn from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reset_or.actions import casefiles, gate
from reset_or.actions.casefile import CaseFile, attachment, reading_of
from reset_or.actions.cases import case_view
from reset_or.actions.context import Context, Saved, Secret
from reset_or.actions.people import names, people, viewer
from reset_or.actions.photo_page import open_on_photos, photo_rows
from reset_or.actions.specimens import attachment_page
from reset_or.actions.views import CaseView, EndView, Judgement, StepView, ToSignRow
from reset_or.actions.write import Intent, write
from reset_or.base.errors import UserFixable
from reset_or.revisions.history import RecordState
from reset_or.revisions.revision import Sig
from reset_or.revisions.statements import SITE_ROLES
from reset_or.trial.scheme import load_scheme

_HOUR_MS = 3_600_000


@dataclass(frozen=True)
class ReadLine:
    """One length as it is read aloud. `value_mm` None with `missing` says why there is none."""

    end: str
    value_mm: int | None
    missing: str
    state: str
    judgement: Judgement
    reading: str
    needs_reason: bool
    reason: str
    extra_mm: tuple[int, ...] = ()


@dataclass(frozen=True)
class Colleague:
    """Somebody who might be the second person. `why_not`: "" or the code of what stands in the way."""

    user: str
    name: str
    role: str
    may_confirm: bool
    why_not: str = ""


@dataclass(frozen=True)
class ReadBack:
    """The page that is read aloud: the arm first. `blocked`: codes of what must be settled before signing."""

    case: str
    subject: str
    arm: str
    step: str
    lines: tuple[ReadLine, ...]
    blocked: tuple[str, ...]
    safety: str
    safety_seen_by: str
    recorder: str
    people: tuple[Colleague, ...]
    recorded: bool
    confirmed: bool


def read_back(ctx: Context, *, case: str, step: str = "record") -> ReadBack:
    """What is read back before both people sign, with everything that blocks a signature."""
    file = casefiles.need(ctx, case)
    view = case_view(ctx, case=case)
    chosen = view.record if step == "record" else view.specimen
    states = _states(ctx, file, step)
    return ReadBack(
        case=case,
        subject=view.subject,
        arm=view.arm,
        step=step,
        lines=tuple(_line(chosen.end(end)) for end in ("proximal", "distal")),
        blocked=_blocked(view, chosen, states, ctx.user),
        safety=chosen.safety,
        safety_seen_by=_safety_seen(states),
        recorder=ctx.user,
        people=_colleagues(ctx, file, states),
        recorded=bool(states) and file.covered(states, "recorded"),
        confirmed=bool(states) and file.covered(states, "confirmed"),
    )


def sign(
    ctx: Context,
    *,
    case: str,
    meaning: str,
    signer: str,
    secret: Secret,
    readback_by: str = "",
    step: str = "record",
) -> Saved:
    """Signs what stands. The person is asked anew (`secret`); refused codes as in `read_back.blocked`.

    Also `readback_missing`, `readback_by_unknown`, `signer_is_author`, `signer_unknown`,
    `not_recorded_yet`, `blinded_may_not_confirm`, `nothing_to_sign`, and whatever the secret's check
    refuses.
    """
    file = casefiles.need(ctx, case)
    states = _states(ctx, file, step) if meaning != "measured" else casefiles.own_specimen(file, signer)
    if not states:
        raise UserFixable("nothing_to_sign")
    _check_signer(ctx, file, states, meaning, signer)
    if meaning == "recorded" and step == "record":
        _check_read_back(ctx, signer, readback_by)
    scheme = load_scheme(file.record.scheme or ctx.scheme)
    seen = gate.view(file, viewer(ctx, case=case), scheme)
    blocked = _blocked(seen, seen.record if step == "record" else seen.specimen, states, signer)
    if blocked:
        raise UserFixable(blocked[0])
    key = ctx.people.verify(signer, secret)
    sig = Sig(
        signs=_signs(file, states, meaning, signer),
        meaning=meaning,
        name=names(ctx).get(signer, signer),
        reauth=secret.kind,
        view=_page(seen, step, arm=meaning != "measured", reader=signer),
        readback_by=readback_by,
    )
    return write(ctx, Intent(file.case.form, "sign", case, sig=sig, author=signer, key=key))


def to_sign(ctx: Context, *, limit: int = 200) -> tuple[ToSignRow, ...]:
    """What waits for the signature of the person at the keyboard, the oldest first: cases, and specimens
    whose subject one person has named and a second one is to confirm (`specimens.confirm_attachment`).
    """
    user, found = ctx.user, []
    for row in ctx.store.to_sign(limit):
        for token in row.to_sign.split():
            meaning, _, who = token.partition(":")
            if who not in (user, "*"):
                continue
            file = casefiles.need(ctx, row.rec)
            if meaning == "attached":
                found += _attachment_row(ctx, file)
                continue
            step = "record" if meaning == "confirmed" else "specimen"
            states = _states(ctx, file, step)
            if meaning == "confirmed" and _why_not(ctx, file, states, user):
                continue
            found.append(_to_sign_row(ctx, row.rec, row.subject, meaning, file, step))
    return tuple(sorted(found, key=lambda each: each.recorded_at))


def _attachment_row(ctx: Context, file: CaseFile) -> list[ToSignRow]:
    """A specimen that somebody else has given to a subject."""
    said = attachment(file.case, ctx.study)
    authors = {write.user for write in file.case.writes.get("attached_to", ())}
    if said is None or said.confirmed_by or ctx.user in authors or ctx.role_of(ctx.user) not in SITE_ROLES:
        return []
    due_at = said.at + load_scheme(ctx.scheme).confirm_within_hours * _HOUR_MS
    lines = attachment_page(file, said.subject)
    return [ToSignRow(file.case.rec, said.subject, "attached", said.by, said.at, due_at, lines)]


def _to_sign_row(ctx: Context, case: str, subject: str, meaning: str, file: CaseFile, step: str) -> ToSignRow:
    recorded = [s for s in file.signatures if s.sig.meaning == "recorded"]
    at = recorded[-1].at if recorded else file.case.changed_at
    by = recorded[-1].user if recorded else ctx.user
    view = case_view(ctx, case=case)
    hours = load_scheme(view.scheme).confirm_within_hours
    lines = _page(view, step, arm=meaning == "confirmed", reader=ctx.user)
    return ToSignRow(case, subject, meaning, by, at, at + hours * _HOUR_MS, lines)


def _states(ctx: Context, file: CaseFile, step: str) -> list[RecordState]:
    return casefiles.attached(file) if step == "record" else casefiles.own_specimen(file, ctx.user)


def _signs(file: CaseFile, states: Sequence[RecordState], meaning: str, signer: str) -> tuple[str, ...]:
    """The present heads of the readings, and the writing of the arm unless the signer wrote it."""
    heads = {head for state in states for head in state.data_heads}
    if meaning in ("recorded", "confirmed"):
        heads |= {
            arm.rev_id
            for arm in file.case.writes.get("arm", ())
            if meaning == "recorded" or arm.user != signer
        }
    if meaning == "measured":
        own = (state for state in (*file.photos, *file.calibrations) if state.created_by == signer)
        heads |= {head for state in own for head in state.data_heads}
        heads |= _calibrations_of(file, states)
    return tuple(sorted(heads))


def _check_signer(
    ctx: Context, file: CaseFile, states: Sequence[RecordState], meaning: str, signer: str
) -> None:
    if ctx.role_of(signer) not in SITE_ROLES:
        raise UserFixable("signer_unknown")
    if meaning == "confirmed":
        if why := _why_not(ctx, file, states, signer):
            raise UserFixable(why)
        if not file.covered(states, "recorded"):
            raise UserFixable("not_recorded_yet")
    elif meaning == "recorded" and signer not in {user for state in states for user in state.authors}:
        raise UserFixable("signer_recorded_nothing")
    elif meaning not in ("recorded", "measured"):
        raise UserFixable("meaning_unknown")


def _check_read_back(ctx: Context, signer: str, readback_by: str) -> None:
    """Whoever records names the colleague who confirmed aloud (rulings: who signs what at the table)."""
    if not readback_by:
        raise UserFixable("readback_missing")
    if readback_by == signer or ctx.role_of(readback_by) not in SITE_ROLES:
        raise UserFixable("readback_by_unknown")


def _why_not(ctx: Context, file: CaseFile, states: Sequence[RecordState], user: str) -> str:
    if any(user in state.authors for state in states):
        return "signer_is_author"
    if ctx.role_of(user) not in SITE_ROLES:
        return "signer_unknown"
    if any(s.user == user and s.sig.meaning == "recorded" for s in file.signatures):
        return "signer_is_author"
    return "blinded_may_not_confirm" if gate.is_blinded(file, user, ctx.role_of(user)) else ""


def _colleagues(ctx: Context, file: CaseFile, states: Sequence[RecordState]) -> tuple[Colleague, ...]:
    found = []
    for person in people(ctx):
        why = _why_not(ctx, file, states, person.user)
        if person.user == ctx.user:
            why = why or "signer_is_author"
        found.append(Colleague(person.user, person.name, person.role, not why, why))
    return tuple(found)


def _calibrations_of(file: CaseFile, states: Sequence[RecordState]) -> set[str]:
    """The heads of the calibrations that these readings stand on, whoever of the side made them."""
    used = {state.value("calibration") for state in states}
    return {head for each in file.calibrations if each.rec in used for head in each.data_heads}


def _blocked(view: CaseView, step: StepView, states: Sequence[RecordState], signer: str) -> tuple[str, ...]:
    """What must be settled first, gravest first."""
    found = []
    if view.conflicts:
        found.append("conflict_open")
    if step.name == "record" and view.may_record:
        ends = (step.proximal, step.distal)
        if any(end.main is None and end.judgement.verdict != "not_applicable" for end in ends):
            found.append("end_missing")
        if any(_lacks_reason(end) for end in ends):
            found.append("reason_missing")
        if step.safety and not _safety_seen(states):
            found.append("safety_not_seen")
    return (*found, *(open_on_photos(view, signer) if step.name == "specimen" else ()))


def _lacks_reason(end: EndView) -> bool:
    return end.judgement.needs_reason and end.main is not None and not end.main.reason


def _safety_seen(states: Sequence[RecordState]) -> str:
    seen = [reading_of(state).safety_ack_by for state in states]
    return next((user for user in seen if user), "")


def _line(end: EndView) -> ReadLine:
    main = end.main
    return ReadLine(
        end=end.end,
        value_mm=end.total_mm if end.extras or main is None else main.value_mm,
        missing=main.missing if main else "",
        state=main.state if main else "",
        judgement=end.judgement,
        reading=main.rec if main else "",
        needs_reason=end.judgement.needs_reason,
        reason=main.reason if main else "",
        extra_mm=tuple(extra.value_mm for extra in end.extras if extra.value_mm is not None),
    )


def _page(view: CaseView, step: str, *, arm: bool, reader: str) -> tuple[dict[str, Any], ...]:
    """What stands on the page, in its order: label code, value, unit, state, verdict code, scheme; of the
    specimen also what `reader` measured on photographs."""
    rows: list[dict[str, Any]] = [{"label": "subject", "value": view.subject}]
    if arm:
        rows.append({"label": "arm", "value": view.arm, "rand_no": view.rand_no})
    chosen = view.record if step == "record" else view.specimen
    for end in (chosen.proximal, chosen.distal):
        for reading in (end.main, *end.extras):
            if reading is None:
                continue
            row: dict[str, Any] = {
                "label": f"{end.end}.{reading.segment}", "unit": "mm", "state": reading.state,
                "verdict": end.judgement.verdict, "scheme": view.scheme, "reason": reading.reason,
            }  # fmt: skip
            row |= (
                {"value": reading.value_mm} if reading.value_mm is not None else {"missing": reading.missing}
            )
            rows.append({key: value for key, value in row.items() if value != ""})
    if step == "specimen":
        rows += photo_rows(view, reader)
    rows += [{"label": "photo", "sha256": photo.sha256} for photo in view.photos]
    return tuple(rows)

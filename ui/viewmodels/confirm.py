"""Read-back and the second person, without widgets: what is read aloud, who may sign, in which order.

First the person at the keyboard reads back and signs `recorded`, naming who confirmed aloud; then that person
signs `confirmed`, now or later. Own readings of a specimen are signed once, as `measured`. Keeps no secret.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from reset_or.actions import readings, signing
from reset_or.actions.cases import case_view
from reset_or.actions.context import Context, Secret
from reset_or.actions.signing import Colleague, ReadLine
from reset_or.actions.views import SignatureView
from reset_or.base.errors import ResetOrError
from reset_or.base.words import explain
from reset_or.record.codebook import label
from reset_or.trial.scheme import load_scheme
from ui.viewmodels import case_head
from ui.viewmodels.case_head import ArmFace
from ui.viewmodels.port import Port
from ui.viewmodels.read_back import Both, LineFace, line_faces, spoken_whole

Stage = Literal["loading", "blocked", "recorded", "confirmed", "measured", "done"]


def load(ctx: Context, *, case: str, step: str) -> Both:
    """Store lane."""
    return Both(signing.read_back(ctx, case=case, step=step), case_view(ctx, case=case))


@dataclass(frozen=True)
class PersonFace:
    """One colleague: role, or why not."""

    user: str
    name: str
    note: str
    enabled: bool


@dataclass(frozen=True)
class Block:
    """What must be settled before signing, in words; `here` if it is settled on this page."""

    code: str
    title: str
    advice: str
    here: bool


class ConfirmModel:
    """`changed` follows every change; `finished(stage)` when a person is done here."""

    def __init__(self, port: Port, changed: Callable[[], None]) -> None:
        self.port, self.changed = port, changed
        self.both: Both | None = None
        self.case, self.step = "", "record"
        self.second = ""
        self.problem = ""
        self.signing = False
        self.pins: frozenset[str] = frozenset()
        self.by_password = False

    # the case -----------------------------------------------------------------------------------------
    def open(self, case: str, step: str = "record") -> None:
        """Another case: nobody is chosen beforehand."""
        self.case, self.step = case, step or "record"
        self.both, self.second, self.problem, self.by_password = None, "", "", False
        self.signing = False
        self.reload()

    def reload(self) -> None:
        case = self.case
        self.port.run(load, lambda both: self._loaded(case, both), case=case, step=self.step)

    def _loaded(self, case: str, both: Both) -> None:
        if case == self.case:
            self.both = both
            named = [s.readback_by for s in both.view.signatures if s.meaning == "recorded"]
            if both.back.recorded and not self.second and named:
                self.second = named[-1]
            self.changed()

    def set_pins(self, users: frozenset[str]) -> None:
        """Who may be known again by PIN: signed in here, with a PIN of their own."""
        self.pins = users
        self.changed()

    # what is shown --------------------------------------------------------------------------------------
    @property
    def stage(self) -> Stage:
        if self.both is None:
            return "loading"
        back = self.both.back
        if self.step == "specimen":
            return self._specimen_stage()
        if back.confirmed:
            return "done"
        if any(not block.here for block in self.blocks()):
            return "blocked"
        return "confirmed" if back.recorded else "recorded"

    def _specimen_stage(self) -> Stage:
        assert self.both is not None
        step, back = self.both.view.specimen, self.both.back
        mine = [end.main for end in (step.proximal, step.distal) if end.main is not None]
        if mine and all(main.signed for main in mine):
            return "done"
        return "blocked" if self.blocks() or not mine or not back.lines else "measured"

    def blocks(self) -> tuple[Block, ...]:
        if self.both is None:
            return ()
        found = []
        for code in self.both.back.blocked:
            title, advice = explain(ResetOrError(code), self.port.language)
            found.append(Block(code, title, advice, code == "reason_missing"))
        return tuple(found)

    def standing(self) -> dict[str, SignatureView]:
        """The newest signature of each meaning that stands on what is shown."""
        if self.both is None or self.stage not in ("confirmed", "measured", "done"):
            return {}
        wanted = ("recorded", "confirmed") if self.step == "record" else ("measured",)
        found = {s.meaning: s for s in self.both.view.signatures if s.meaning in wanted}
        if self.stage != "done":
            found.pop("confirmed", None)
            found.pop("measured", None)
        return found

    @property
    def signer(self) -> str:
        """Who is asked for a secret now."""
        if self.both is None:
            return ""
        return self.second if self.stage == "confirmed" else self.both.back.recorder

    def signer_name(self) -> str:
        return self.name_of(self.signer)

    def name_of(self, user: str) -> str:
        return self.both.view.people.get(user, user) if self.both is not None else user

    @property
    def by_pin(self) -> bool:
        """Whether a PIN is asked; otherwise the password."""
        return self.signer in self.pins and not self.by_password

    def may_switch_secret(self) -> bool:
        return self.signer in self.pins

    def switch_secret(self) -> None:
        self.by_password, self.problem = not self.by_password, ""
        self.changed()

    def wants(self) -> str:
        """What the main button still waits for, besides the secret; "" for nothing."""
        if self.stage == "recorded" and self.blocks():
            return self.port.say("confirm.choose_reason")
        if self.stage == "recorded" and not self.second:
            return self.port.say("confirm.choose_first")
        return ""

    def arm_words(self) -> str:
        """The arm as it is read aloud, before the lengths."""
        arm, say, language = self.arm(), self.port.say, self.port.language
        if arm is None or arm.proximal_mm is None or arm.distal_mm is None:
            return say("confirm.arm_follow_words")
        proximal = spoken_whole(arm.proximal_mm // 10, language)
        distal = spoken_whole(arm.distal_mm // 10, language)
        return say("confirm.arm_words", arm=arm.word, proximal=proximal, distal=distal)

    def arm(self) -> ArmFace | None:
        """The arm, which is read first; None for a person who may not know it."""
        return case_head.arm(self.both.view, self.port) if self.both is not None else None

    def lines(self) -> tuple[LineFace, ...]:
        if self.both is None:
            return ()
        return line_faces(self.both, self.step, self.port)

    # reasons --------------------------------------------------------------------------------------------
    def reason_line(self) -> ReadLine | None:
        """The line whose reason is asked now: the first without one, else the first that has one."""
        if self.both is None or self.both.back.recorded:
            return None
        asked = [line for line in self.both.back.lines if line.needs_reason]
        return next((line for line in asked if not line.reason), asked[0] if asked else None)

    def reasons(self) -> tuple[tuple[str, str], ...]:
        """(code, words) of every reason the scheme knows."""
        if self.both is None:
            return ()
        known = load_scheme(self.both.view.scheme).reasons
        return tuple((code, label("reason", code, self.port.language)) for code in known)

    def choose_reason(self, line: ReadLine, reason: str) -> None:
        self.port.run(readings.set_reason, self._changed_there, reading=line.reading, reason=reason)

    def _changed_there(self, _: object) -> None:
        self.reload()

    # people ---------------------------------------------------------------------------------------------
    def people(self) -> tuple[PersonFace, ...]:
        """Those who may confirm first; the author stands there, disabled, with why."""
        if self.both is None:
            return ()
        found = []
        for person in self.both.back.people:
            may = person.may_confirm or self._second_at_keyboard(person)
            note = label("role", person.role, self.port.language)
            if not may:
                note = self.port.say(f"confirm.why_{person.why_not}")
            found.append(PersonFace(person.user, person.name, note, may))
        return tuple(sorted(found, key=lambda face: not face.enabled))

    def _second_at_keyboard(self, person: Colleague) -> bool:
        """Whoever sits there now may be the second person, if somebody else wrote and signed the values."""
        assert self.both is not None
        back, view = self.both.back, self.both.view
        if not back.recorded or person.user != back.recorder or person.why_not != "signer_is_author":
            return False
        wrote = any(line.form == "reading" and line.user == person.user for line in view.trail)
        signed = any(s.user == person.user and s.meaning == "recorded" for s in view.signatures)
        return not wrote and not signed

    def choose_second(self, user: str) -> None:
        self.second, self.problem, self.by_password = user, "", False
        self.changed()

    # signing --------------------------------------------------------------------------------------------
    def may_sign(self, *, secret_ready: bool) -> bool:
        """Whether the one main button may be pressed."""
        if self.signing or not secret_ready or self.blocks():
            return False
        return self.stage == "measured" or (self.stage in ("recorded", "confirmed") and bool(self.second))

    def sign(self, secret: str) -> None:
        """Sign the present stage; the secret goes straight to the action."""
        stage = self.stage
        if stage not in ("recorded", "confirmed", "measured") or self.signing or not secret:
            return
        self.signing, self.problem = True, ""
        self.port.run(
            signing.sign,
            self._signed,
            failed=self._refused,
            case=self.case,
            meaning=stage,
            signer=self.signer,
            secret=Secret("pin" if self.by_pin else "password", secret),
            readback_by=self.second if stage == "recorded" else "",
            step=self.step,
        )
        self.changed()

    def _signed(self, _: object) -> None:
        self.signing, self.by_password = False, False
        self.reload()
        self.changed()

    def _refused(self, error: ResetOrError) -> bool:
        """A wrong secret is said beside it; anything else by the window."""
        self.signing = False
        known = error.code in (
            "wrong_pin",
            "open_wrong_password",
            "sign_in_wait",
            "no_pin_yet",
            "not_signed_in",
        )
        gone = error.code in ("session_over", "not_signed_in", "no_pin_yet")
        if gone:
            self.pins -= {self.signer}
        left = error.details.get("left")
        if isinstance(left, int):
            self.problem = self.port.say("confirm.tries_left", n=left)
        elif known or gone:
            self.problem = explain(error, self.port.language)[0]
        self.changed()
        return known or gone

"""Case views made by hand for tests of view models: plain values, judged by the real rules, no store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from reset_or.actions import judge, preview
from reset_or.actions.views import CaseView, Judgement, ReadingView, StepView
from reset_or.base import words
from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language
from reset_or.trial.states import is_of_record

SIGNED, UNSIGNED = "demo-1", "reset-1"
AT = 1_795_415_400_000


def reading(end: str, value_mm: int | None, state: str = "in_vivo", **fields: Any) -> ReadingView:
    """One saved reading by wang, with residual edge and tape."""
    said: dict[str, Any] = {
        "rec": f"rec-{end}-{state}", "end": end, "segment": "main", "value_mm": value_mm,
        "entered": "" if value_mm is None else str(value_mm / 10), "unit": "cm", "missing": "",
        "state": state,
        "edge": "residual_edge", "method": "tape_intracorporeal", "measured_by": "zhang",
        "recorded_by": "wang", "role": "or_nurse", "measured_at": AT, "saved_at": AT, "reading_no": 1,
        "reason": "", "typed_later": False, "transcribed": False, "removed_min": None, "changes": 0,
        "undo_to_mm": None, "judgement": Judgement(), "signed": False,
    }  # fmt: skip
    return ReadingView(**(said | fields))


def case(*readings: ReadingView, scheme: str = SIGNED, confirmed: bool = False, **fields: Any) -> CaseView:
    """A case of the reduced arm at its nurse's screen; `fields` override."""
    said: dict[str, Any] = {
        "rec": "case-1", "subject": "03-0147", "site": "03", "study": "RESET-TEST", "nct": "NCT07038122",
        "demo": False, "sex": "f", "age": 61, "initials": "WXM", "room": "3", "planned_on": "2026-11-23",
        "arm": "reduced", "arm_confirmed": False, "rand_no": "R-1", "procedure": "anterior_resection",
        "tumour_length_mm": 42, "tumour_appearance": "raised", "removed_at": None, "removed_late": False,
        "scheme": scheme, "scheme_signed": scheme == SIGNED, "feedback": "live", "blinded": False,
        "lifecycle": "saved", "record": None, "specimen": None, "readings": readings, "signatures": (),
        "photos": (), "conflicts": (), "trail": (), "unsent": 0, "read_only": False, "may_record": True,
        "people": {"wang": "Wang Min", "zhang": "Zhang San", "li": "Li Wei"}, "may_measure": True,
    }  # fmt: skip
    made = CaseView(**(said | fields))
    setting = preview.setting_of(made)
    known = [r for r in readings if r.state]
    steps: dict[str, StepView] = {
        name: judge.step_view(setting, name, known, confirmed=confirmed) for name in ("record", "specimen")
    }
    assert all(is_of_record(r.state, setting.scheme) or r.state for r in known)  # type: ignore[arg-type]
    return replace(made, **steps)


@dataclass
class Asked:
    """One action that was handed to the store lane and waits for its answer."""

    action: Callable[..., Any]
    done: Callable[[Any], None] | None
    failed: Callable[[ResetOrError], bool] | None
    kwargs: dict[str, Any]

    @property
    def name(self) -> str:
        return self.action.__name__

    def answer(self, result: Any = None) -> None:
        if self.done is not None:
            self.done(result)

    def refuse(self, error: ResetOrError) -> bool:
        return self.failed is not None and self.failed(error)


@dataclass
class Lane:
    """A port whose lane answers only when the test says so."""

    language: Language = "en"
    asked: list[Asked] = field(default_factory=list)

    def say(self, key: str, /, **values: object) -> str:
        return words.say(key, self.language, **values)

    def run(
        self,
        action: Callable[..., Any],
        done: Callable[[Any], None] | None = None,
        /,
        *,
        failed: Callable[[ResetOrError], bool] | None = None,
        **kwargs: Any,
    ) -> None:
        self.asked.append(Asked(action, done, failed, kwargs))

    def named(self, name: str) -> list[Asked]:
        return [each for each in self.asked if each.name == name]

    def last(self, name: str) -> Asked:
        return self.named(name)[-1]

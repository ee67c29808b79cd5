"""A margins view model on which a case has just appeared, and what its cards show."""

from __future__ import annotations

from reset_or.actions.views import HIDDEN, CaseView
from reset_or.base.clock import ManualClock
from tests.fakes.views import AT, Lane, case
from ui.viewmodels.margin_faces import CardFace, card_face
from ui.viewmodels.margins import MarginsModel


def opened(view: CaseView, *, user: str = "wang", step: str = "") -> tuple[MarginsModel, Lane]:
    """A page on which the case has just appeared."""
    lane = Lane()
    model = MarginsModel(lane, ManualClock(at=AT + 60_000), lambda: user, lambda: None)
    model.open(view.rec, step)
    model.set_view(view)
    return model, lane


def face(model: MarginsModel, end: str = "proximal") -> CardFace:
    assert model.view is not None
    where = "proximal" if end == "proximal" else "distal"
    return card_face(model.view, model.shown(where), model.port, active=model.active == where)


def blinded() -> CaseView:
    return case(
        arm=HIDDEN, blinded=True, may_record=False, removed_at=AT, rand_no="", lifecycle="draft"
    )  # fmt: skip

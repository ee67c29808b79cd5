"""Who a page is about: identity and arm in the header that stands on every page of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.pages.margins_faces import arm_view
from ui.viewmodels import case_head
from ui.viewmodels.moments import Moment
from ui.widgets.case_header import CaseHeader, IdentityView

if TYPE_CHECKING:
    from reset_or.actions.views import CaseView
    from ui.shell import Shell


def show_identity(header: CaseHeader, view: CaseView, shell: Shell) -> None:
    """Subject, identity line and trial number."""
    clock = shell.workspace.clock
    who = case_head.who(view, Moment(clock.now_at(), clock.offset_min()), shell)
    header.set_identity(IdentityView(who.subject, who.details, who.trial))


def show_case(header: CaseHeader, view: CaseView, shell: Shell) -> None:
    """The identity, and the arm for those who may know it."""
    show_identity(header, view, shell)
    arm = case_head.arm(view, shell)
    header.set_arm(arm_view(arm) if arm is not None else None)

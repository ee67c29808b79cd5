"""What a word on the command line means: a subject, a specimen of the inbox, or a photo."""

from __future__ import annotations

from reset_or.actions import cases, measuring, specimens
from reset_or.actions.views import CaseView, PhotoView
from reset_or.base.errors import UsageError
from reset_or.base.ids import REC_HEX
from reset_or.workspace import Workspace


def root_of(workspace: Workspace, named: str) -> str:
    """The rec of a case or specimen. Raises UserFixable `case_unknown`, `specimen_unknown`."""
    if not REC_HEX.fullmatch(named):
        return workspace.do(cases.find_case, subject=named)
    workspace.do(specimens.need_specimen, specimen=named)
    return named


def find_photo(workspace: Workspace, named: str) -> tuple[CaseView, PhotoView]:
    """A photo by its id, or by the subject or specimen that has just one, with the view it stands in.

    Raises UserFixable `photo_unknown`, `case_unknown`, UsageError("photo_ambiguous").
    """
    case = workspace.do(measuring.case_of_photo, photo=named) if REC_HEX.fullmatch(named) else ""
    view = workspace.do(cases.case_view, case=case or root_of(workspace, named))
    found = [photo for photo in view.photos if not case or photo.rec == named]
    if len(found) != 1:
        raise UsageError("photo_ambiguous", photos=" ".join(photo.rec for photo in found) or "-")
    return view, found[0]

"""`reset-or photo ...`: add photographs, list and show them, and what is measured on them.

One bad file never stops the others. Calibrating and measuring are photo_measure's.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from reset_or.actions import cases, photos
from reset_or.actions.views import PhotoView
from reset_or.base.errors import ResetOrError
from reset_or.base.words import Language, explain, say
from reset_or.cli import dicom, finding, photo_measure, photo_print, shared
from reset_or.record.codebook import codes, label
from reset_or.workspace import Workspace


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser("photo", help=say("cli.photo_help", "en"))
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    add = acts.add_parser("add", help=say("cli.photo_add", "en"))
    add.add_argument("subject", metavar="SS-NNNN|SPECIMEN")
    add.add_argument("file", metavar="FILE", nargs="+")
    add.add_argument("--state", choices=codes("state"), default="")
    add.add_argument("--caption", default="")
    add.add_argument(
        "--label-reason", choices=codes("label_reason"), default="", help=say("cli.photo_label_reason", "en")
    )
    rows = acts.add_parser("list", help=say("cli.photo_list", "en"))
    rows.add_argument("subject", metavar="SS-NNNN|SPECIMEN")
    show = acts.add_parser("show", help=say("cli.photo_show", "en"))
    show.add_argument("photo", metavar="PHOTO")
    for each in (add, rows, show):
        shared.add_person_options(each)
    photo_measure.add_acts(acts)
    dicom.add_export(acts)
    photo_print.add_acts(acts)
    return parser


def run(args: argparse.Namespace) -> int:
    if args.act in photo_print.ACTS:
        return photo_print.run(args)
    if args.act == "export":
        return dicom.export(args)
    with shared.opened(args) as workspace:
        if args.act == "add":
            return _add(args, workspace)
        if args.act == "list":
            return _list(args, workspace)
        if args.act == "show":
            return _show(args, workspace)
        return photo_measure.run(args, workspace)


def _add(args: argparse.Namespace, workspace: Workspace) -> int:
    """Prints one line a file; exit 1 or the worst of the errors if any file was refused."""
    language, worst, said = shared.language_of(args), 0, []
    case = finding.root_of(workspace, args.subject)
    for name in args.file:
        try:
            saved = workspace.do(
                photos.attach_photo, case=case, path=Path(name), state=args.state, caption=args.caption,
                label_reason=args.label_reason,
            )  # fmt: skip
            said.append({"file": name, "photo": saved.rec, "revision": saved.rev_id})
        except ResetOrError as error:
            title, advice = explain(error, language)
            said.append({"file": name, "error": error.code, "title": title, "advice": advice})
            worst = max(worst, error.exit_code)
    lines = [f"{s['file']}: {s.get('photo') or s.get('title')}" for s in said]
    shared.show(args, {"photos": said}, lines)
    return worst


def _list(args: argparse.Namespace, workspace: Workspace) -> int:
    view = workspace.do(cases.case_view, case=finding.root_of(workspace, args.subject))
    language = shared.language_of(args)
    content = {"photos": view.photos, "calibrations": view.calibrations, "series": view.series}
    shared.show(args, content, [_line(photo, language) for photo in view.photos])
    return 0


def _show(args: argparse.Namespace, workspace: Workspace) -> int:
    view, photo = finding.find_photo(workspace, args.photo)
    language = shared.language_of(args)
    calibrations = [each for each in view.calibrations if each.photo == photo.rec]
    series = [each for each in view.series if each.photo == photo.rec]
    content = {
        "photo": photo, "case": view.rec, "subject": view.subject, "calibrations": calibrations,
        "series": series, "readings": [each for each in view.readings if each.photo == photo.rec],
    }  # fmt: skip
    lines = [_line(photo, language)]
    lines += [photo_measure.calibration_line(each, language) for each in calibrations]
    lines += [photo_measure.series_line(each, language) for each in series]
    shared.show(args, content, lines)
    return 0


def _line(photo: PhotoView, language: Language) -> str:
    state = label("state", photo.state, language) if photo.state else "-"
    return f"{photo.rec}  {state}  {photo.w} x {photo.h}  sha256 {photo.sha256[:16]}"

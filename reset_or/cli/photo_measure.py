"""`reset-or photo calibrate|measure|look-again|undo`: points are `X,Y` in pixels of the upright picture."""

from __future__ import annotations

import argparse
from typing import Any

from reset_or.actions import calibrating, measuring
from reset_or.actions.calibrating import CalibrationRequest
from reset_or.actions.measuring import ENDS
from reset_or.actions.photo_views import CalibrationView, SeriesView
from reset_or.actions.views import CaseView, PhotoView
from reset_or.base.errors import UsageError, UserFixable
from reset_or.base.words import Language, say
from reset_or.cli import shared
from reset_or.cli.finding import find_photo
from reset_or.record.codebook import codes, label
from reset_or.record.points import Path, read_points
from reset_or.workspace import Workspace


def add_acts(acts: Any) -> None:
    calibrate = acts.add_parser("calibrate", help=say("cli.photo_calibrate", "en"))
    how = calibrate.add_mutually_exclusive_group(required=True)
    how.add_argument("--card", action="store_true", help=say("cli.photo_by_card", "en"))
    how.add_argument("--ticks", action="store_true", help=say("cli.photo_by_ticks", "en"))
    how.add_argument("--ruler", nargs=2, metavar="X,Y", help=say("cli.photo_by_ruler", "en"))
    calibrate.add_argument("--step-mm", type=float, help=say("cli.photo_step_mm", "en"))
    calibrate.add_argument("--mm", type=int, help=say("cli.photo_mm", "en"))
    calibrate.add_argument("--check", nargs=2, metavar="X,Y", help=say("cli.photo_check", "en"))
    calibrate.add_argument("--check-mm", type=int)
    calibrate.add_argument("--propose", action="store_true", help=say("cli.photo_propose", "en"))
    measure = acts.add_parser("measure", help=say("cli.photo_measure", "en"))
    measure.add_argument("--path", required=True, metavar="'X,Y X,Y ...'")
    measure.add_argument("--calibration", metavar="CALIBRATION", help=say("cli.photo_calibration", "en"))
    measure.add_argument("--reading-no", type=int, choices=(1, 2, 3))
    measure.add_argument("--edge", choices=codes("edge"), default="")
    measure.add_argument("--comment", default="")
    again = acts.add_parser("look-again", help=say("cli.photo_look_again", "en"))
    undo = acts.add_parser("undo", help=say("cli.photo_undo", "en"))
    undo.add_argument("reading", metavar="READING")
    for each in (calibrate, measure, again):
        each.add_argument("photo", metavar="PHOTO|SS-NNNN")
    for each in (calibrate, measure):
        each.add_argument("--state", choices=codes("state"), default="")
        each.add_argument("--zoom", type=float, default=1.0, help=say("cli.photo_zoom", "en"))
    for each in (measure, again):
        each.add_argument("--end", choices=ENDS, required=True)
    for each in (calibrate, measure, again, undo):
        shared.add_person_options(each)


def run(args: argparse.Namespace, workspace: Workspace) -> int:
    if args.act == "undo":
        saved = workspace.do(measuring.undo_photo_reading, reading=args.reading)
        shared.show(args, {"reading": saved.rec, "revision": saved.rev_id}, [saved.rec])
        return 0
    view, shown = find_photo(workspace, args.photo)
    if args.act == "calibrate":
        return _calibrate(args, workspace, shown)
    if args.act == "measure":
        return _measure(args, workspace, view, shown)
    saved = workspace.do(measuring.second_look, photo=shown.rec, end=args.end)
    shared.show(args, {"reading": saved.rec, "revision": saved.rev_id}, [saved.rec])
    return 0


def _calibrate(args: argparse.Namespace, workspace: Workspace, shown: PhotoView) -> int:
    """Exit 1 where the photograph is not measurable; what was found is saved and says why."""
    language, request = shared.language_of(args), _request(args)
    found = calibrating.find_calibration(workspace.do(measuring.open_for_measuring, photo=shown.rec), request)
    if args.propose:
        content = {"proposal": found, "measurable": found.measurable}
        shared.show(args, content, [_scale(found.px_per_mm, found.measurable, found.problems, language)])
        return 0 if found.measurable else 1
    saved = workspace.do(measuring.save_calibration, photo=shown.rec, found=found, state=args.state)
    view, _ = find_photo(workspace, shown.rec)
    made = next(each for each in view.calibrations if each.rec == saved.rec)
    content = {"calibration": saved.rec, "revision": saved.rev_id, "view": made, "photo": shown.rec}
    shared.show(args, content, [calibration_line(made, language)])
    return 0 if made.measurable else 1


def _request(args: argparse.Namespace) -> CalibrationRequest:
    if (args.ruler is None) != (args.mm is None) or (args.check is None) != (args.check_mm is None):
        raise UsageError("photo_marks_need_mm")
    if args.step_mm is not None and not (args.ticks and 0.1 <= args.step_mm <= 100):
        raise UsageError("ruler_step_malformed")
    method = "card" if args.card else "ruler_ticks" if args.ticks else "ruler_points"
    return CalibrationRequest(
        method=method,
        points=_points(args.ruler or ()),
        known_mm=args.mm,
        check_points=_points(args.check or ()),
        check_mm=args.check_mm,
        zoom=args.zoom,
        step_mm=args.step_mm,
    )


def _points(words: list[str] | tuple[str, ...]) -> Path:
    text = " ".join(" ".join(words).split())
    found = read_points(text)
    if text and not found:
        raise UserFixable("photo_points_malformed")
    return found


def _measure(args: argparse.Namespace, workspace: Workspace, view: CaseView, shown: PhotoView) -> int:
    """The length is said once, in this answer; `show` tells it when the series is complete."""
    language = shared.language_of(args)
    usable = [each for each in view.calibrations if each.photo == shown.rec and each.current]
    own = [each for each in usable if each.made_by == workspace.active] or usable
    calibration = args.calibration or (own[-1].rec if own else "")
    if not calibration:
        raise UserFixable("calibration_unknown")
    made = workspace.do(
        measuring.record_photo_reading, photo=shown.rec, calibration=calibration, end=args.end,
        path=_points((args.path,)), state=args.state, edge=args.edge, zoom=args.zoom,
        reading_no=args.reading_no, comment=args.comment,
    )  # fmt: skip
    after, _ = find_photo(workspace, shown.rec)
    mine = [
        each
        for each in after.series
        if (each.photo, each.end, each.reader) == (shown.rec, args.end, workspace.active)
    ]
    length = made.length
    content = {
        "reading": made.saved.rec, "revision": made.saved.rev_id, "photo": shown.rec,
        "calibration": calibration, "end": args.end, "reading_no": made.reading_no,
        "length_um": length.length_um, "length_mm": length.length_um / 1000, "value_mm": length.value_mm,
        "uncertainty_um": length.uncertainty_um, "uncertainty_mm": length.uncertainty_um / 1000,
        "series": mine[-1] if mine else None,
    }  # fmt: skip
    said = _cm(length.length_um, length.uncertainty_um)
    line = f"{made.saved.rec}  {label('end', args.end, language)}  {said}"
    shared.show(args, content, [line, *(series_line(each, language) for each in mine[-1:])])
    return 0


def calibration_line(view: CalibrationView, language: Language) -> str:
    how = label("calibration_method", view.method, language)
    return f"{view.rec}  {how}  {_scale(view.px_per_mm, view.measurable, view.problems, language)}"


def _scale(px_per_mm: float, measurable: bool, problems: tuple[str, ...], language: Language) -> str:
    if measurable:
        return f"{px_per_mm:.2f} px/mm"
    why = ", ".join(label("calibration_problem", code, language) for code in problems)
    return f"{say('photos.not_measurable', language)}: {why}"


def series_line(view: SeriesView, language: Language) -> str:
    end = label("end", view.end, language)
    if view.final_um is not None:
        text = f"{end}  {_cm(view.final_um, view.uncertainty_um or 0)}"
        if view.ruler_mm is not None:
            text += f"  {say('photos.ruler_said', language, length=f'{view.ruler_mm / 10:.1f} cm')}"
        return text + (f"  {say('photos.look_again', language)}" if view.gap_query else "")
    return f"{end}  {say('photos.take_reading', language, number=view.next_no)}"


def _cm(length_um: int, uncertainty_um: int) -> str:
    return f"{length_um / 10_000:.2f} \u00b1 {uncertainty_um / 10_000:.2f} cm"

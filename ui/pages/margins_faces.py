"""From the margins page's plain faces to the values that widgets take. No choice is made here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from reset_or.actions.views import Bands
from ui.shell import Shell
from ui.viewmodels.case_head import ArmFace
from ui.viewmodels.margin_asks import Ask
from ui.viewmodels.margin_chips import Chip
from ui.viewmodels.margin_faces import BarFace, CardFace, LineFace, PlateFace
from ui.viewmodels.margin_notes import DiagramFace
from ui.widgets.arm_plate import ArmView
from ui.widgets.ask_panel import AskTile, AskView
from ui.widgets.banner import SafetyView
from ui.widgets.bowel_view import BowelView, EndBands, EndView, TumourLook
from ui.widgets.card_chips import ChipView
from ui.widgets.margin_card import MarginCardView
from ui.widgets.plate import PlateView
from ui.widgets.verdict_shape import PlateKind


def plate_view(face: PlateFace) -> PlateView:
    return PlateView(face.code, cast(PlateKind, face.kind), face.word, face.distance, face.caption)


def card_view(face: CardFace) -> MarginCardView:
    return MarginCardView(
        title=face.title,
        value=face.value,
        unit=face.unit,
        target_label=face.target_label,
        target=face.target,
        span=face.span,
        captions=face.captions,
        plate=plate_view(face.plate),
        active=face.active,
        draft=face.draft,
        spoken=face.spoken,
    )


def _bands(bands: Bands | None) -> EndBands | None:
    if bands is None:
        return None
    return EndBands(
        bands.target_mm,
        bands.tolerance_low_mm,
        bands.range_low_mm,
        bands.range_high_mm,
        bands.tolerance_high_mm,
    )


def _line(face: LineFace) -> EndView:
    return EndView(face.value_mm, face.code, cast(PlateKind, face.kind), _bands(face.bands))


def diagram_view(face: DiagramFace) -> BowelView:
    return BowelView(
        proximal=_line(face.proximal),
        distal=_line(face.distal),
        tumour_mm=face.tumour_mm,
        tumour_look=cast(TumourLook, face.look),
        tumour_words=face.words,
        proximal_label=face.labels[0],
        distal_label=face.labels[1],
        spoken=face.spoken,
    )


def chip_views(chips: Sequence[Chip]) -> list[ChipView]:
    return [ChipView(c.code, c.text, c.on, c.enabled, c.spoken, c.icon, c.quiet) for c in chips]


def ask_view(ask: Ask, shell: Shell) -> AskView:
    tiles = tuple(AskTile(c.code, c.text, c.note, c.picture) for c in ask.choices)
    return AskView(
        title=ask.title,
        hint=ask.hint,
        tiles=tiles,
        chosen=ask.chosen,
        field=bool(ask.field),
        typed=ask.shown,
        unit=ask.unit,
        wrong=ask.wrong,
        close=shell.say("margins.close"),
        take=shell.say("margins.ok"),
    )


def arm_view(face: ArmFace) -> ArmView:
    return ArmView(face.word, face.detail, face.note, face.proximal_mm, face.distal_mm)


def safety_view(bar: BarFace, shell: Shell, *, may: bool) -> SafetyView:
    verb = shell.say("margins.safety_verb") if may else ""
    return SafetyView(bar.code, bar.text, shell.say("margins.safety_apart"), verb, bar.seen)

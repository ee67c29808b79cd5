"""Sheets that are printed before an operation: the calibration card and the labels of a specimen's pieces.

Both say nothing that is recorded: they need neither a store nor a person signed in.
"""

from __future__ import annotations

import re

from reset_or.base.errors import UserFixable
from reset_or.base.words import Language
from reset_or.record.codebook import codes, label
from reset_or.record.specimen_label import SpecimenLabel, label_text
from reset_or.trial.scheme import load_scheme


def calibration_card(language: Language, *, at: int, version: str = "", card: str = "card-1") -> bytes:
    """The card as a PDF in true size. Raises UserFixable("photo_card_unknown"), and as reports do."""
    from reset_or.images.card_spec import load_card
    from reset_or.reports.calibration_card import render

    return render(load_card(card), language, at=at, version=version)


def specimen_labels(
    language: Language, *, subject: str, study: str, at: int, version: str = "", scheme: str = "reset-1"
) -> bytes:
    """One label for each piece of a subject's specimen. Raises UserFixable("subject_pattern")."""
    from reset_or.reports.label_sheet import PieceLabel, render

    if not re.fullmatch(load_scheme(scheme).subject_pattern, subject):
        raise UserFixable("subject_pattern")
    other: Language = "zh" if language == "en" else "en"
    labels = [
        PieceLabel(
            qr=label_text(SpecimenLabel(subject, code)), subject=subject, code=code,
            piece=label("specimen_code", code, language), piece_other=label("specimen_code", code, other),
        )
        for code in codes("specimen_code")
    ]  # fmt: skip
    return render(labels, language, study=study, at=at, version=version)

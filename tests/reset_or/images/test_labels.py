"""Specimen labels in photographs: read, believed only as labels, never a reason to lose one."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from reset_or.images import sandbox
from reset_or.images.labels import labels_in
from reset_or.record.specimen_label import SpecimenLabel, label_text
from tests.fakes.specimen_labels import photographed


def test_a_small_label_aslant_in_a_large_picture_is_read() -> None:
    label = SpecimenLabel("03-0147", "A")
    assert labels_in(photographed(label_text(label), turned_deg=17), "image/jpeg", 1) == (label,)


def test_two_labels_are_both_read() -> None:
    texts = ("RESET-OR 03-0147 A", "RESET-OR 03-0149 C")
    found = labels_in(photographed(*texts), "image/jpeg", 1)
    assert {label_text(label) for label in found} == set(texts)


@pytest.mark.parametrize("text", ["https://example.org/03-0147", "RESET-OR 03-0147 Z", "03-0147"])
def test_other_codes_are_no_labels(text: str) -> None:
    assert labels_in(photographed(text), "image/jpeg", 1) == ()


def test_a_child_that_answers_nonsense_or_dies_loses_no_photograph(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cv2.imencode(".png", np.full((60, 80, 3), 200, np.uint8))[1].tobytes()
    assert labels_in(plain, "image/png", 1) == ()
    assert labels_in(b"no picture", "image/png", 1) == ()
    monkeypatch.setattr(sandbox, "ask", lambda *_a, **_k: ({"labels": {"a": 1}}, b""))
    assert labels_in(plain, "image/png", 1) == ()

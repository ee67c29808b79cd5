"""How exact a margin on a photograph is, over hundreds of thrown scenes; and how long it takes."""

from __future__ import annotations

import io
import time

import cv2
import numpy as np
from PIL import Image

from reset_or.images import measuring
from reset_or.images.kinds import JPEG
from tests.bench.report import Book, Table
from tests.conftest import Effort
from tests.fakes.measuring_study import LIMITS, summary, table, with_card, with_two_clicks
from tests.fakes.specimen_dice import throw_scene
from tests.fakes.specimen_scene import photograph

LONG_SIDE = (1500, 3600)


def test_measuring_accuracy(book: Book, effort: Effort) -> None:
    """Figures fail nothing here but the promise itself: median, 95 of 100, coverage."""
    shown = Table(
        "Measuring on photographs", "Errors in mm against the truth of the scene; +/- is the median."
    )
    kinds = {
        "card, mucosa on its plane": lambda seed: with_card(seed, long_side=LONG_SIDE),
        "card, mucosa 0 to 6 mm above it": lambda seed: with_card(seed, long_side=LONG_SIDE, thick_mm=6.0),
        "two clicks on a ruler, no tilt": lambda seed: with_two_clicks(seed, long_side=LONG_SIDE),
    }
    for name, throw in kinds.items():
        rows = [throw(effort.seed + number) for number in effort.rounds(300)]
        print("\n" + table(name, rows))
        found = summary(rows)
        shown.row(f"{name}: median", ratio=found.median_mm, at_most=0.5, unit=" mm")
        shown.row(f"{name}: 95 of 100", ratio=found.p95_mm, at_most=1.5, unit=" mm")
        shown.row(f"{name}: covered", ratio=found.covered, at_least=0.95)
        shown.row(f"{name}: stated +/-", figure=f"{found.uncertainty_mm:.2f} mm")
        shown.row(f"{name}: not measurable", figure=f"{found.refused} of {found.photos}")
        assert found.covered >= 0.95
    book.add(shown)


def test_measuring_time(book: Book, effort: Effort) -> None:
    """Card and ticks of a 24-megapixel JPEG through the decoder child, beside decoding it there."""
    scene = throw_scene(np.random.default_rng(effort.seed), long_side=(3000, 3001), with_ruler=True)
    pixels = cv2.resize(photograph(scene).upright(), (6000, 4000), interpolation=cv2.INTER_LINEAR)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=88)
    data = stream.getvalue()
    shown = Table("Measuring 24 megapixels", "Anchor: a preview of the same file by the same child.")
    anchor = _seconds(lambda: measuring.sandbox.preview(data, JPEG, 1, 4096))
    shown.row("preview, 4096 px", anchor)
    for name, work in (
        ("card", lambda: measuring.measure_card(data, JPEG, 1, LIMITS)),
        ("ticks of a ruler", lambda: measuring.find_ticks(data, JPEG, 1, LIMITS)),
        ("sharpness", lambda: measuring.sharpness(data, JPEG, 1)),
    ):
        took = _seconds(work)
        shown.row(name, took, anchor="preview", ratio=took / anchor)
    book.add(shown)


def _seconds(work: object) -> float:
    assert callable(work)
    spans = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        spans.append(time.perf_counter() - began)
    return min(spans)

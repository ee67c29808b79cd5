"""What was measured on a photograph, as the case sheet prints it: drawn, said, withheld where it must be."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pikepdf
import pypdf
import pytest
from pikepdf import pdfa

from reset_or.actions import readings
from reset_or.actions.report import case_sheet
from reset_or.base.words import LANGUAGES, Language, say
from tests.fakes.measuring import Bench, make_bench


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Two ends measured twice, a ruler value beside one of them, and one reading of the tumour."""
    made = make_bench(tmp_path_factory.mktemp("bench") / "home")
    made.workspace.do(
        readings.record_reading, case=made.case, end="distal", value_mm=44, entered="4.4",
        state="fresh_unpinned", measured_at=made.clock.now_at() - 700_000, typed_later=True,
        method="rigid_ruler_ex_vivo",
    )  # fmt: skip
    calibration = made.calibrate()
    made.twice(calibration, "proximal", "distal")
    made.measure(calibration, "tumour")
    yield made
    made.workspace.lock()


def sheet(bench: Bench, language: Language) -> bytes:
    return bench.workspace.do(case_sheet, case=bench.case, language=language)


def text_of(data: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


@pytest.mark.parametrize("language", LANGUAGES)
def test_lengths_uncertainty_scale_and_ruler_stand_on_the_sheet(bench: Bench, language: Language) -> None:
    data = sheet(bench, language)
    text, view = text_of(data), bench.view
    (calibration,) = view.calibrations
    for series in view.series:
        if series.final_um is None:
            continue
        said = f"{series.final_um / 10_000:.2f}cm\u00b1{(series.uncertainty_um or 0) / 10_000:.2f}"
        assert said in text
        for reading in series.readings:
            assert f"{(reading.length_um or 0) / 10_000:.2f}" in text
    assert f"{calibration.px_per_mm:.2f}px/mm" in text
    assert re.sub(r"\s+", "", say("measured.title", language)) in text
    (distal,) = (series for series in view.series if series.end == "distal")
    assert f"4.4cm({(distal.gap_um or 0) / 10_000:+.2f})" in text  # the ruler, and how far it is off
    assert view.photos[0].sha256 in text
    with pikepdf.open(io.BytesIO(data)) as document:
        assert pdfa.check(document, "2b").passed


def test_an_open_reading_is_on_no_sheet_of_its_reader(bench: Bench) -> None:
    view = bench.view
    (open_one,) = (reading for reading in view.readings if reading.hidden)
    stored = bench.workspace.context.store.revision(open_one.head)
    assert stored is not None
    change = stored.read().revision.chg
    secret_um = change["length_um"].new
    assert isinstance(secret_um, int)
    text = text_of(sheet(bench, "en"))
    assert f"{secret_um / 10_000:.2f}" not in text
    assert "taken" in text


def test_the_paths_lie_on_the_bowel_and_the_scale_bar_is_true(bench: Bench, tmp_path: Path) -> None:
    """Found again in the print: the cyan of the proximal path over the bowel's length, beside the pink."""
    file = tmp_path / "sheet.pdf"
    file.write_bytes(sheet(bench, "en"))
    subprocess.run(["pdftoppm", "-r", "150", "-png", str(file), str(tmp_path / "page")], check=True)
    spans = {}
    for page in sorted(tmp_path.glob("page-*.png")):
        colours = cv2.imread(str(page)).astype(int)
        for name, bgr in (("proximal", (0xF2, 0xD6, 0x35)), ("distal", (0xC6, 0x8C, 0xFF))):
            near = np.abs(colours - np.asarray(bgr)).sum(axis=2) < 40
            columns = np.flatnonzero(near.any(axis=0))
            if near.sum() > 100:
                spans[name] = (columns.min(), columns.max())
    assert set(spans) == {"proximal", "distal"}
    long, short = (spans[name][1] - spans[name][0] for name in ("proximal", "distal"))
    # 103 and 46 mm beside each other on paper, the flat arc and the end bars within a few per cent.
    assert long / short == pytest.approx(103 / 46, rel=0.12)
    assert spans["proximal"][1] < spans["distal"][0]

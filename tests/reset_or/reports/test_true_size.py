"""What is printed in true size: the card is found and true to 0.1 mm, labels can be scanned."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from reset_or.actions import printing
from reset_or.base.words import LANGUAGES, Language
from reset_or.images.card import from_card
from reset_or.images.card_spec import load_card
from reset_or.record.codebook import codes
from reset_or.record.specimen_label import SpecimenLabel, label_text, read_label
from reset_or.trial.limits import PhotoLimits

AT = 1_795_415_520_000
DPI = 300
PX_PER_MM = DPI / 25.4


def printed(data: bytes, folder: Path, dpi: int = DPI) -> Any:
    """The page as a printer would put it on paper, grey."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed")
    (folder / "page.pdf").write_bytes(data)
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), "-gray", "-png", str(folder / "page.pdf"), str(folder / "page")],
        check=True,
    )
    (page,) = folder.glob("page-*.png")
    return cv2.imread(str(page), cv2.IMREAD_GRAYSCALE)


def fonts(folder: Path) -> list[list[str]]:
    said = subprocess.run(["pdffonts", str(folder / "page.pdf")], capture_output=True, text=True, check=True)
    return [line.split() for line in said.stdout.splitlines()[2:]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_printed_card_is_found_and_true_to_a_tenth_of_a_millimetre(
    language: Language, tmp_path: Path
) -> None:
    card = load_card()
    page = printed(printing.calibration_card(language, at=AT), tmp_path)
    assert np.abs(np.asarray(page.shape) - np.asarray((210, 297)) * PX_PER_MM).max() < 1
    found = from_card(page, PhotoLimits())
    assert found.problems == ()
    assert found.px_per_mm == pytest.approx(PX_PER_MM, rel=0.0005)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_5X5_50))
    corners, seen, _ = detector.detectMarkers(page)
    places = {
        int(number): np.asarray(four).reshape(4, 2)
        for number, four in zip(seen.ravel(), corners, strict=True)
    }
    assert set(places) == {one.id for one in card.markers}
    origin = np.asarray(card.page_origin_mm)
    for one in card.markers:
        true_px = (np.asarray(one.corners_mm) + origin) * PX_PER_MM
        off_mm = np.abs(places[one.id] + 0.5 - true_px).max() / PX_PER_MM
        assert off_mm < 0.1, (one.id, off_mm)
    assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in fonts(tmp_path))


def test_the_card_s_rulers_stand_where_the_card_says(tmp_path: Path) -> None:
    """Every millimetre of the long ruler, looked for in the middle of its shortest ticks."""
    card = load_card()
    page = printed(printing.calibration_card("en", at=AT), tmp_path)
    ruler = card.rulers[0]
    start = np.asarray(ruler.from_mm) + np.asarray(card.page_origin_mm)
    row = round((start[1] + card.ticks.one_mm / 2) * PX_PER_MM)
    dark = page[row] < 128
    edges = np.flatnonzero(np.diff(dark.astype(int)))
    middles = (edges[0::2] + edges[1::2]) / 2 + 1
    found_mm = middles / PX_PER_MM - start[0]
    found_mm = found_mm[(found_mm > -0.5) & (found_mm < ruler.length_mm + 0.5)]
    assert len(found_mm) == ruler.length_mm + 1
    assert np.abs(found_mm - np.arange(ruler.length_mm + 1)).max() < 0.1


def test_the_check_line_is_a_hundred_millimetres_and_nobody_scales_the_page(tmp_path: Path) -> None:
    data = printing.calibration_card("en", at=AT)
    page = printed(data, tmp_path, dpi=600)
    # The bars of the check line, at the height where nothing else is drawn in the crook.
    card = load_card()
    corner = np.asarray(card.outline_mm[1]) + np.asarray(card.page_origin_mm)
    row = round((corner[1] + 22 + 48 + 2) * 600 / 25.4)
    dark = np.flatnonzero(page[row] < 128) / (600 / 25.4)
    bars = dark[dark > corner[0] + 5]
    assert bars.max() - bars.min() == pytest.approx(100, abs=0.1)
    assert re.search(rb"/PrintScaling\s*/None", data) or b"PrintScaling" in _whole(data)


def _whole(data: bytes) -> bytes:
    import io

    import pikepdf

    with pikepdf.open(io.BytesIO(data)) as document:
        return str(document.Root.get("/ViewerPreferences")).encode()


def test_labels_are_scanned_and_name_subject_and_piece(tmp_path: Path) -> None:
    page = printed(printing.specimen_labels("zh", subject="03-0147", study="RESET", at=AT), tmp_path)
    ok, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(page)
    assert ok
    read = sorted(label.code for text in texts if (label := read_label(text)) and label.subject == "03-0147")
    assert read == sorted(codes("specimen_code"))
    assert all(row[-5:-2] == ["yes", "yes", "yes"] for row in fonts(tmp_path))
    said = subprocess.run(
        ["pdftotext", str(tmp_path / "page.pdf"), "-"], capture_output=True, text=True, check=True
    )
    assert "主标本" in said.stdout
    assert "Lymph nodes" in said.stdout


@pytest.mark.parametrize("code", codes("specimen_code"))
def test_a_label_comes_back_as_a_scanner_types_it(code: str) -> None:
    label = SpecimenLabel("03-0147", code)
    for text in (label_text(label), label_text(label).lower() + "\n", f"  {label_text(label)}  "):
        assert read_label(text) == label
    for text in (
        "",
        "03-0147 A",
        "RESET-OR 3-147 A",
        "RESET-OR 03-0147 G",
        "RESET-OR 03-0147 AB",
        "x" * 9999,
    ):
        assert read_label(text) is None

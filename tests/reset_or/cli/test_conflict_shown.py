"""Two versions of one length: a terminal and the case sheet show both, neither says "not measured"."""

from __future__ import annotations

import io
import re

import pypdf

from reset_or.actions import cases, readings
from reset_or.actions.report import case_sheet
from reset_or.cli.case import case_lines
from tests.fakes.workstations import Ground, measure, quiet, register


def test_both_versions_stand_in_the_terminal_and_on_the_sheet(ground: Ground) -> None:
    one, other = ground.workstations(("zhang",), ("wang",))
    case = register(one, "03-0002")
    reading = measure(one, case, "proximal", 102)
    quiet(one, other)
    for station, value_mm in ((one, 103), (other, 104)):
        station.workspace.do(
            readings.change_reading, reading=reading, value_mm=value_mm, entered=str(value_mm / 10)
        )
    quiet(one, other)
    view = one.workspace.do(cases.case_view, case=case)
    said = "\n".join(case_lines(view, "en"))
    assert "Proximal 10.4 | 10.3 cm" in said or "Proximal 10.3 | 10.4 cm" in said
    assert "103 (zhang)" in said
    assert "104 (wang)" in said
    sheet = pypdf.PdfReader(io.BytesIO(one.workspace.do(case_sheet, case=case, language="en")))
    text = sheet.pages[0].extract_text()
    assert "Not measured" not in text
    assert {"10.3", "10.4"} <= set(re.findall(r"[0-9]+[.][0-9]", text))

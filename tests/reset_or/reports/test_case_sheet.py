"""The case sheet: exact text in both languages, embedded fonts, PDF/A, nothing clipped, nothing leaked."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pikepdf
import pypdf
import pytest
from pikepdf import pdfa

from reset_or.base.words import LANGUAGES, Language, say
from reset_or.images import sandbox
from reset_or.images.intake import take_in
from reset_or.images.specimen_art import make_specimen
from reset_or.reports.case_sheet import render
from reset_or.reports.model import ArmPlate, CaseSheet, MarginEnd, SafetyLine, SheetPhoto, Tumour
from tests.reset_or.reports import sheets


def tool(name: str, *arguments: str, data: bytes, folder: Path) -> str:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    file = folder / "sheet.pdf"
    file.write_bytes(data)
    done = subprocess.run([name, *arguments, str(file)], capture_output=True, text=True, check=True)
    return done.stdout


def squeezed(data: bytes) -> str:
    """All text of the file without white space: wrapping must not change what is said."""
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    return re.sub(r"\s+", "", "".join(page.extract_text() for page in pages))


def texts_of(sheet: CaseSheet) -> list[str]:
    found = [sheet.subject, sheet.nct, sheet.study, sheet.site, *sheet.revisions, *sheet.notes]
    for pair in sheet.identity:
        found += [pair.label, pair.value]
    for end in (sheet.proximal, sheet.distal):
        found += [end.title, end.value, end.unit, end.state, end.word, end.delta, end.target, *end.captions]
    for row in sheet.readings:
        found += vars(row).values()
    for signature in sheet.signatures:
        found += vars(signature).values()
    for photo in sheet.photos:
        found += [photo.sha256, photo.camera_sha256, photo.caption]
    return [re.sub(r"\s+", "", text) for text in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_the_sheet_says_can_be_read_back(language: Language) -> None:
    sheet = sheets.full(language)
    text = squeezed(render(sheet, language))
    assert [part for part in texts_of(sheet) if part not in text] == []
    assert re.sub(r"\s+", "", say("report.demo", language)) in text
    assert re.sub(r"\s+", "", say("report.page", language, n=1, m=1)) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_ordinary_case_fits_on_one_page_and_is_archivable(language: Language) -> None:
    data = render(sheets.full(language), language)
    with pikepdf.open(io.BytesIO(data)) as document:
        assert pdfa.check(document, "2b").passed
        assert len(document.pages) == 1
        assert [round(float(side)) for side in document.pages[0].MediaBox] == [0, 0, 595, 842]
        assert str(document.Root.Lang) == {"en": "en", "zh": "zh-CN"}[language]
        assert "03-0147" in str(document.docinfo["/Title"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_other_peoples_checkers_agree(language: Language, tmp_path: Path) -> None:
    data = render(sheets.full(language), language)
    fonts = tool("pdffonts", data=data, folder=tmp_path).splitlines()[2:]
    assert fonts
    assert all("RESET-ORSans" in line and re.search(r"yes +yes +yes", line) for line in fonts)
    assert "No syntax or stream encoding errors" in tool("qpdf", "--check", data=data, folder=tmp_path)
    if language == "zh":
        text = tool("pdftotext", "-layout", "-enc", "UTF-8", data=data, folder=tmp_path) + (
            tmp_path / "sheet.txt"
        ).read_text(encoding="utf-8")
        for exact in (
            "受试者切缘记录单",
            "近端切缘距离",
            "短于方案范围",
            "拖出体外（未离断）",
            "电子签名",
            "距目标 −0.6 厘米",
        ):
            assert exact in text


def test_the_same_sheet_is_the_same_file() -> None:
    assert render(sheets.english(), "en") == render(sheets.english(), "en")
    later = replace(sheets.english(), printed_at=sheets.PRINTED_AT + 60_000)
    assert render(later, "en") != render(sheets.english(), "en")


# --- what must not stand there ---
def test_the_chart_edition_has_values_and_no_verdict() -> None:
    sheet = replace(
        sheets.chinese(), edition="chart", safety=SafetyLine("safety_alert", "低于研究安全提示线")
    )
    text = squeezed(render(sheet, "zh"))
    for present in ("10.3", "4.4", "拖出体外（未离断）", "病历版", sheet.photos[0].sha256):
        assert present in text
    for absent in ("短于方案范围", "符合方案范围", "−0.6", "安全提示线", "范围10.0"):
        assert absent not in text


def test_without_an_approved_scheme_there_are_numbers_and_a_watermark() -> None:
    sheet = replace(sheets.english(), reference_only=True)
    text = squeezed(render(sheet, "en"))
    assert text.count("REFERENCEONLY") >= 3
    assert "10.3" in text
    assert "Inrange" not in text
    assert "Shorterthanplanned" not in text


def test_a_blinded_reader_gets_no_arm_and_no_target() -> None:
    sheet = replace(
        sheets.english(),
        blinded=True,
        arm=ArmPlate("Conventional", "10 / 5 cm"),
        safety=SafetyLine("safety_alert", "Below the line"),
    )
    text = squeezed(render(sheet, "en"))
    assert "Independentreading" in text
    for absent in ("Conventional", "Target", "Shorterthanplanned", "fromtarget", "Belowtheline"):
        assert absent not in text


# --- hard texts ---
def test_a_character_no_font_has_is_shown_by_its_number() -> None:
    sheet = replace(sheets.chinese(), notes=("𠮷田 \u202edevres\x07 \U0001f600 ☃ ok",))
    text = squeezed(render(sheet, "zh"))
    for marker in ("[U+20BB7]田", "[U+202E]devres", "[U+0007]", "[U+1F600]"):
        assert marker in text


def test_a_rare_character_missing_in_bold_is_drawn_in_regular() -> None:
    rare = "镕喆玥"  # GBK, not in GB2312: names that people have
    sheet = replace(sheets.chinese(), proximal=replace(sheets.chinese().proximal, word=rare))
    assert rare in squeezed(render(sheet, "zh"))


@pytest.mark.parametrize(
    "evil", ["<b>x", "</para>", '<img src="http://x/y"/>', "a & b &lt; c", "{n} %s", "<font"]
)
def test_markup_in_a_text_is_text(evil: str) -> None:
    sheet = sheets.english()
    sheet = replace(sheet, notes=(evil,), readings=(replace(sheet.readings[0], remark=evil),))
    assert squeezed(render(sheet, "en")).count(re.sub(r"\s+", "", evil)) == 2


def long_sheet(language: Language) -> CaseSheet:
    sheet = sheets.full(language)
    word = {
        "en": "A very long word for a verdict, to be reviewed by many people ",
        "zh": "待主要研究者判定的很长的说明文字",
    }
    long = word[language] * 2
    proximal = replace(
        sheet.proximal,
        value="0.8",
        length_mm=8,
        word=long,
        delta=long[:60],
        captions=(long * 3,),
        state=long,
        plate="estimate",
        estimated=True,
        verdict="exceeds_note",
        target=long,
        title=long,
    )
    distal = replace(sheet.distal, value="0.9", length_mm=9, verdict="short_deviation")
    row = replace(sheet.readings[0], remark=long * 2, method="x" * 120)
    return replace(
        sheet,
        proximal=proximal,
        distal=distal,
        tumour=Tumour(9, "raised", "Tumour"),
        study=long * 3,
        site=long,
        readings=(row, *sheet.readings * 8),
        signatures=sheet.signatures * 4,
        notes=(long * 5,),
        revisions=tuple(f"{k:02x}" * 32 for k in range(60)),
        photos=sheet.photos * 2,
        safety=SafetyLine("safety_critical", long * 3),
        printed_by=long,
    )


Box = tuple[float, float, float, float]


def boxes(data: bytes, folder: Path) -> list[list[tuple[str, Box]]]:
    """Words of each page with their boxes (left, top, right, bottom)."""
    if shutil.which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (folder / "sheet.pdf").write_bytes(data)
    command = ["pdftotext", "-bbox", str(folder / "sheet.pdf"), "-"]
    html = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = []
    for page in html.split("<page ")[1:]:
        words = re.findall(
            r'xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', page
        )
        found.append([(w[4], (float(w[0]), float(w[1]), float(w[2]), float(w[3]))) for w in words])
    return found


def overlap(a: Box, b: Box) -> float:
    """Share of the smaller box that the other covers, both trimmed to the body of the letters."""
    a, b = (_body(a), _body(b))
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    least = min((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return wide * high / least if wide > 0 and high > 0 and least > 0 else 0.0


def _body(box: Box) -> Box:
    trim = (box[3] - box[1]) * 0.25
    return box[0], box[1] + trim, box[2], box[3] - trim


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", [sheets.full, long_sheet])
def test_no_word_is_clipped_or_covered(language: Language, make: object, tmp_path: Path) -> None:
    data = render(make(language), language)
    for page in boxes(data, tmp_path):
        assert [
            text for text, box in page if box[0] < 33 or box[2] > 562.5 or box[1] < 15 or box[3] > 830
        ] == []
        for k, (text, box) in enumerate(page):
            covered = [other for other, its in page[k + 1 :] if overlap(box, its) > 0.2]
            assert covered == [], f"{text} lies under {covered}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_long_case_loses_nothing_on_its_way_over_the_pages(language: Language) -> None:
    sheet = replace(long_sheet(language), study="S", site="S", printed_by="P")
    sheet = replace(sheet, proximal=replace(sheet.proximal, title="T", target="T"))
    data = render(sheet, language)
    pages = pypdf.PdfReader(io.BytesIO(data)).pages
    assert len(pages) > 1
    text = squeezed(data)
    assert [part for part in texts_of(sheet) if part not in text] == []
    for number, page in enumerate(pages, 1):
        on_page = re.sub(r"\s+", "", page.extract_text())
        assert re.sub(r"\s+", "", say("report.page", language, n=number, m=len(pages))) in on_page
        assert "03-0147" in on_page
        assert re.sub(r"\s+", "", say("report.demo", language)) in on_page


@pytest.mark.parametrize(
    ("appearance", "length_mm"),
    [("raised", 42), ("flattened_ulcer", 3), ("scar_only", None), ("nothing_visible", None), ("", None)],
)
@pytest.mark.parametrize("known", [(103, 44), (None, 5), (300, None), (None, None)])
def test_the_diagram_stands_every_combination(
    appearance: str, length_mm: int | None, known: tuple[int | None, int | None], tmp_path: Path
) -> None:
    sheet = sheets.english()
    ends = [
        replace(end, length_mm=mm, value=f"{mm / 10}")
        if mm
        else MarginEnd(end.title, "Not measured: bleeding")
        for end, mm in zip((sheet.proximal, sheet.distal), known, strict=True)
    ]
    sheet = replace(
        sheet,
        proximal=ends[0],
        distal=ends[1],
        tumour=Tumour(length_mm, appearance, "Tumour"),
        photos=(),
        signatures=(),
        case=None,
        arm=None,
        revisions=(),
        readings=(),
        identity=(),
    )
    text = squeezed(render(sheet, "en"))
    assert "PROXIMAL" in text
    assert "DISTAL" in text
    assert text.count("nolength") == known.count(None)
    assert "Nosignatureyet" in text


CODES = (
    *("within_protocol", "within_tolerance", "exceeds_note", "exceeds_warning", "short_warning"),
    *("exceeds_crossover", "short_deviation", "incomplete", "not_entered", "not_applicable", "no_verdict"),
)


def test_every_verdict_has_its_own_shape_without_colour() -> None:
    """The content streams differ although all ends carry the same texts, plates and lengths."""

    def drawn(code: str) -> bytes:
        end = replace(sheets.english().proximal, verdict=code, plate="neutral")
        sheet = replace(sheets.english(), proximal=end, photos=(), readings=(), signatures=(), case=None)
        with pikepdf.open(io.BytesIO(render(sheet, "en"))) as document:
            return b"".join(page.Contents.read_bytes() for page in document.pages)

    seen: dict[bytes, list[str]] = {}
    for code in CODES:
        seen.setdefault(drawn(code), []).append(code)
    alike = sorted(codes for codes in seen.values() if len(codes) > 1)
    assert alike == [["incomplete", "not_entered", "no_verdict"]], (
        "nothing to say has one shape; all others differ"
    )


def test_a_real_photograph_stays_small_and_recognisable() -> None:
    data, _ = make_specimen(1500, 1000)
    taken = take_in(data)
    shown = sandbox.preview(taken.data, taken.mime, taken.turn, 1400)
    photo = SheetPhoto(shown.rgb, shown.w, shown.h, taken.sha256, taken.camera_sha256)
    sheet = replace(sheets.english(), photos=(photo,))
    rendered = render(sheet, "en")
    assert len(rendered) < 900_000
    image = pypdf.PdfReader(io.BytesIO(rendered)).pages[0].images[0].image
    assert image.size == (1400, 933)
    red, green, _ = image.resize((1, 1), box=(300, 300, 500, 400)).getpixel((0, 0))
    assert red > green + 30, "the mucosa is where it was"


def test_nothing_is_written_to_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "no such folder"))
    opened: list[str] = []

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if opened is not None and event == "open" and any(flag in str(arguments[1] or "") for flag in "wax+"):
            opened.append(str(arguments[0]))

    sys.addaudithook(watch)
    render(sheets.english(), "en")
    assert opened == []


def test_importing_the_package_loads_no_pdf_library() -> None:
    probe = (
        "import sys, reset_or.reports, reset_or.reports.model\n"
        "print(any(name in sys.modules for name in ('reportlab', 'pikepdf', 'PIL')))"
    )
    root = Path(sandbox.reset_or.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

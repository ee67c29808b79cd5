"""Import from CSV: refused rows are reported with reasons, good ones taken, nothing is overwritten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reset_or.actions import cases, readings, signing
from reset_or.actions.context import Secret
from reset_or.actions.importing import KINDS, ImportReport, import_csv
from reset_or.actions.verifying import verify_store
from reset_or.base.errors import UserFixable
from reset_or.base.lanes import InlineLanes
from reset_or.base.words import LANGUAGES, explain
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of

NO_KEYRING = MemoryKeyStore(trouble="none")
COLUMNS = (
    "kind", "subject", "sex", "age", "arm", "rand_no", "tumour_length_mm", "end", "state", "length", "unit",
    "edge", "method", "measured_by", "measured_at", "missing", "why",
)  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return make_workspace(tmp_path_factory.mktemp("template") / "home", key_store=NO_KEYRING)


@pytest.fixture
def desk(template: Workspace, tmp_path: Path) -> Iterator[Workspace]:
    shutil.copytree(template.home.root, tmp_path / "home")
    workspace = Workspace(tmp_path / "home", lanes=InlineLanes(), clock=template.clock, key_store=NO_KEYRING)
    workspace.unlock("wang", password_of("wang"))
    yield workspace
    workspace.lock()


def row(**fields: str) -> dict[str, str]:
    return {"subject": "03-0001"} | fields


def a_case(**fields: str) -> dict[str, str]:
    return row(kind="case", sex="f", age="61", arm="reduced", rand_no="R-1", **fields)


def a_reading(end: str, length: str, **fields: str) -> dict[str, str]:
    said = {"state": "in_vivo", "edge": "residual_edge", "method": "tape_intracorporeal"} | fields
    return row(kind="reading", end=end, length=length, **said)


def table(place: Path, *rows: dict[str, str]) -> Path:
    path = place / "rows.csv"
    lines = [",".join(COLUMNS), *(",".join(each.get(name, "") for name in COLUMNS) for each in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def take(desk: Workspace, path: Path) -> ImportReport:
    return desk.do(import_csv, path=path)


def codes(report: ImportReport) -> list[str]:
    return [each.code for each in report.rows]


def revisions(desk: Workspace) -> int:
    return len(desk.context.store.audit(limit=10_000))


def test_a_case_and_its_pair_are_taken_transcribed_and_provisional(desk: Workspace, tmp_path: Path) -> None:
    at = "2026-03-02T09:30:00+08:00"
    report = take(desk, table(tmp_path, a_case(), a_reading("proximal", "5.2", measured_by="zhang"),
                              a_reading("distal", "31", unit="mm", measured_at=at)))  # fmt: skip
    assert codes(report) == ["", "", ""]
    assert [each.line for each in report.rows] == [2, 3, 4]
    assert report.changes.cases
    case = desk.do(cases.find_case, subject="03-0001")
    view = desk.do(cases.case_view, case=case)
    assert (view.arm, view.age) == ("reduced", 61)
    assert {r.end: (r.value_mm, r.entered, r.unit) for r in view.readings} == {
        "proximal": (52, "5.2", "cm"), "distal": (31, "31", "mm"),
    }  # fmt: skip
    assert all(r.transcribed and r.typed_later and r.recorded_by == "wang" for r in view.readings)
    assert {r.end: r.measured_by for r in view.readings} == {"proximal": "zhang", "distal": ""}
    assert view.record.distal.main is not None
    assert view.record.distal.main.measured_at == 1_772_415_000_000
    assert (view.record.status, view.record.case_verdict) == ("provisional", "within_protocol")


def test_the_same_file_twice_changes_nothing(desk: Workspace, tmp_path: Path) -> None:
    path = table(tmp_path, a_case(), a_reading("proximal", "5.2"), a_reading("distal", "3.1"))
    assert codes(take(desk, path)) == ["", "", ""]
    before = revisions(desk)
    again = take(desk, path)
    assert codes(again) == ["exists", "exists", "exists"]
    assert (revisions(desk), bool(again.changes)) == (before, False)


def test_what_stands_is_never_overwritten_not_even_by_another_value(desk: Workspace, tmp_path: Path) -> None:
    take(desk, table(tmp_path, a_case()))
    case = desk.do(cases.find_case, subject="03-0001")
    for end, mm in (("proximal", 52), ("distal", 31)):
        desk.do(
            readings.record_reading, case=case, end=end, value_mm=mm, entered=str(mm / 10), state="in_vivo",
            edge="residual_edge", method="tape_intracorporeal",
        )  # fmt: skip
    for confirmed in (False, True):
        if confirmed:
            desk.do(signing.sign, case=case, meaning="recorded", signer="wang", readback_by="zhang",
                    secret=Secret("password", password_of("wang")))  # fmt: skip
        report = take(desk, table(tmp_path, a_reading("distal", "4.4"), row(kind="case", sex="m", age="70")))
        assert codes(report) == ["exists", "exists"]
    view = desk.do(cases.case_view, case=case)
    assert (view.record.distal.total_mm, view.sex) == (31, "f")


def test_a_row_that_says_why_changes_a_reading_until_it_is_confirmed(desk: Workspace, tmp_path: Path) -> None:
    take(desk, table(tmp_path, a_case(), a_reading("proximal", "5.2"), a_reading("distal", "3.1")))
    changed = a_reading("distal", "3.3", why="source_corrected")
    assert codes(take(desk, table(tmp_path, changed))) == [""]
    assert codes(take(desk, table(tmp_path, a_reading("distal", "3.4", why="because")))) == [
        "field_code_unknown"
    ]
    case = desk.do(cases.find_case, subject="03-0001")
    view = desk.do(cases.case_view, case=case)
    assert view.record.distal.main is not None
    assert (view.record.distal.main.value_mm, view.record.distal.main.changes) == (33, 1)
    whys = {why for line in view.trail for name, _, _, why in line.changes if name == "value_mm" and why}
    assert whys == {"source_corrected"}
    for meaning, signer in (("recorded", "wang"), ("confirmed", "zhang")):
        desk.do(signing.sign, case=case, meaning=meaning, signer=signer, readback_by="zhang",
                secret=Secret("password", password_of(signer)))  # fmt: skip
    assert codes(take(desk, table(tmp_path, changed | {"length": "3.4"}))) == ["amend_needed"]


REFUSED = {
    "import_kind_unknown": row(kind="photo"),
    "subject_pattern": a_case(subject="3-1"),
    "not_a_whole_number": a_case(subject="03-0002") | {"age": "sixty"},
    "field_out_of_limits": a_case(subject="03-0002") | {"age": "612"},
    "field_code_unknown": a_case(subject="03-0002") | {"sex": "x"},
    "rand_no_missing": a_case(subject="03-0002") | {"rand_no": ""},
    "case_unknown": a_reading("distal", "3.1", subject="03-0777"),
    "field_bad_date": a_reading("distal", "3.1", measured_at="yesterday"),
    "time_needs_zone": a_reading("distal", "3.1", measured_at="2026-03-02T09:30:00"),
    "type_again": a_reading("proximal", "0.5"),
    "role_may_not": a_reading("distal", "3.1", state="fixed_unpinned", method=""),
}


@pytest.mark.parametrize("code", REFUSED)
def test_a_bad_row_is_refused_with_its_reason_and_the_good_ones_are_taken(
    code: str, desk: Workspace, tmp_path: Path
) -> None:
    bad = REFUSED[code]
    report = take(desk, table(tmp_path, a_case(), bad, a_reading("proximal", "5.2")))
    assert codes(report) == ["", code, ""]
    [refused] = report.refused
    assert (refused.line, refused.subject, refused.kind) == (3, bad["subject"], bad["kind"])
    for language in LANGUAGES:
        title, advice = explain(UserFixable(code, field=refused.field, query=refused.field), language)
        assert title
        assert advice


@pytest.mark.parametrize("change", [{"end": "middle"}, {"state": "boiled"}, {"unit": "inch"}, {"edge": "x"}])
def test_an_unknown_code_of_a_reading_is_refused_by_the_name_of_its_column(
    change: dict[str, str], desk: Workspace, tmp_path: Path
) -> None:
    take(desk, table(tmp_path, a_case()))
    [refused] = take(desk, table(tmp_path, a_reading("distal", "3.1") | change)).rows
    assert (refused.code, refused.field) == ("field_code_unknown", next(iter(change)))


@pytest.mark.parametrize(
    ("length", "query"),
    [("", "not_a_number"), ("abc", "not_a_number"), ("0", "zero"), ("-3.1", "negative"),
     ("3.14", "digits_two_decimals"), ("450", "out_of_range"), ("=1+1", "not_a_number")],
)  # fmt: skip
def test_a_length_that_cannot_be_is_refused_by_name(
    length: str, query: str, desk: Workspace, tmp_path: Path
) -> None:
    take(desk, table(tmp_path, a_case()))
    [refused] = take(desk, table(tmp_path, a_reading("distal", length))).rows
    assert (refused.code, refused.field) == ("length_refused", query)


def test_an_end_that_was_not_measured_is_taken_with_its_reason(desk: Workspace, tmp_path: Path) -> None:
    report = take(desk, table(tmp_path, a_case(), a_reading("distal", "", missing="rescue_bleeding")))
    assert codes(report) == ["", ""]
    view = desk.do(cases.case_view, case=desk.do(cases.find_case, subject="03-0001"))
    assert view.record.distal.judgement.verdict == "not_measured"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_files_of_chinese_spreadsheets_are_read(encoding: str, desk: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_bytes("kind,subject,sex,room,备注\r\ncase,03-0001,f,三号,无\r\n".encode(encoding))
    assert codes(take(desk, path)) == [""]
    view = desk.do(cases.case_view, case=desk.do(cases.find_case, subject="03-0001"))
    assert (view.room, view.arm) == ("三号", "to_follow")


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "csv_columns_missing"),
        (b"name,length\nx,1\n", "csv_columns_missing"),
        (b"kind;subject\ncase;03-0001\n", "csv_columns_missing"),
        (b"\xff\xff\xff", "csv_not_readable"),
        (b"x" * ((8 << 20) + 1), "csv_too_large"),
    ],
)
def test_a_file_that_is_no_table_of_ours_is_refused_whole(
    data: bytes, code: str, desk: Workspace, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(data)
    before = revisions(desk)
    with pytest.raises(UserFixable, match=code):
        take(desk, path)
    assert revisions(desk) == before
    with pytest.raises(UserFixable, match="csv_not_found"):
        take(desk, tmp_path / "absent.csv")


def test_empty_lines_and_quoted_commas_keep_the_line_numbers(desk: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(
        'kind,subject,sex,room\n\ncase,03-0001,f,"3, left"\n,,,\ncase,03-1,f,\n', encoding="utf-8"
    )
    report = take(desk, path)
    assert [(each.line, each.code) for each in report.rows] == [(3, ""), (5, "subject_pattern")]


_CELL = st.sampled_from([
    "", "case", "reading", "03-0001", "03-0002", "f", "61", "reduced", "conventional", "R-1", "proximal",
    "distal", "in_vivo", "fresh_unpinned", "5.2", "3.1", "0", "-1", "999", "cm", "mm", "residual_edge",
    "tape_intracorporeal", "zhang", "nobody", "=cmd()", "2026-03-02T09:30:00Z", "中", "x" * 5000, "1e9",
]) | st.text("abc019.-\u0660\u00b2\u4e00", max_size=5)  # fmt: skip


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from(COLUMNS), _CELL), max_size=6))
def test_any_table_ends_in_a_report_and_a_whole_store(
    rows: list[dict[str, str]], desk: Workspace, tmp_path: Path
) -> None:
    before = revisions(desk)
    report = take(desk, table(tmp_path, *rows))
    assert {each.kind for each in report.rows if not each.code} <= set(KINDS)
    assert revisions(desk) - before == len(report.rows) - len(report.refused)
    assert desk.do(verify_store).bad == ()


def test_a_row_that_cannot_be_read_ends_the_file_but_not_the_report(tmp_path: Path) -> None:
    desk = make_workspace(tmp_path / "home")
    desk.unlock("wang", password_of("wang"))
    path = tmp_path / "cases.csv"
    rows = ["kind,subject,sex,note", "case,03-0201,f,", f"case,03-0202,m,{'x' * 140_000}", ""]
    path.write_text("\n".join(rows), encoding="utf-8")
    report = desk.do(import_csv, path=path)
    desk.lock()
    assert (report.rows[0].line, report.rows[0].code) == (2, "")
    assert [row.code for row in report.refused] == ["csv_not_readable"]

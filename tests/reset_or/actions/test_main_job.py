"""The main job through the actions on a real encrypted store: record, judge, read back, confirm, blind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from reset_or.actions import cases, drafts, readings, signing
from reset_or.actions.context import Secret
from reset_or.actions.verifying import verify_store
from reset_or.actions.views import HIDDEN, CaseView
from reset_or.base.clock import ManualClock
from reset_or.base.errors import UserFixable
from reset_or.workspace import Workspace
from tests.fakes.site import make_workspace, password_of


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Workspace]:
    workspace = make_workspace(tmp_path / "home")
    workspace.unlock("wang", password_of("wang"))
    yield workspace
    workspace.lock()


def clock_of(workspace: Workspace) -> ManualClock:
    assert isinstance(workspace.clock, ManualClock)
    return workspace.clock


def a_case(desk: Workspace, subject: str = "03-0147", arm: str = "reduced") -> str:
    rand = "R-77" if arm != "to_follow" else ""
    return desk.do(
        cases.register_case, subject=subject, sex="f", age=61, arm=arm, rand_no=rand, rand_no_again=rand,
        room="3", tumour_length_mm=42,
    ).rec  # fmt: skip


def record(desk: Workspace, case: str, end: str, value_mm: int, **more: object) -> str:
    given = {"state": "in_vivo", "edge": "residual_edge", "method": "tape_intracorporeal"} | more
    return desk.do(
        readings.record_reading, case=case, end=end, value_mm=value_mm, entered=str(value_mm / 10), **given
    ).rec  # type: ignore[arg-type]


def view(desk: Workspace, case: str) -> CaseView:
    return desk.do(cases.case_view, case=case)


def password(user: str) -> Secret:
    return Secret("password", password_of(user))


def sign(desk: Workspace, case: str, meaning: str, user: str, readback_by: str = "") -> None:
    desk.do(
        signing.sign, case=case, meaning=meaning, signer=user, secret=password(user), readback_by=readback_by
    )


def test_a_pair_is_recorded_judged_read_back_signed_and_of_record(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    seen = view(desk, case)
    assert (seen.record.case_verdict, seen.record.status) == ("within_protocol", "provisional")
    page = desk.do(signing.read_back, case=case)
    assert page.blocked == ()
    assert [(p.user, p.may_confirm) for p in page.people if p.user in ("wang", "zhang")] == [
        ("wang", False), ("zhang", True),
    ]  # fmt: skip
    desk.do(
        signing.sign,
        case=case,
        meaning="recorded",
        signer="wang",
        secret=password("wang"),
        readback_by="zhang",
    )
    assert view(desk, case).lifecycle == "signed"
    desk.unlock("zhang", password_of("zhang"))
    [row] = desk.do(signing.to_sign)
    assert (row.subject, row.meaning) == ("03-0147", "confirmed")
    sign(desk, case, "confirmed", "zhang")
    seen = view(desk, case)
    assert (seen.record.status, seen.lifecycle, seen.arm_confirmed) == ("of_record", "confirmed", True)
    assert [s.name for s in seen.signatures] == ["Wang Min", "Zhang San"]
    assert desk.do(signing.to_sign) == ()
    with pytest.raises(UserFixable, match="amend_needed"):
        desk.do(readings.undo_reading, reading=seen.record.distal.main.rec)  # type: ignore[union-attr]


def test_the_recorder_cannot_confirm_and_nobody_confirms_before_recording(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    with pytest.raises(UserFixable, match="not_recorded_yet"):
        desk.do(signing.sign, case=case, meaning="confirmed", signer="zhang", secret=password("zhang"))
    with pytest.raises(UserFixable, match="signer_is_author"):
        desk.do(signing.sign, case=case, meaning="confirmed", signer="wang", secret=password("wang"))
    with pytest.raises(UserFixable, match="open_wrong_password"):
        desk.do(
            signing.sign,
            case=case,
            meaning="recorded",
            signer="wang",
            secret=Secret("password", "nonsense"),
            readback_by="zhang",
        )


def test_changes_before_confirmation_are_kept_counted_and_undone_by_name(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    distal = record(desk, case, "distal", 26)
    desk.do(readings.change_reading, reading=distal, value_mm=22, entered="2.2")
    end = view(desk, case).record.distal
    assert end.main is not None
    assert (end.main.value_mm, end.main.undo_to_mm, end.main.changes) == (22, 26, 1)
    assert end.judgement.verdict == "short_warning"
    assert end.judgement.needs_reason
    assert desk.do(signing.read_back, case=case).blocked == ("reason_missing",)
    desk.do(readings.undo_reading, reading=distal)
    end = view(desk, case).record.distal
    assert end.main is not None
    assert (end.main.value_mm, end.main.changes) == (26, 2)
    lines = [change for line in view(desk, case).trail for change in line.changes if change[0] == "value_mm"]
    assert lines == [
        ("value_mm", "", "52", ""), ("value_mm", "", "26", ""),
        ("value_mm", "26", "22", "before_confirmation"), ("value_mm", "22", "26", "undo"),
    ]  # fmt: skip


def test_doubtful_values_must_be_typed_again_and_impossible_ones_are_refused(desk: Workspace) -> None:
    case = a_case(desk)
    for value_mm, code, query in ((5, "type_again", "decimal_slip"), (450, "length_refused", "out_of_range")):
        with pytest.raises(UserFixable, match=code) as caught:
            record(desk, case, "proximal", value_mm)
        assert caught.value.details["query"] == query
    record(desk, case, "proximal", 5, retyped=True)
    with pytest.raises(UserFixable, match="swapped_ends"):
        record(desk, case, "distal", 31)


def test_the_clock_asks_but_never_disables_a_state(desk: Workspace) -> None:
    case = a_case(desk)
    desk.do(cases.mark_removed, case=case)
    clock_of(desk).advance(11 * 60_000)
    with pytest.raises(UserFixable, match="measured_after_removal"):
        record(desk, case, "proximal", 52)
    record(desk, case, "proximal", 52, typed_later=True)
    record(desk, case, "distal", 26, state="fresh_unpinned")
    seen = view(desk, case)
    assert seen.record.proximal.main is not None
    assert seen.record.proximal.main.typed_later
    assert seen.specimen.distal.main is not None
    assert (seen.specimen.distal.main.state, seen.specimen.distal.main.removed_min) == (
        "fresh_unpinned_late",
        11,
    )
    assert (seen.record.status, seen.specimen.distal.judgement.plate) == ("incomplete", "hatched")


def test_without_arm_readings_are_taken_and_judged_when_it_arrives(desk: Workspace) -> None:
    case = a_case(desk, arm="to_follow")
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    assert view(desk, case).record.status == "no_verdict"
    with pytest.raises(UserFixable, match="rand_no_differs"):
        desk.do(cases.set_allocation, case=case, arm="reduced", rand_no="R-1", rand_no_again="R-2")
    desk.do(cases.set_allocation, case=case, arm="reduced", rand_no="R-1", rand_no_again="R-1")
    seen = view(desk, case)
    assert seen.record.case_verdict == "within_protocol"
    with pytest.raises(UserFixable, match="allocation_known"):
        desk.do(cases.set_allocation, case=case, arm="conventional", rand_no="R-1", rand_no_again="R-1")


def test_a_pathologist_is_blind_until_the_own_readings_are_signed(
    desk: Workspace,
) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    desk.do(cases.mark_removed, case=case)
    clock_of(desk).advance(60_000)
    desk.unlock("li", password_of("li"))
    seen = view(desk, case)
    assert (seen.arm, seen.blinded, seen.readings, seen.record.status) == (HIDDEN, True, (), "")
    assert "reduced" not in repr(seen)
    assert "52" not in repr([line.changes for line in seen.trail])
    [row] = desk.do(cases.case_rows)
    assert (row.arm, row.margins, row.specimen_waiting, row.next_step) == (HIDDEN, "none", True, "measure")
    record(desk, case, "proximal", 44, state="fresh_unpinned", method="rigid_ruler_ex_vivo")
    record(desk, case, "distal", 26, state="fresh_unpinned", method="rigid_ruler_ex_vivo")
    assert view(desk, case).arm == HIDDEN
    desk.do(signing.sign, case=case, meaning="measured", signer="li", secret=password("li"), step="specimen")
    seen = view(desk, case)
    assert (seen.arm, seen.blinded, seen.record.proximal.total_mm) == ("reduced", False, 52)
    [row] = desk.do(cases.case_rows)
    assert row.arm == "reduced"


def test_roles_are_held_before_anything_is_written(desk: Workspace) -> None:
    case = a_case(desk)
    with pytest.raises(UserFixable, match="role_may_not"):
        record(desk, case, "distal", 20, state="fixed_unpinned")
    desk.unlock("li", password_of("li"))
    with pytest.raises(UserFixable, match="role_may_not"):
        record(desk, case, "distal", 31)
    with pytest.raises(UserFixable, match="role_may_not"):
        desk.do(cases.update_case, case=case, fields={"room": "5"})


def test_drafts_are_kept_for_the_person_and_removed_by_the_save(desk: Workspace) -> None:
    case = a_case(desk)
    desk.do(drafts.save_draft, page="margins", case=case, data={"distal": "3"})
    desk.lock()
    desk.unlock("wang", password_of("wang"))
    assert desk.do(drafts.load_draft, page="margins", case=case) == {"distal": "3"}
    record(desk, case, "distal", 31, draft_page="margins")
    assert desk.do(drafts.load_draft, page="margins", case=case) is None


def test_not_measured_completes_a_page_without_inventing_a_length(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    assert desk.do(signing.read_back, case=case).blocked == ("end_missing",)
    desk.do(readings.not_measured, case=case, end="distal", state="in_vivo", missing="rescue_bleeding")
    assert desk.do(signing.read_back, case=case).blocked == ()
    assert view(desk, case).record.distal.judgement.verdict == "not_measured"


def test_extra_segments_are_summed_with_their_parts(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "distal", 23)
    record(desk, case, "distal", 9, segment="extra")
    end = view(desk, case).record.distal
    assert (end.total_mm, len(end.extras), end.judgement.verdict) == (32, 1, "within_protocol")


def test_a_safety_line_is_acknowledged_by_name_before_signing(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    distal = record(desk, case, "distal", 15)
    desk.do(readings.set_reason, reading=distal, reason="perfusion")
    assert view(desk, case).record.safety == "safety_alert"
    assert desk.do(signing.read_back, case=case).blocked == ("safety_not_seen",)
    desk.do(readings.acknowledge_safety, case=case, by="zhang")
    assert desk.do(signing.read_back, case=case).blocked == ()


def test_pins_sign_only_for_people_who_gave_the_password(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    desk.set_pin("wang", "904417")
    with pytest.raises(UserFixable, match="wrong_pin"):
        desk.do(
            signing.sign,
            case=case,
            meaning="recorded",
            signer="wang",
            secret=Secret("pin", "111222"),
            readback_by="zhang",
        )
    pin = Secret("pin", "904417")
    desk.do(signing.sign, case=case, meaning="recorded", signer="wang", secret=pin, readback_by="zhang")
    with pytest.raises(UserFixable, match="not_signed_in"):
        desk.do(signing.sign, case=case, meaning="confirmed", signer="zhang", secret=Secret("pin", "904417"))
    assert view(desk, case).signatures[0].reauth == "pin"


def test_the_store_verifies_from_end_to_end(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    found = desk.do(verify_store)
    assert found.bad == ()
    assert found.revisions >= 6


def test_wrong_passwords_while_locked_stand_in_the_trail_after_the_next_sign_in(desk: Workspace) -> None:
    desk.lock()
    for _ in range(2):
        with pytest.raises(UserFixable, match="open_wrong_password"):
            desk.unlock("wang", "not the password")
    desk.unlock("wang", password_of("wang"))
    events = [json.loads(row.fields) for row in desk.context.store.records(form="event")]
    assert {"what": "failed_login", "count": 2} in events


def test_an_extra_ring_measured_on_the_table_makes_the_sum_an_estimate(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "distal", 23)
    record(desk, case, "distal", 9, segment="extra", state="fresh_unpinned")
    end = view(desk, case).record.distal
    assert (end.total_mm, end.judgement.in_vivo_mm, end.judgement.plate) == (32, 34, "hatched")


def test_another_length_asks_for_the_safety_line_again(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    distal = record(desk, case, "distal", 15)
    desk.do(readings.set_reason, reading=distal, reason="perfusion")
    desk.do(readings.acknowledge_safety, case=case, by="zhang")
    desk.do(readings.change_reading, reading=distal, value_mm=12, entered="1.2")
    assert desk.do(signing.read_back, case=case).blocked == ("safety_not_seen",)


def test_the_specimens_clock_does_not_spoil_a_signature(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    sign(desk, case, "recorded", "wang", readback_by="zhang")
    desk.do(cases.mark_removed, case=case)
    assert [s.covers_current for s in view(desk, case).signatures] == [True]


def test_after_confirmation_the_case_changes_only_where_the_record_does_not(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    sign(desk, case, "recorded", "wang", readback_by="zhang")
    sign(desk, case, "confirmed", "zhang")
    with pytest.raises(UserFixable, match="amend_needed"):
        desk.do(cases.update_case, case=case, fields={"tumour_length_mm": 10})
    desk.do(cases.update_case, case=case, fields={"room": "7"})
    desk.do(cases.mark_removed, case=case)
    seen = view(desk, case)
    assert (seen.record.status, seen.room) == ("of_record", "7")


def test_whoever_records_names_a_colleague_who_confirmed_aloud(desk: Workspace) -> None:
    case = a_case(desk)
    record(desk, case, "proximal", 52)
    record(desk, case, "distal", 31)
    for named, code in (
        ("", "readback_missing"),
        ("wang", "readback_by_unknown"),
        ("eve", "readback_by_unknown"),
    ):
        with pytest.raises(UserFixable, match=code):
            sign(desk, case, "recorded", "wang", readback_by=named)
    sign(desk, case, "recorded", "wang", readback_by="chen")


def test_theatre_and_the_bench_do_not_change_each_others_fresh_readings(desk: Workspace) -> None:
    case = a_case(desk)
    mine = record(desk, case, "distal", 26, state="fresh_unpinned")
    desk.unlock("li", password_of("li"))
    with pytest.raises(UserFixable, match="role_may_not"):
        desk.do(readings.change_reading, reading=mine, value_mm=27, entered="2.7")
    record(desk, case, "distal", 27, state="fresh_unpinned")

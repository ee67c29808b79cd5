"""Who may write what: one test per cell of the table."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from reset_or.base.ids import person_rec, site_rec
from reset_or.revisions.authority import ATTACHED_STATES, allows, may_write, same_side, states_of
from reset_or.revisions.revision import FieldChange, Revision
from reset_or.revisions.statements import ROLES, SITE_ROLES

STUDY, SITE, REC, CASE, DEV = "RESET-TEST", "03", "ab" * 16, "cd" * 16, "ef" * 32
FORMS = ("case", "photo", "specimen", "site")


@pytest.mark.parametrize(("role", "form"), list(itertools.product(sorted(ROLES), FORMS)))
def test_the_table_of_forms_cell_by_cell(role: str, form: str) -> None:
    photographers = {"surgeon", "or_nurse", "pathologist"}
    allowed = {"case": {"surgeon", "or_nurse"}, "photo": photographers, "specimen": photographers}
    allowed["site"] = {"centre_admin", "site_admin"}
    for act in ("create", "update", "withdraw", "merge"):
        assert may_write(role, form, act) == (role in allowed[form])
    assert not may_write(role, form, "freeze")
    signs = form in ("case", "specimen") and role in SITE_ROLES
    assert may_write(role, form, "sign") == signs


@pytest.mark.parametrize(
    ("state", "writers"),
    [
        ("in_vivo", {"surgeon", "or_nurse"}),
        ("exteriorised", {"surgeon", "or_nurse"}),
        ("fresh_unpinned", {"surgeon", "or_nurse", "pathologist"}),
        ("fresh_unpinned_late", {"surgeon", "or_nurse", "pathologist"}),
        ("fresh_pinned", {"surgeon", "or_nurse", "pathologist"}),
        ("fixing", {"pathologist"}),
        ("fixed_pinned", {"pathologist"}),
        ("fixed_unpinned", {"pathologist"}),
        ("histology", {"pathologist"}),
        ("in_vivo_plan", set()),
    ],
)
def test_the_table_of_readings_cell_by_cell(state: str, writers: set[str]) -> None:
    assert {role for role in ROLES if may_write(role, "reading", "create", state=state)} == writers
    assert {role for role in ROLES if state in states_of(role)} == writers
    # A photograph is calibrated by whoever may read that state of a specimen; nothing is, before removal.
    calibrates = writers if state not in ATTACHED_STATES else set()
    for act in ("create", "update", "withdraw", "merge"):
        found = {role for role in ROLES if may_write(role, "calibration", act, state=state)}
        assert found == calibrates


def test_a_calibration_belongs_to_a_state_and_to_the_side_that_made_it() -> None:
    assert not [role for role in ROLES if may_write(role, "calibration", "create")]
    for theatre in ("surgeon", "or_nurse"):
        assert same_side("calibration", theatre, "surgeon")
        assert not same_side("calibration", theatre, "pathologist")
        assert not same_side("calibration", "pathologist", theatre)


def test_a_specimen_is_attached_to_a_subject_of_its_own_site() -> None:
    made = Revision(
        STUDY, SITE, REC, "specimen", "update", "bob", "surgeon", DEV, 1,
        chg={"attached_to": FieldChange(None, "03-0147")},
    )  # fmt: skip
    assert allows(made, "")
    assert allows(replace(made, chg={"attached_to": FieldChange("03-0147", None)}), "")
    assert not allows(replace(made, chg={"attached_to": FieldChange(None, "04-0147")}), "")


def test_a_site_has_one_name() -> None:
    name = Revision(
        STUDY, SITE, site_rec(STUDY, SITE), "site", "create", "admin", "centre_admin", DEV, 1,
        chg={"name": FieldChange(None, "中山大学附属第六医院")},
    )  # fmt: skip
    assert allows(name, "")
    assert not allows(replace(name, rec=site_rec(STUDY, "04")), "")
    assert not allows(replace(name, role="surgeon"), "")


def test_nobody_writes_anothers_printed_name_and_a_photo_has_a_file() -> None:
    name = Revision(
        STUDY, SITE, person_rec(STUDY, SITE, "alice"), "person", "update", "bob", "surgeon", DEV, 1,
        chg={"name": FieldChange("Alice", "Mallory")},
    )  # fmt: skip
    assert not allows(name, "")
    assert allows(replace(name, user="alice"), "")
    photo = Revision(STUDY, SITE, REC, "photo", "create", "bob", "surgeon", DEV, 1, case=CASE)
    assert not allows(photo, "")

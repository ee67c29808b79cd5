"""What a site is called: stated once by the centre, known on its computers, in every image that leaves."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pydicom
import pytest

from reset_or.actions import dicom_export, photos
from reset_or.actions.context import Person
from reset_or.actions.site_name import name_site, site_name
from reset_or.base.errors import UserFixable
from reset_or.images.intake import take_in
from tests.fakes.site import make_workspace, password_of
from tests.fakes.workstations import Ground, Station, quiet, register
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import complaints

NAME = "中山大学附属第六医院"


def images(station: Station, case: str) -> list[bytes]:
    gathered = station.workspace.do(dicom_export.gather, case=case)
    return [each.data for each in dicom_export.built(gathered)]


def names_in(files: list[bytes]) -> set[str]:
    return {str(pydicom.dcmread(io.BytesIO(data)).ClinicalTrialSiteName) for data in files}


def test_the_centre_states_it_once_and_images_say_it(ground: Ground, tmp_path: Path) -> None:
    theatre, bench = ground.workstations(("zhang", "wang"), ("li",))
    admin = ground.admin()
    case = register(theatre, "03-0001")
    taken = take_in(make.jpeg())
    theatre.workspace.do(photos.attach_photo, case=case, taken=taken, state="fresh_unpinned")
    assert names_in(images(theatre, case)) == {""}
    admin.workspace.do(name_site, site="03", name=f" {NAME}\t ")
    quiet(admin, theatre, bench)
    assert [site_name(each.ctx) for each in (theatre, bench, admin)] == [NAME, NAME, ""]
    found = images(theatre, case)
    assert names_in(found) == {NAME}
    assert [complaints(data, tmp_path) for data in found] == [[]] * len(found)
    admin.workspace.do(name_site, site="03", name="The Sixth Affiliated Hospital")
    quiet(admin, bench)
    assert site_name(bench.ctx) == "The Sixth Affiliated Hospital"
    assert site_name(theatre.ctx) == NAME  # it has not asked since


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"name": " \t"}, "field_bad_text"),
        ({"name": "\x07"}, "field_bad_text"),
        ({"name": "院" * 65}, "field_too_long"),
        ({"site": "00"}, "site_pattern"),
        ({"site": "3"}, "site_pattern"),
        ({"site": "04"}, "site_not_begun"),
    ],
)
def test_a_name_that_cannot_be_is_refused(ground: Ground, said: dict[str, Any], code: str) -> None:
    ground.workstations(("zhang",))
    with pytest.raises(UserFixable, match=code):
        ground.admin().workspace.do(name_site, **{"site": "03", "name": NAME} | said)


def test_only_an_administrator_states_it(tmp_path: Path) -> None:
    people = {"sun": Person("sun", "site_admin", "Sun"), "zhang": Person("zhang", "surgeon", "Zhang")}
    workspace = make_workspace(tmp_path / "home", people=people)
    workspace.unlock("zhang", password_of("zhang"))
    with pytest.raises(UserFixable, match="role_may_not"):
        workspace.do(name_site, site="03", name=NAME)
    assert site_name(workspace.context) == ""
    workspace.unlock("sun", password_of("sun"))
    workspace.do(name_site, site="03", name=NAME)
    assert site_name(workspace.context) == NAME
    with pytest.raises(UserFixable, match="nothing_changed"):
        workspace.do(name_site, site="03", name=NAME)
    workspace.lock()

"""The centre's own work: the ceremony, sites and codes, admission with six words, reading with its key."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest

from reset_or.actions import centre
from reset_or.actions.installation import identities
from reset_or.actions.people import names
from reset_or.base.clock import ManualClock
from reset_or.base.errors import ResetOrError, TrustBroken, UserFixable
from reset_or.base.paths import Home
from reset_or.keys.custody import open_identity_file, open_signing_file
from reset_or.keys.pepper import MemoryKeyStore
from reset_or.keys.slots import QUICK_COST
from reset_or.revisions import signing
from reset_or.revisions.envelope import open_sealed
from reset_or.revisions.revision import read_plaintext
from reset_or.wire import invites
from reset_or.wire.client import Client
from reset_or.wire.trial_file import read_trial
from tests.fakes.workstations import PASSPHRASE, PEOPLE, Centre, Ground, measure, register


def code_of(caught: pytest.ExceptionInfo[ResetOrError]) -> str:
    return caught.value.code


def some_keys(code: str) -> invites.AnswerKeys:
    box = str(pyrage.x25519.Identity.generate().to_public())
    return invites.AnswerKeys(
        invites.invite_id(code), "RESET-TEST", "03", b"\1" * 32, box, (("zhang", b"\2" * 32),)
    )


def test_the_ceremony_leaves_four_keys_and_a_trial_that_verifies(centre_made: Centre) -> None:
    secret = centre_made.folder / "secret"
    files = {path.name: path.read_bytes() for path in secret.iterdir()}
    assert set(files) == {"root.age", "escrow.age", "centre-data.age", "server.age"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in secret.iterdir())
    trial = read_trial((centre_made.folder / "public" / "trial.json").read_bytes())
    directory = trial.directory()
    root = open_signing_file(files["root.age"], PASSPHRASE)
    assert signing.public_bytes(root) == trial.root
    recipients = directory.recipients("00")
    for name, recipient in (("escrow", recipients.escrow), ("centre-data", recipients.centre)):
        identity = open_identity_file(files[f"{name}.age"], PASSPHRASE)
        assert str(pyrage.x25519.Identity.from_str(identity).to_public()) == recipient
    server = open_signing_file(files["server.age"], PASSPHRASE)
    assert directory.server_keys() == [signing.public_bytes(server)]
    assert directory.people("00") == {"admin": "centre_admin"}
    with pytest.raises(UserFixable) as caught:
        open_signing_file(files["root.age"], "another passphrase altogether")
    assert code_of(caught) == "wrong_passphrase"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"admin": "Admin Zhang"}, "user_pattern"),
        ({"password": "short"}, "password_too_short"),
        ({"passphrase": "short"}, "password_too_short"),
    ],
)
def test_a_ceremony_that_cannot_go_on_leaves_nothing(
    tmp_path: Path, change: dict[str, str], code: str
) -> None:
    said = {"admin": "admin", "password": "heron-over-quiet-water", "passphrase": PASSPHRASE} | change
    with pytest.raises(UserFixable) as caught:
        centre.init(
            tmp_path / "trial", Home(tmp_path / "home"), study="RESET-TEST", server_url="", admin_name="A",
            key_store=MemoryKeyStore(), clock=ManualClock(), cost=QUICK_COST, **said,
        )  # fmt: skip
    assert code_of(caught) == code
    assert list(tmp_path.iterdir()) == []


def test_a_trial_is_never_made_over_another(centre_made: Centre, tmp_path: Path) -> None:
    with pytest.raises(UserFixable) as caught:
        centre.init(
            centre_made.folder, Home(tmp_path / "home"), study="RESET-TEST", server_url="", admin="admin",
            admin_name="A", password="heron-over-quiet-water", passphrase=PASSPHRASE,
            key_store=MemoryKeyStore(), clock=ManualClock(), cost=QUICK_COST,
        )  # fmt: skip
    assert code_of(caught) == "centre_exists"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"site": "00"}, "site_pattern"),
        ({"site": "3"}, "site_pattern"),
        ({"devices": 0}, "devices_count"),
        ({"people": []}, "nobody_named"),
        ({"people": [("zhang", "surgeon"), ("zhang", "or_nurse")]}, "nobody_named"),
        ({"people": [("Zhang San", "surgeon")]}, "user_pattern"),
        ({"people": [("zhang", "centre_admin")]}, "role_unknown"),
    ],
)
def test_a_site_that_cannot_be_is_refused(ground: Ground, said: dict[str, object], code: str) -> None:
    admin = ground.admin()
    asked = {"site": "03", "people": [("zhang", "surgeon")], "devices": 1} | said
    with pytest.raises(UserFixable) as caught:
        centre.add_site(admin.ctx, transport=admin.transport, **asked)  # type: ignore[arg-type]
    assert code_of(caught) == code
    assert admin.ctx.directory.sites() == ["00"]


def test_only_the_centres_administrator_adds_sites(ground: Ground) -> None:
    (surgeon,) = ground.workstations(["zhang"])
    with pytest.raises(UserFixable) as caught:
        centre.add_site(surgeon.ctx, transport=surgeon.transport, site="04", people=[("li", "pathologist")])
    assert code_of(caught) == "role_may_not"


def test_a_second_call_for_a_site_keeps_its_key(ground: Ground) -> None:
    ground.codes(devices=1)
    key = identities(ground.admin().ctx.store, "03")
    ground.codes(devices=2)
    assert identities(ground.admin().ctx.store, "03") == key


def test_admission_shows_the_same_six_words_and_asks(ground: Ground) -> None:
    first, second = ground.codes(devices=2)
    station = ground.enrol(first, ["zhang", "wang"], "a")
    admin, asked = ground.admin(), list[centre.Asking]()

    def refuse(asking: centre.Asking) -> bool:
        asked.append(asking)
        return False

    found = centre.admit(admin.ctx, transport=admin.transport, site="03", accept=refuse)
    assert sorted(each.state for each in found) == ["asking", "waiting"]
    assert [(p.user, p.role) for p in asked[0].people] == [("zhang", "surgeon"), ("wang", "or_nurse")]
    assert station.sync().problem == "device_not_admitted"
    found = ground.admit()
    assert sorted(each.state for each in found) == ["admitted", "waiting"]
    assert next(each.words for each in found if each.state == "admitted") == asked[0].words
    station.good_sync()
    assert station.ctx.directory.people("03") == {"zhang": "surgeon", "wang": "or_nurse"}
    assert [each.state for each in ground.admit()] == ["waiting"]
    assert second


def test_keys_that_the_server_swapped_are_refused_before_anybody_is_asked(ground: Ground) -> None:
    """A server that makes its own answer knows the invite's id but not the code."""
    (code,) = ground.codes()
    plain = invites.read_code(code)
    keys = some_keys(plain)
    Client(ground.admin().transport, None).answer_post(
        invites.invite_id(plain), invites.seal_answer(invites.new_code(), keys)
    )
    admin = ground.admin()
    found = centre.admit(
        admin.ctx, transport=admin.transport, site="03", accept=lambda _asking: pytest.fail("was asked")
    )
    assert [each.state for each in found] == ["refused"]
    assert admin.ctx.directory.devices("03") == []


@pytest.mark.parametrize("change", ["site", "study", "people"])
def test_an_answer_for_something_else_is_refused(ground: Ground, change: str) -> None:
    (code,) = ground.codes()
    plain = invites.read_code(code)
    keys = some_keys(plain)
    other = {"site": "04", "study": "OTHER", "people": (("mallory", b"\3" * 32),)}[change]
    keys = replace(keys, **{change: other})
    admin = ground.admin()
    Client(admin.transport, None).answer_post(invites.invite_id(plain), invites.seal_answer(plain, keys))
    assert [each.state for each in ground.admit()] == ["refused"]


def test_an_invitation_ends_after_three_days(ground: Ground) -> None:
    (code,) = ground.codes()
    ground.enrol(code, ["zhang"], "a")
    ground.clock.advance(invites.LIFETIME_MS)
    assert [each.state for each in ground.admit()] == ["expired"]


def test_the_centre_reads_everything_with_its_own_key(ground: Ground, tmp_path: Path) -> None:
    surgeon, pathologist = ground.workstations(["zhang", "wang"], ["li"])
    case = register(surgeon, "03-0001")
    measure(surgeon, case, "distal", 46)
    surgeon.good_sync()
    pathologist.good_sync()
    admin = ground.admin()
    admin.good_sync()
    identity = centre.open_identity(ground.centre.folder / "secret" / "centre-data.age", PASSPHRASE)
    lines = [json.loads(line) for line in centre.read(admin.ctx, identity=identity)]
    assert not [line for line in lines if "trouble" in line]
    assert {line["standing"] for line in lines} == {"certified"}
    reading = next(line for line in lines if line["form"] == "reading")
    assert reading["changes"]["value_mm"] == {"new": 46}
    assert (reading["subject"], reading["user"], reading["site"]) == ("03-0001", "zhang", "03")
    written = {row.rev_id for row in surgeon.ctx.store.audit(0, 10_000)}
    assert {line["rev_id"] for line in lines if line["site"] == "03"} == written
    only = [json.loads(line) for line in centre.read(admin.ctx, identity=identity, site="00")]
    assert {line["site"] for line in only} == {"00"}
    count = centre.read_raw(admin.ctx, tmp_path / "raw", site="03")
    files = list((tmp_path / "raw").iterdir())
    assert len(files) == count == len(written)
    found = {read_plaintext(open_sealed(path.read_bytes(), [identity])).rev_id for path in files}
    assert found == written
    assert names(admin.ctx)["admin"] == "Centre Admin"
    assert PEOPLE["zhang"][1] in names(admin.ctx).values()


def test_reading_needs_the_centres_key(ground: Ground) -> None:
    admin = ground.admin()
    other = str(pyrage.x25519.Identity.generate())
    escrow = centre.open_identity(ground.centre.folder / "secret" / "escrow.age", PASSPHRASE)
    for identity in (other, escrow, "AGE-SECRET-KEY-1NONSENSE"):
        with pytest.raises(UserFixable) as caught:
            list(centre.read(admin.ctx, identity=identity))
        assert code_of(caught) == "identity_other"
    with pytest.raises(TrustBroken) as strange:
        centre.open_identity(ground.centre.folder / "public" / "trial.json", PASSPHRASE)
    assert code_of(strange) == "custody_file_strange"

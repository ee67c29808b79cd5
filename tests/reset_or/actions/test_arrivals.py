"""What arrives from a colleague's computer with valid keys but without the right: kept, counted, not used.

Two real workstations and the real server; the forger has an enrolled device and signs with own programs.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.actions import casefiles, cases, centre_reading, signing
from reset_or.actions.context import Secret
from reset_or.actions.people import names
from reset_or.actions.views import CaseView
from reset_or.base.errors import UserFixable
from reset_or.base.ids import new_rec, person_rec
from reset_or.revisions import envelope
from reset_or.revisions.revision import FieldChange, Revision, Sig, read_inner, sign_revision
from tests.fakes.workstations import (
    PASSPHRASE,
    PEOPLE,
    Ground,
    Station,
    measure,
    password_of,
    quiet,
    register,
)

NEW = FieldChange


def forge(station: Station, user: str, *, key: Ed25519PrivateKey | None = None, **said: Any) -> str:
    """Appends a revision that no action of ours would write."""
    ctx = station.ctx
    base = {
        "study": ctx.study, "site": ctx.site, "user": user, "role": PEOPLE[user][0], "dev": ctx.device.dev,
        "at": ctx.clock.now_at(),
    }  # fmt: skip
    signed = sign_revision(Revision(**(base | said)), key or ctx.people.signing_key(user))
    head, to = ctx.store.chain_head(ctx.site, ctx.device.dev), ctx.directory.recipients(ctx.site)
    sealed = envelope.sign_envelope(
        ctx.device.sign, study=ctx.study, site=ctx.site, kind="rev", n=head.n + 1, prev=head.env_id,
        epoch=to.epoch, body=envelope.seal(signed.plaintext(), to.as_list()),
    )  # fmt: skip
    with ctx.store.transaction() as unit:
        unit.append(sealed, signed)
    return signed.rev_id


def view(station: Station, case: str) -> CaseView:
    return station.workspace.do(cases.case_view, case=case)


def signed(station: Station, case: str, meaning: str, user: str) -> None:
    secret = Secret("password", password_of(user))
    aloud = ("zhang" if user == "wang" else "wang") if meaning == "recorded" else ""
    station.workspace.do(
        signing.sign, case=case, meaning=meaning, signer=user, secret=secret, readback_by=aloud
    )


def recorded(station: Station, subject: str) -> tuple[str, tuple[str, ...]]:
    """A pair that zhang recorded and signed; the case and what a second person would have to sign."""
    case = register(station, subject)
    measure(station, case, "proximal", 102)
    measure(station, case, "distal", 52)
    signed(station, case, "recorded", "zhang")
    rows = station.ctx.store.revisions_of_case(case)
    return case, tuple(row.rev_id for row in rows if row.act == "create")


def confirmation(ids: tuple[str, ...]) -> dict[str, Any]:
    return {"form": "case", "act": "sign", "sig": Sig(ids, "confirmed", "Somebody", "pin")}


@pytest.fixture
def stations(ground: Ground) -> tuple[Station, Station]:
    theatre, bench = ground.workstations(("zhang", "wang"), ("li",))
    return theatre, bench


def test_who_measured_cannot_confirm_and_a_key_that_nobody_certified_makes_nothing_of_record(
    ground: Ground, stations: tuple[Station, Station]
) -> None:
    theatre, bench = stations
    case, ids = recorded(theatre, "03-0001")
    quiet(theatre, bench)
    forge(theatre, "zhang", rec=case, **confirmation(ids))
    forge(bench, "wang", key=Ed25519PrivateKey.generate(), rec=case, **confirmation(ids))
    quiet(bench, theatre)
    seen = view(theatre, case)
    assert (seen.lifecycle, seen.record.status, seen.not_authorised) == ("signed", "provisional", 1)
    assert [s.meaning for s in seen.signatures] == ["recorded"]
    doubtful = {(line.user, line.standing) for line in seen.trail if line.standing != "certified"}
    assert doubtful == {("zhang", "unauthorised"), ("wang", "uncertified")}
    signed(theatre, case, "confirmed", "wang")
    assert view(theatre, case).record.status == "of_record"


def test_what_a_role_does_not_cover_is_shown_counted_and_not_used_here_and_at_the_centre(
    ground: Ground, stations: tuple[Station, Station]
) -> None:
    theatre, bench = stations
    case = register(theatre, "03-0002")
    reading = measure(theatre, case, "proximal", 102)
    quiet(theatre, bench)
    beginning = tuple(row.rev_id for row in bench.ctx.store.revisions(reading))
    forged = {
        forge(bench, "li", rec=case, form="case", act="update", chg={"arm": NEW("conventional", "reduced")}),
        forge(
            bench, "li", rec=new_rec(), case=case, form="reading", act="create",
            chg={"end": NEW(None, "distal"), "value_mm": NEW(None, 52), "state": NEW(None, "in_vivo")},
        ),
        forge(
            bench, "li", rec=reading, case=case, form="photo", act="update", parents=beginning,
            chg={"state": NEW("in_vivo", "exteriorised")},
        ),
        forge(bench, "li", rec=new_rec(), case=case, form="photo", act="create"),
    }  # fmt: skip
    forge(
        bench, "li", rec=person_rec(bench.ctx.study, "03", "wang"), form="person", act="update",
        chg={"name": NEW("Wang Min", "Mallory")},
    )  # fmt: skip
    quiet(bench, theatre)
    seen = view(theatre, case)
    assert (seen.arm, seen.photos, seen.not_authorised) == ("conventional", (), 4)
    assert [(r.value_mm, r.state) for r in seen.readings] == [(102, "in_vivo")]
    assert {line.rev_id for line in seen.trail if line.standing == "unauthorised"} == forged
    assert names(theatre.ctx)["wang"] == "Wang Min"
    admin = ground.admin()
    admin.good_sync()
    secret = ground.centre.folder / "secret" / "centre-data.age"
    identity = centre_reading.open_identity(secret, PASSPHRASE)
    lines = [json.loads(line) for line in centre_reading.read(admin.ctx, identity=identity)]
    assert {line["rev_id"] for line in lines if line["standing"] == "unauthorised"} >= forged


def test_the_questions_at_entry_do_not_tell_a_blinded_person_the_arm(
    stations: tuple[Station, Station],
) -> None:
    theatre, bench = stations
    told = []
    for subject, arm in (("03-0003", "reduced"), ("03-0004", "conventional")):
        case = register(theatre, subject, arm=arm)
        measure(theatre, case, "proximal", 25, "fresh_unpinned")
        quiet(theatre, bench)
        for value_mm in (3, 26):  # ten times off in one arm only; longer than the surgeon's proximal
            try:
                rec = measure(bench, case, "distal", value_mm, "fresh_unpinned")
            except UserFixable as error:
                told.append((value_mm, error.code, error.details.get("query")))
            else:
                row = bench.ctx.store.revisions(rec)[0]
                chg = read_inner(row.inner, row.signature, row.key_id).revision.chg
                told.append((value_mm, "saved", chg["arm_seen"].new))
    assert told == [(3, "type_again", "soft_limit"), (26, "saved", False)] * 2


def test_an_arm_written_by_the_surgeon_is_confirmed_by_the_nurse_who_read_it_back(
    stations: tuple[Station, Station],
) -> None:
    theatre, _ = stations
    case = register(theatre, "03-0005")
    secret = Secret("password", password_of("wang"))
    theatre.workspace.switch_active("wang", secret)
    for end, value_mm in (("proximal", 102), ("distal", 52)):
        measure(theatre, case, end, value_mm)
    signed(theatre, case, "recorded", "wang")
    assert casefiles.need(theatre.ctx, case).arm_confirmed
    signed(theatre, case, "confirmed", "zhang")
    assert (view(theatre, case).lifecycle, view(theatre, case).record.status) == ("confirmed", "of_record")

"""The fold: order-free, clock-free, nothing lost, conflicts kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import case_rec
from reset_or.revisions import signing
from reset_or.revisions.authority import allows
from reset_or.revisions.directory import Directory, When
from reset_or.revisions.history import Placed, RecordState, Standing, author_standing, fold
from reset_or.revisions.revision import FieldChange, Revision, Sig, SignedRevision, sign_revision
from reset_or.revisions.statements import ROLES, Statement, sign_statement
from reset_or.wire.erase_order import new_order

ROOT, ADMIN, ALICE, BOB, DEVICE = (Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in range(1, 6))
STUDY, SITE, REC, CASE = "RESET-TEST", "03", "ab" * 16, "cd" * 16
DEV = signing.key_id(signing.public_bytes(DEVICE))


def revision(
    key: Ed25519PrivateKey = ALICE,
    *,
    user: str = "alice",
    role: str = "surgeon",
    parents: tuple[str, ...] = (),
    at: int = 1_000,
    form: str = "reading",
    act: str = "update",
    sig: Sig | None = None,
    **values: object,
) -> SignedRevision:
    chg = {name: FieldChange(None, value) for name, value in values.items()}  # type: ignore[arg-type]
    case = "" if form == "case" else CASE
    rec = case_rec(STUDY, "03-0147") if form == "case" else REC
    return sign_revision(
        Revision(
            STUDY, SITE, rec, form, act, user, role, DEV, at, parents=parents, chg=chg, case=case, sig=sig
        ),
        key,
    )


def placed(signed: SignedRevision, standing: Standing = Standing.CERTIFIED) -> Placed:
    return Placed(signed, None, standing)


def folded(*revisions: SignedRevision) -> RecordState:
    return fold([placed(each) for each in revisions])


FIRST = revision(act="create", value_mm=31, state="in_vivo", end="distal")


def test_two_writers_who_did_not_know_each_other_conflict_and_both_stay() -> None:
    one = revision(parents=(FIRST.rev_id,), at=2_000, value_mm=22)
    two = revision(BOB, user="bob", parents=(FIRST.rev_id,), at=1_500, value_mm=26)
    state = folded(FIRST, one, two)
    assert state.conflicts == ("value_mm",)
    assert sorted(str(v) for v in state.values("value_mm")) == ["22", "26"]
    assert state.value("value_mm") is None
    assert state.value("state") == "in_vivo"
    assert set(state.data_heads) == {one.rev_id, two.rev_id}


def test_the_same_value_written_twice_is_no_conflict() -> None:
    one = revision(parents=(FIRST.rev_id,), value_mm=22)
    two = revision(BOB, user="bob", parents=(FIRST.rev_id,), value_mm=22)
    assert folded(FIRST, one, two).value("value_mm") == 22


def test_different_fields_merge_by_themselves() -> None:
    one = revision(parents=(FIRST.rev_id,), value_mm=22)
    two = revision(BOB, user="bob", parents=(FIRST.rev_id,), comment="ruler bent")
    state = folded(FIRST, one, two)
    assert (state.value("value_mm"), state.value("comment"), state.conflicts) == (22, "ruler bent", ())


def test_a_merge_that_knows_all_heads_settles() -> None:
    one = revision(parents=(FIRST.rev_id,), value_mm=22)
    two = revision(BOB, user="bob", parents=(FIRST.rev_id,), value_mm=26)
    merge = revision(act="merge", parents=(one.rev_id, two.rev_id), value_mm=24)
    state = folded(FIRST, one, two, merge)
    assert (state.value("value_mm"), state.conflicts, state.data_heads) == (24, (), (merge.rev_id,))


def test_a_clock_that_runs_backwards_changes_nothing() -> None:
    later = revision(parents=(FIRST.rev_id,), at=1, value_mm=22)
    assert folded(later, FIRST).value("value_mm") == 22


def test_a_signature_is_no_data_and_a_change_after_it_is_not_covered() -> None:
    case = revision(form="case", act="create", subject="03-0147")
    sig = Sig((case.rev_id,), "confirmed", "Bob", "pin")
    signed = revision(BOB, user="bob", form="case", act="sign", parents=(case.rev_id,), sig=sig)
    state = folded(case, signed)
    assert state.data_heads == (case.rev_id,)
    assert state.heads == (signed.rev_id,)
    later = revision(form="case", parents=(signed.rev_id,), room="5")
    assert folded(case, signed, later).data_heads == (later.rev_id,)


@given(st.data())
def test_any_order_of_arrival_folds_to_the_same_state(data: st.DataObject) -> None:
    made = [FIRST]
    for step in range(data.draw(st.integers(1, 7))):
        seen = data.draw(
            st.lists(st.sampled_from(made), min_size=1, max_size=3, unique_by=lambda s: s.rev_id)
        )
        name = data.draw(st.sampled_from(["value_mm", "reading_no"]))
        made.append(
            revision(
                data.draw(st.sampled_from([ALICE, BOB])),
                parents=tuple(s.rev_id for s in seen),
                at=data.draw(st.integers(1, 9_999)),
                comment=f"step {step}",
                **{name: data.draw(st.integers(1, 9))},
            )
        )
    expected = fold([placed(each) for each in made])
    shuffled = fold([placed(each) for each in data.draw(st.permutations(made))])
    assert shuffled == expected
    # I7: a conflict is shown exactly if two writes of a field stand and neither knew the other.
    for name, writes in expected.writes.items():
        assert (name in expected.conflicts) == (len({str(w.value) for w in writes}) > 1)


def test_a_write_that_the_role_does_not_cover_gives_no_value_but_is_counted() -> None:
    forged = revision(user="li", role="pathologist", parents=(FIRST.rev_id,), value_mm=99)
    state = folded(FIRST, forged)
    assert (state.value("value_mm"), state.unauthorised) == (31, 1)


def directory() -> Directory:
    found = Directory(STUDY, signing.public_bytes(ROOT))
    keys = {"sign": signing.b64(signing.public_bytes(ADMIN))}
    found.add(
        sign_statement(
            ROOT,
            kind_of="grant",
            study=STUDY,
            site="00",
            ver=1,
            at=1,
            kind="person",
            subj_id="admin",
            subj_keys=keys,
            role="centre_admin",
        )
    )
    return found


def grant(
    key: Ed25519PrivateKey, user: str, role: str, *, by: Ed25519PrivateKey = ADMIN, site: str = SITE
) -> Statement:
    return sign_statement(
        by, kind_of="grant", study=STUDY, site=site, ver=1, at=2, kind="person", subj_id=user,
        subj_keys={"sign": signing.b64(signing.public_bytes(key))}, role=role,
    )  # fmt: skip


def test_standing_follows_the_grant() -> None:
    known = directory()
    assert author_standing(FIRST, known, None) is Standing.UNCERTIFIED
    known.add(grant(ALICE, "alice", "surgeon"))
    assert author_standing(FIRST, known, None) is Standing.CERTIFIED
    claimed = revision(role="pathologist", act="create", value_mm=3, state="fresh_unpinned")
    assert author_standing(claimed, known, None) is Standing.UNAUTHORISED
    other = revision(user="bob", act="create", value_mm=3)
    assert author_standing(other, known, None) is Standing.UNAUTHORISED


def test_a_signature_by_another_key_is_broken_trust() -> None:
    known = directory()
    known.add(grant(ALICE, "alice", "surgeon"))
    forged = SignedRevision(FIRST.inner, bytes(64), FIRST.key_id, FIRST.revision)
    with pytest.raises(TrustBroken, match="bad_signature"):
        author_standing(forged, known, None)


def test_a_revocation_takes_effect_at_its_place_in_the_feed() -> None:
    known = directory()
    known.add(grant(ALICE, "alice", "surgeon"), seq=1)
    known.add(
        sign_statement(
            ADMIN, kind_of="revoke", study=STUDY, site=SITE, ver=1, at=3, kind="person", subj_id="alice",
            subj_keys={"sign": signing.b64(signing.public_bytes(ALICE))},
        ),
        site=SITE, seq=10, at=5000,
    )  # fmt: skip
    assert author_standing(FIRST, known, When(SITE, 9)) is Standing.CERTIFIED
    assert author_standing(FIRST, known, When(SITE, 11)) is Standing.UNAUTHORISED
    assert author_standing(FIRST, known, None) is Standing.UNAUTHORISED
    # An older receipt that names it keeps its authority, whatever place a feed made anew gives it.
    assert author_standing(FIRST, known, When(SITE, 11, proven_at=4999)) is Standing.CERTIFIED
    assert author_standing(FIRST, known, When(SITE, 11, proven_at=5001)) is Standing.UNAUTHORISED


def test_each_feed_that_a_revocation_stands_in_has_its_own_place() -> None:
    known = directory()
    known.add(grant(ALICE, "alice", "surgeon"), seq=1)
    revoke = sign_statement(
        ADMIN, kind_of="revoke", study=STUDY, site=SITE, ver=1, at=3, kind="person", subj_id="alice",
        subj_keys={"sign": signing.b64(signing.public_bytes(ALICE))},
    )  # fmt: skip
    known.add(revoke, seq=None)
    assert not known.valid_at(signing.key_id(signing.public_bytes(ALICE)), None)
    assert author_standing(FIRST, known, When(SITE, 50)) is Standing.CERTIFIED
    known.add(revoke, site="04", seq=7, at=1)
    assert author_standing(FIRST, known, When(SITE, 50)) is Standing.CERTIFIED
    known.add(revoke, site=SITE, seq=40, at=1)
    assert author_standing(FIRST, known, When(SITE, 50)) is Standing.UNAUTHORISED
    known.add(revoke, site=SITE, seq=60, at=1)
    assert author_standing(FIRST, known, When(SITE, 50)) is Standing.CERTIFIED


@pytest.mark.parametrize("role", sorted(ROLES))
def test_who_may_grant_whom_cell_by_cell(role: str) -> None:
    known = directory()
    granted_by_centre = role != "centre_admin"
    if granted_by_centre:
        known.add(grant(ALICE, "alice", role, site=SITE))
    else:
        with pytest.raises(TrustBroken, match="statement_not_allowed"):
            known.add(grant(ALICE, "alice", role, site="00"))
    with pytest.raises(TrustBroken):
        known.add(grant(BOB, "bob", "surgeon", by=ALICE, site="04"))
    if role == "site_admin":
        known.add(grant(BOB, "bob", "surgeon", by=ALICE))
        with pytest.raises(TrustBroken):
            known.add(grant(DEVICE, "eve", "site_admin", by=ALICE))
    elif granted_by_centre:
        with pytest.raises(TrustBroken, match="statement_not_allowed"):
            known.add(grant(BOB, "bob", "surgeon", by=ALICE))


@pytest.mark.parametrize("site", ["00", "*", SITE])
def test_the_centre_grants_and_takes_back_a_relay_and_never_its_own_server(site: str) -> None:
    known, relay = directory(), {"sign": signing.b64(signing.public_bytes(DEVICE))}

    def say(by: Ed25519PrivateKey, kind_of: str) -> Statement:
        return sign_statement(
            by, kind_of=kind_of, study=STUDY, site=site, ver=1, at=2, kind="server", subj_id="relay",
            subj_keys=relay,
        )  # fmt: skip

    central = site != SITE
    if central:
        with pytest.raises(TrustBroken, match="statement_not_allowed"):
            known.add(say(ADMIN, "grant"))
    known.add(say(ROOT if central else ADMIN, "grant"))
    public = signing.public_bytes(DEVICE)
    assert (public in known.server_keys("00"), public in known.server_keys(SITE)) == (central, not central)
    assert known.server_keys("04") == []
    if central:
        with pytest.raises(TrustBroken, match="statement_not_allowed"):
            known.add(say(ADMIN, "revoke"))
    else:
        known.add(say(ADMIN, "revoke"))


def test_a_statement_of_nobody_or_changed_is_refused() -> None:
    known = directory()
    with pytest.raises(TrustBroken, match="statement_unknown_issuer"):
        known.add(grant(ALICE, "alice", "surgeon", by=BOB))
    good = grant(ALICE, "alice", "surgeon")
    bad = type(good)(**{**vars(good), "sig": bytes(64)})
    with pytest.raises(TrustBroken, match="bad_signature"):
        known.add(bad)


def test_a_revision_of_another_form_changes_nothing_in_a_record() -> None:
    """A pathologist may write photos; that right is no way into a reading in vivo."""
    sly = revision(
        BOB, user="bob", role="pathologist", form="photo", parents=(FIRST.rev_id,), state="exteriorised"
    )
    state = folded(FIRST, sly)
    assert (state.value("state"), state.unauthorised, state.refused) == ("in_vivo", 1, {sly.rev_id})


def test_a_reading_begins_once() -> None:
    again = revision(BOB, user="bob", act="create", value_mm=99, state="in_vivo", end="distal")
    state = fold([Placed(again, 7, Standing.CERTIFIED), Placed(FIRST, 3, Standing.CERTIFIED)])
    assert (state.value("value_mm"), state.refused) == (31, {again.rev_id})


@pytest.mark.parametrize(
    ("subject", "rec"),
    [
        ("03-0009", case_rec(STUDY, "03-0147")),  # another subject under this one's record
        ("04-0147", case_rec(STUDY, "04-0147")),  # another site's subject
        ("03-0147", REC),  # not the record of this subject
    ],
)
def test_a_case_lies_where_its_subject_says(subject: str, rec: str) -> None:
    made = Revision(
        STUDY,
        SITE,
        rec,
        "case",
        "create",
        "alice",
        "surgeon",
        DEV,
        1,
        chg={"subject": FieldChange(None, subject)},
    )
    assert not allows(made, "")
    right = replace(made, rec=case_rec(STUDY, "03-0147"), chg={"subject": FieldChange(None, "03-0147")})
    assert allows(right, "")


def test_a_grant_is_replaced_only_by_a_newer_one() -> None:
    known = directory()
    known.add(grant(ALICE, "alice", "surgeon"))
    with pytest.raises(TrustBroken, match="statement_older"):
        known.add(grant(ALICE, "alice", "or_nurse"))
    assert known.people(SITE) == {"alice": "surgeon"}


def erasure(admin: Ed25519PrivateKey, surgeon: Ed25519PrivateKey) -> Statement:
    order = new_order(
        study=STUDY, site=SITE, issuer=signing.key_id(signing.public_bytes(admin)), at=9,
        env_ids=("ab" * 32,), blobs=("cd" * 32,), reason_code="consent_withdrawn",
    )  # fmt: skip
    return order.signed_by(admin).signed_by(surgeon).finished_by(admin).statement()


def test_an_erasure_needs_the_centre_and_the_surgeon_of_the_site() -> None:
    known = directory()
    known.add(grant(ALICE, "alice", "surgeon"))
    known.add(grant(BOB, "bob", "or_nurse"))
    for surgeon in (ADMIN, BOB, DEVICE):
        with pytest.raises(TrustBroken):
            known.add(erasure(ADMIN, surgeon))
    with pytest.raises(TrustBroken):
        known.add(erasure(ALICE, ADMIN))
    assert known.erased(SITE) == frozenset()
    known.add(erasure(ADMIN, ALICE))
    assert known.erased(SITE) == {"ab" * 32, "cd" * 32}


def test_a_pathologist_gives_no_value_to_a_fresh_reading_of_theatre() -> None:
    first = revision(act="create", value_mm=31, state="fresh_unpinned", end="distal")
    other = revision(BOB, user="bob", role="pathologist", parents=(first.rev_id,), value_mm=25)
    state = folded(first, other)
    assert (state.value("value_mm"), state.unauthorised) == (31, 1)

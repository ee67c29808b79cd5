"""Properties of photo readings: the repeat rule on micrometres, and what a reader is not shown meanwhile."""

from __future__ import annotations

import re
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from reset_or.actions import gate
from reset_or.actions.casefile import CaseFile, build
from reset_or.actions.gate import Viewer
from reset_or.actions.views import CaseView
from reset_or.base.ids import case_rec
from reset_or.revisions.history import Placed, Standing
from reset_or.revisions.revision import BlobRef, FieldChange, Revision, Sig, SignedRevision, sign_revision
from reset_or.trial.repeat import combine_readings, combine_um, half_up_mm
from reset_or.trial.scheme import load_scheme

SCHEME = load_scheme("demo-1")
STUDY, SITE, SUBJECT = "RESET-TEST", "03", "03-0147"
CASE, PHOTO = case_rec(STUDY, SUBJECT), "aa" * 16
KEY = Ed25519PrivateKey.from_private_bytes(bytes([7]) * 32)
TO_MM = "0.1 0.0 0.0 0.0 0.1 0.0 0.0 0.0 1.0"
LENGTHS = st.integers(20_000, 120_000)


@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=3))
def test_the_rule_on_micrometres(lengths: list[int]) -> None:
    found = combine_um(lengths, SCHEME)
    if len(lengths) == 1:
        assert (found.needs_second, found.needs_third, found.final_um) == (True, False, lengths[0])
        return
    apart = abs(lengths[0] - lengths[1])
    differ = apart > 5_000 and 20 * apart > lengths[0] + lengths[1]  # 5 mm, and 10 % of the mean
    if len(lengths) == 2:
        assert found.needs_third == differ
        assert (found.final_um is None) == differ
        if not differ:
            assert found.final_um == (sum(lengths) + 1) // 2
    else:
        assert found.final_um == sorted(lengths)[1]
        assert (found.needs_third, found.needs_second) == (False, False)
    if found.final_um is not None:
        assert min(lengths) <= found.final_um <= max(lengths) + 1
        assert found.final_mm == half_up_mm(found.final_um)
        assert abs(found.final_mm * 1000 - found.final_um) <= 500
    assert found.spread_um == max(lengths) - min(lengths)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=3))
def test_on_whole_millimetres_it_is_the_rule_for_typed_readings(lengths_mm: list[int]) -> None:
    typed = combine_readings(lengths_mm, SCHEME)
    drawn = combine_um([length * 1000 for length in lengths_mm], SCHEME)
    assert (drawn.needs_third, drawn.needs_second) == (typed.needs_third, typed.needs_second)
    assert drawn.final_mm == typed.final_mm


class Written:
    """Revisions of one case by three people, signed but not sealed: what the gate stands on."""

    def __init__(self) -> None:
        self.placed: list[Placed] = []
        self.at = 1_000
        self.write(
            CASE, "case", "zhang", "surgeon", subject=SUBJECT, site=SITE, arm="reduced", scheme="demo-1"
        )
        blob = BlobRef("bb" * 32, 10, 5, "image/png", 1000, 800, 1, "cc" * 32, "dd" * 32)
        self.write(PHOTO, "photo", "li", "pathologist", blobs=(blob,), state="fresh_unpinned")

    def write(
        self, rec: str, form: str, user: str, role: str, *, act: str = "create", sig: Sig | None = None,
        blobs: tuple[BlobRef, ...] = (), **values: Any,
    ) -> SignedRevision:  # fmt: skip
        self.at += 1_000
        parents = tuple(p.rev_id for p in self.placed if p.signed.revision.rec == rec)[-1:]
        signed = sign_revision(
            Revision(
                STUDY, SITE, rec, form, act, user, role, "ee" * 32, self.at, parents=parents, sig=sig,
                case="" if form == "case" else CASE, blobs=blobs,
                chg={name: FieldChange(None, value) for name, value in values.items()},
            ),
            KEY,
        )  # fmt: skip
        self.placed.append(Placed(signed, len(self.placed), Standing.CERTIFIED))
        return signed

    def calibrate(self, number: int, user: str, role: str) -> str:
        rec = f"{number:032x}"
        self.write(
            rec, "calibration", user, role, photo=PHOTO, state="fresh_unpinned", method="ruler_points",
            to_mm=TO_MM, k1="0.0", k2="0.0", measurable=True, algorithm="reset-measure-1",
        )  # fmt: skip
        return rec

    def read(self, number: int, user: str, role: str, end: str, length_um: int, calibration: str) -> str:
        rec = f"{number:032x}"
        self.write(
            rec, "reading", user, role, end=end, segment="main", state="fresh_unpinned", photo=PHOTO,
            method="photo_scale", calibration=calibration, length_um=length_um, reading_no=1,
            value_mm=half_up_mm(length_um), uncertainty_um=1_900, path="1.00,1.00 90.00,1.00",
        )  # fmt: skip
        return rec

    def sign(self, user: str, role: str, recs: list[str]) -> None:
        heads = tuple(p.rev_id for p in self.placed if p.signed.revision.rec in recs)
        sig = Sig(heads, "measured", user, "password", ({"label": "subject", "value": SUBJECT},))
        self.write(CASE, "case", user, role, act="sign", sig=sig)

    def file(self) -> CaseFile:
        found = build(self.placed, {})
        assert found is not None
        return found

    def view(self, user: str, role: str) -> CaseView:
        return gate.view(self.file(), Viewer(user, role, {}, STUDY, False, {}, frozenset()), SCHEME)


ENDS = ("proximal", "distal", "tumour")
STEPS = st.lists(
    st.tuples(st.sampled_from(["li", "zhang"]), st.sampled_from(ENDS), st.integers(2_000, 39_000)),
    min_size=1,
    max_size=8,
)
ROLES = {"li": "pathologist", "zhang": "surgeon"}


@settings(max_examples=60)
@given(STEPS)
def test_no_reader_sees_an_own_open_reading_and_no_blinded_one_the_other_s(
    steps: list[tuple[str, str, int]],
) -> None:
    """Whatever was read in whatever order: an open series says nothing but that it was taken."""
    written = Written()
    calibration = {user: written.calibrate(n, user, ROLES[user]) for n, user in enumerate(ROLES, 1)}
    taken: dict[tuple[str, str], list[int]] = {}
    for number, (user, end, length_um) in enumerate(steps, 100):
        so_far = taken.setdefault((user, end), [])
        if so_far and not _asks_more(so_far):
            continue
        so_far.append(length_um * 10 + number)  # every length of a test is another one
        written.read(number, user, ROLES[user], end, so_far[-1], calibration[user])
    means = {combine_um(lengths[:3], SCHEME).final_um for lengths in taken.values() if len(lengths) > 1}
    for viewer in ROLES:
        said = str(written.view(viewer, ROLES[viewer]))
        for (reader, _end), lengths in taken.items():
            hidden = _asks_more(lengths) if reader == viewer else viewer == "li"
            for length_um in [each for each in lengths if each not in means]:
                shown = re.search(rf"(?<![0-9a-f]){length_um}(?![0-9a-f])", said) is not None
                assert shown != hidden, (viewer, reader, lengths)


def _asks_more(lengths: list[int]) -> bool:
    found = combine_um(lengths[:3], SCHEME)
    return found.needs_second or found.needs_third


@settings(max_examples=40)
@given(st.lists(LENGTHS, min_size=1, max_size=3), st.integers(0, 3), st.booleans())
def test_a_new_calibration_marks_unsigned_readings_only_and_changes_none(
    lengths: list[int], sign_after: int, by_theatre: bool
) -> None:
    written = Written()
    old = written.calibrate(1, "li", "pathologist")
    recs = [
        written.read(100 + n, "li", "pathologist", "distal", length, old) for n, length in enumerate(lengths)
    ]
    signed = recs[:sign_after]
    if signed:
        written.sign("li", "pathologist", [*signed, old])
    before = {state.rec: state.fields() for state in written.file().readings}
    who = ("zhang", "surgeon") if by_theatre else ("li", "pathologist")
    written.calibrate(2, *who)
    assert {state.rec: state.fields() for state in written.file().readings} == before
    view = written.view("chen", "site_coordinator")
    marked = {reading.rec for reading in view.readings if reading.to_repeat}
    assert marked == (set() if by_theatre else set(recs) - set(signed))
    assert {c.rec: c.current for c in view.calibrations} == {f"{1:032x}": by_theatre, f"{2:032x}": True}

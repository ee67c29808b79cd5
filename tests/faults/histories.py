"""A history of one site against a model in plain Python: what may happen, and what must hold at rest.

The model keeps what was acknowledged and what its writer knew then; from that alone it says which values
stand and which are in conflict. It knows nothing of parents, cursors, chains or seals. `settle` brings all
computers to rest and holds the invariants; `test_histories.py` looks for histories that break them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from reset_or.actions import casefiles, cases, readings
from reset_or.actions.installation import queue_statements
from reset_or.actions.photos import attach_photo
from reset_or.actions.syncing import NETWORK
from reset_or.base.errors import UserFixable
from reset_or.base.ids import case_rec, sha256_hex
from reset_or.images.intake import TakenPhoto
from reset_or.images.seal import blob_path
from reset_or.revisions import signing
from reset_or.revisions.envelope import open_sealed
from reset_or.revisions.history import Standing, fold
from reset_or.revisions.revision import FieldChange, Revision, read_plaintext, sign_revision
from reset_or.sync.results import SyncResult
from tests.fakes.central import HOSTILE, Central
from tests.fakes.trial import TrialDevice
from tests.faults.world import CENTRE, SITE, Seat, World

SUBJECTS: Final = ("03-0001", "03-0002", "03-0003")
ROOMS: Final = ("OR 1", "OR 2", "OR 3")
_ROUNDS: Final = 8
_MOST_REQUESTS: Final = 100
_DAY_MS: Final = 25 * 3600 * 1000


INVARIANTS: Final = {
    "I1": "nothing that was acknowledged is lost",
    "I2": "each envelope is at the centre once, as it was signed, and a receipt never lies",
    "I3": "all computers come to rest and hold the same",
    "I4": "an alarm is raised for a reason, and only then",
    "I5": "every revision that counts is traced to a person and a device that were allowed to",
    "I7": "conflicts are exactly those that were written",
    "I8": "a sync ends, and without a fault it ends well",
}


class Broken(AssertionError):
    """An invariant does not hold; the first word is its name."""


def hold(invariant: str, true: bool, *said: object) -> None:
    if not true:
        raise Broken(f"{invariant}: {' '.join(map(str, said))}")


@dataclass(frozen=True)
class Save:
    """An acknowledged save: `known` are the revisions of its record that its writer had."""

    rev_id: str
    seat: str
    rec: str
    writes: dict[str, Any]
    known: frozenset[str]


@dataclass
class Model:
    """Acknowledged saves, and which of them went down with the disk of their computer."""

    saves: dict[str, Save] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def standing(self, rec: str, known: frozenset[str] | None = None) -> dict[str, set[Any]]:
        """field -> values that nothing supersedes, among `known` (or all that is not gone)."""
        seen = [
            s for s in self.saves.values()
            if s.rec == rec and (s.rev_id not in self.gone if known is None else s.rev_id in known)
        ]  # fmt: skip
        found: dict[str, set[Any]] = {}
        for each in seen:
            for name, value in each.writes.items():
                later = (o for o in seen if name in o.writes and each.rev_id in o.known)
                if next(later, None) is None:
                    found.setdefault(name, set()).add(value)
        return found


class History:
    """Steps by name; each acts on the real parts and on the model, and says where they differ."""

    def __init__(self, world: World, seed: int = 0) -> None:
        self.world, self.model, self.dice = world, Model(), random.Random(seed)
        self.central = world.central
        self.sites = [name for name in world.seats if name != CENTRE]
        self.revoked: set[str] = set()
        self.behind: set[str] = set()
        self.forged: dict[str, str] = {}
        self.server_lost = False
        self.faults = 0
        self.ever: set[str] = set()
        self._photos: set[str] = set()
        self._photos_gone: set[str] = set()
        self._copies: dict[str, list[Any]] = {}
        self._server_copies: list[Any] = []
        self._twin: Central | None = None
        self._stranger: TrialDevice | None = None

    def close(self) -> None:
        if self._twin is not None:
            self._twin.close()
        self.world.close()

    def seat(self, name: str) -> Seat:
        return self.world.seats[name]

    # --- saves ---------------------------------------------------------------------------------------

    def register(self, name: str, subject: str, sex: str) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        known = self._known(name, rec)
        self._save(
            name, rec, {"sex": sex}, "case_exists" if known else "",
            lambda seat: cases.register_case(seat.ctx, subject=subject, sex=sex, age=61),
        )  # fmt: skip

    def update(self, name: str, subject: str, room: str) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        known, now = self._known(name, rec), set[Any]()
        if known:
            now = self.model.standing(rec, known).get("room", set())
        refused = "case_unknown" if not known else _refusal(now, room)
        self._save(name, rec, {"room": room}, refused,
                   lambda seat: cases.update_case(seat.ctx, case=rec, fields={"room": room}))  # fmt: skip

    def read(self, name: str, subject: str, value_mm: int) -> None:
        """A new reading; it has a record of its own."""
        rec = case_rec(self.world.template.trial.study, subject)
        entered = str(value_mm / 10)
        self._save(
            name, "", {"value_mm": value_mm, "entered": entered},
            "" if self._known(name, rec) else "case_unknown",
            lambda seat: readings.record_reading(
                seat.ctx, case=rec, end="proximal", value_mm=value_mm, entered=entered, state="in_vivo",
                segment="extra",
            ),
        )  # fmt: skip

    def reread(self, name: str, which: int, value_mm: int) -> None:
        """Another length for one of the readings that the seat knows."""
        recs = [s.rec for s in self.model.saves.values() if "value_mm" in s.writes and not s.known]
        known = {rec: ids for rec in dict.fromkeys(recs) if (ids := self._known(name, rec))}
        if not known:
            return
        rec = sorted(known)[which % len(known)]
        now = self.model.standing(rec, known[rec]).get("value_mm", set())
        entered = str(value_mm / 10)
        self._save(
            name, rec, {"value_mm": value_mm, "entered": entered}, _refusal(now, value_mm),
            lambda seat: readings.change_reading(
                seat.ctx, reading=rec, value_mm=value_mm, entered=entered
            ),
        )  # fmt: skip

    def photo(self, name: str, subject: str, size: int) -> None:
        rec = case_rec(self.world.template.trial.study, subject)
        if not self._known(name, rec):
            return
        data = self.dice.randbytes(size)
        taken = TakenPhoto(
            data=data, mime="image/jpeg", w=4, h=3, turn=1, sha256=sha256_hex(data), camera_sha256="0" * 64,
            captured_at=None, captured_zone_min=None, warnings=(),
        )  # fmt: skip
        self._save(name, "", {}, "", lambda seat: attach_photo(seat.ctx, case=rec, taken=taken))
        self._photos |= {blob.id for blob in self.seat(name).store.blobs()}

    def _save(
        self, name: str, rec: str, writes: dict[str, Any], refused: str, act: Callable[[Seat], Any]
    ) -> None:
        seat = self.seat(name)
        if seat.ctx.read_only:
            return
        known = self._known(name, rec) if rec else frozenset[str]()
        try:
            saved = act(seat)
        except UserFixable as error:
            hold("I7", error.code == refused, name, "refused", error.code, "expected", refused or "a save")
            return
        hold("I7", not refused, name, "saved where", refused, "was expected")
        self.model.saves[saved.rev_id] = Save(saved.rev_id, name, saved.rec, writes, known)

    def _known(self, name: str, rec: str) -> frozenset[str]:
        return frozenset(row.rev_id for row in self.seat(name).store.revisions(rec))

    # --- syncs ---------------------------------------------------------------------------------------

    def sync(self, name: str, fault: str = "") -> SyncResult | None:
        """One sync, with a fault of its line or a hostile answer at one of its first two requests.

        None for a withdrawn computer while a restored centre may have forgotten that. What it would say then
        stands for those who hear it before the withdrawal comes back, and not for those who hear it later.
        """
        seat = self.seat(name)
        if self._is_forgotten(name):
            return None
        self.world.server_clock.advance(1000)
        seat.line.next = [""] * (self.dice.randrange(4) == 0) + [fault] if fault else []
        done = len(seat.line.done)
        result = seat.sync()
        seat.line.next.clear()
        happened = seat.line.done[done:]
        self.faults += len(happened)
        self._after(name, result, happened)
        return result

    def lied_to(self, name: str, lie: str) -> None:
        """A sync in which every answer is spoilt: it ends, and nothing is believed."""
        if self._is_forgotten(name):
            return
        self.world.server_clock.advance(1000)
        line = self.seat(name).line
        line.always, done = lie, len(line.done)
        result = self.seat(name).sync()
        line.always = ""
        hold("I8", len(line.done) - done < _MOST_REQUESTS, name, lie, "keeps the client asking")
        self.faults += len(line.done) - done
        self._after(name, result, [lie])

    def crash(self, name: str, commits: int, before: bool) -> None:
        seat = self.seat(name)
        if self._is_forgotten(name):
            return
        self.world.server_clock.advance(1000)
        result = seat.sync_until_crash(commits, before=before)
        if result is None:
            self.faults += 1
            self._receipts_are_true(name)
        else:
            self._after(name, result, [])

    def _is_forgotten(self, name: str) -> bool:
        return name in self.revoked and self.server_lost

    def _after(self, name: str, result: SyncResult, happened: list[str]) -> None:
        """What a sync may say, given what happened to it."""
        self.ever |= set(self.central.envelopes(SITE))
        self._receipts_are_true(name)
        if name in self.revoked:
            refused = result.problem == "device_revoked" or bool(happened) or self.server_lost
            hold("I5", refused, name, "is revoked, and its sync said", result.problem)
            return
        hostile = any(each in HOSTILE or each == "replay" for each in happened)
        lost = self.server_lost or name in self.behind or hostile
        hold("I4", lost or not result.alarm, name, happened, "raised", result.alarm)
        if not happened:
            hold("I8", result.problem == "", name, "a sync without a fault said", result.problem)
            self.behind.discard(name)
        elif not hostile:
            hold("I4", result.problem in NETWORK | {""}, name, happened, "said", result.problem)

    def _receipts_are_true(self, name: str) -> None:
        """An item that says "at the centre" is, or was until the centre lost it."""
        held = set(self.central.envelopes(SITE)) | self.ever
        if self._twin is not None:
            held |= set(self._twin.envelopes(SITE))
        self.ever |= held
        for row in self._own_rows(name):
            hold("I2", not row.receipt or row.env_id in held, name, "has a receipt for what never arrived")

    # --- disks ---------------------------------------------------------------------------------------

    def backup(self, name: str) -> None:
        seat = self.seat(name)
        self._copies[name] = [seat.backup(self.world.place())]

    def restore(self, name: str) -> None:
        """The folder of a computer comes back from a backup; it syncs before anybody writes again."""
        if name not in self._copies or name in self.revoked or self.server_lost:
            return
        seat = self.seat(name)
        seat.restore(self._copies[name][0])
        self.faults += 1
        self.behind.add(name)
        self._photos_go(name, keeps=True)
        there = set(self.central.envelopes(SITE))
        held = {row.rev_id: row.env_id for row in self._revisions(name)}
        arrived = self._arrived(there)
        for save in self.model.saves.values():
            if save.seat == name and save.rev_id not in held and save.rev_id not in arrived:
                self.model.gone.add(save.rev_id)
        self.sync(name)

    def _photos_go(self, name: str, *, keeps: bool) -> None:
        """Photos that nobody else holds went with the disk, or stay on a computer that nobody hears."""
        there = self.central.photos()
        for blob in self._photos - there:
            others = [seat for other, seat in self.world.seats.items() if keeps or other != name]
            if not any(blob_path(seat.home.blobs, blob).exists() for seat in others):
                self._photos_gone.add(blob)

    def _arrived(self, there: set[str]) -> set[str]:
        """Revisions whose envelopes are at the centre: opened with the centre's key, as an auditor would."""
        identity = str(self.world.template.trial.centre)
        found = set()
        for env_id, (_dev, _n, _hdr, _sig, body) in self.central.envelopes(SITE).items():
            if env_id in there and body is not None and env_id not in self.forged:
                found.add(read_plaintext(open_sealed(body, [identity])).rev_id)
        return found

    def server_backup(self) -> None:
        self._server_copies.append(self.central.backup(self.world.place()))

    def server_restore(self, which: int, said: bool) -> None:
        """The centre goes back to an old backup; `said`: its operator knows and says so."""
        if not self._server_copies or self.behind or self.forged:
            return
        self.central.restore(self._server_copies[which % len(self._server_copies)], said=said)
        self._server_copies.clear()
        self.server_lost = True
        self.faults += 1

    def twin(self, name: str) -> None:
        """A seat is served by another server with the same key that went its own way, and comes back."""
        if self._twin is not None or name in self.revoked or self.behind or self.forged:
            return
        self._twin = self.central.split(self.world.place())
        seat = self.seat(name)
        seat.line.central = self._twin
        seat.sync()
        seat.line.central = self.central
        self.server_lost = True  # what it was promised there is not here
        self.faults += 1

    # --- people and devices --------------------------------------------------------------------------

    def revoke(self, name: str) -> None:
        """The centre withdraws a computer; what it has not sent stays on it."""
        if len(self.revoked) + 2 > len(self.sites) or name in self.revoked or self.server_lost:
            return
        if name in self.behind or CENTRE not in self.world.seats:
            return
        centre = self.seat(CENTRE)
        with centre.store.transaction() as unit:
            queue_statements(centre.store, unit, [self.world.template.revocations[name]])
        self.revoked.add(name)
        self.faults += 1
        self._photos_go(name, keeps=False)
        self.sync(CENTRE)

    def forge(self, how: int) -> None:
        """A computer of the site that was broken into writes under another person's name."""
        trial, template = self.world.template.trial, self.world.template
        if self._stranger is None:
            self._stranger = TrialDevice(SITE)
            self.central.push_statements([trial.grant_device(self._stranger)])
        device = self._stranger
        user, role, key_id = template.persons["b"]
        subject = SUBJECTS[how % len(SUBJECTS)]
        revision = Revision(
            study=trial.study, site=SITE, rec=case_rec(trial.study, subject), form="case", act="create",
            user=user, role=role, dev=device.dev, at=self.world.clock.now_at(),
            chg={"subject": FieldChange(None, subject), "sex": FieldChange(None, "m")},
        )  # fmt: skip
        signed = sign_revision(revision, device.key)
        # The seal names the surgeon's key; the signature was made by the thief.
        line = signed.plaintext().replace(
            signing.key_id(signing.public_bytes(device.key)).encode(), key_id.encode(), 1
        )
        made = trial.envelope(device, plaintext=line)
        answer = self.central.push(device.key, made)
        hold("I5", answer == "stored", "the centre cannot know, and took", answer)
        self.forged[made.env_id] = signed.rev_id
        self.faults += 1

    def pass_time(self, seconds: int) -> None:
        """On the computers' clocks, forwards or back: nothing may depend on it. The centre's own goes on:
        by its times two feeds are compared."""
        self.world.clock.advance(seconds * 1000)

    # --- rest ----------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everybody syncs until nobody has anything left to say; then everything must hold."""
        live = [name for name in self.world.seats if name not in self.revoked]
        for number in range(_ROUNDS):
            if number:
                # Whatever waits, waits no longer.
                self.world.clock.advance(_DAY_MS)
                self.world.server_clock.advance(_DAY_MS)
            results = [self.sync(name) for name in live]
            if all(r and r.complete and not (r.pushed or r.pulled or r.alarm) for r in results):
                break
        else:
            hold("I3", False, "it does not come to rest:", results)
        self.server_lost = False
        self._nothing_lost(live)
        self._once_and_identical(live)
        self._all_the_same(live)
        self._traceable(live)
        self._conflicts_as_they_are(live)

    def _nothing_lost(self, live: list[str]) -> None:
        for name in self.world.seats:
            held = {row.rev_id for row in self._revisions(name)}
            for save in self.model.saves.values():
                its_own = save.seat == name or (save.seat not in self.revoked and name in live)
                if its_own and save.rev_id not in self.model.gone:
                    hold("I1", save.rev_id in held, name, "lacks a save of", save.seat)

    def _once_and_identical(self, live: list[str]) -> None:
        there, feed = self.central.envelopes(SITE), self.central.feed(SITE)
        ids = [row.id for row in feed if row.kind == "env"]
        hold("I2", len(ids) == len(set(ids)) and set(ids) == set(there), "the feed and its envelopes differ")
        chains: dict[str, list[int]] = {}
        for dev, n, *_rest in there.values():
            chains.setdefault(dev, []).append(n)
        for numbers in chains.values():
            hold("I2", sorted(numbers) == list(range(1, len(numbers) + 1)), "a chain has a hole", numbers)
        for name in live:
            for row in self._own_rows(name):
                hold("I2", bool(row.receipt), name, "has unsent envelopes at rest")
                said = there.get(row.env_id)
                hold("I2", said is not None and said[2:] == (row.hdr, row.dsig, row.body), name, row.n)
            entries = self.seat(name).store.entries(SITE, 0, 100_000)
            mine = [(e.seq, e.id, e.received_at, e.feed_hash) for e in entries]
            hold(
                "I2",
                mine == [(r.seq, r.id, r.received_ms, r.feed_hash) for r in feed],
                name,
                "has another feed",
            )

    def _all_the_same(self, live: list[str]) -> None:
        first = {row.rec: row for row in self.seat(live[0]).store.records() if row.site == SITE}
        for name in live:
            store = self.seat(name).store
            hold("I3", {row.id for row in store.quarantined()} == set(self.forged), name, "quarantine",
                 [(row.seq, row.code) for row in store.quarantined()])  # fmt: skip
            rows = {row.rec: row for row in store.records() if row.site == SITE}
            for rec in first.keys() | rows.keys():
                hold("I3", rows.get(rec) == first.get(rec), name, rows.get(rec), live[0], first.get(rec))
            for blob in store.blobs():
                here = blob.state == "local" and blob_path(self.seat(name).home.blobs, blob.id).exists()
                spared = name == CENTRE or blob.id in self._photos_gone
                hold("I1", here or spared, name, "lacks a photo", blob)

    def _traceable(self, live: list[str]) -> None:
        """Every revision that counts was signed by a person's key that the trial certifies for its role."""
        known = {key_id: (user, role) for user, role, key_id in self.world.template.persons.values()}
        devices = set(self.world.template.devices.values())
        for name in live:
            for row in self._revisions(name):
                if row.standing == Standing.CERTIFIED.value and row.form != "event":
                    hold("I5", known.get(row.key_id, ("", ""))[0] == row.user and row.dev in devices, name,
                         row.form, "by", row.user, "is not traced to a person and a device")  # fmt: skip
                    signed = casefiles.placed_of(row).signed
                    hold("I5", signed.revision.role == known[row.key_id][1], name, "another role")

    def _conflicts_as_they_are(self, live: list[str]) -> None:
        for rec in {save.rec for save in self.model.saves.values()}:
            sure = {
                s.rev_id for s in self.model.saves.values()
                if s.rec == rec and s.seat not in self.revoked and s.rev_id not in self.model.gone
            }  # fmt: skip
            for name in live:
                rows = self.seat(name).store.revisions(rec)
                if not rows:
                    hold("I1", not sure, name, "lacks a record")
                    continue
                state = fold([casefiles.placed_of(row) for row in rows])
                model = self.model.standing(rec, frozenset(row.rev_id for row in rows))
                real = {field_: set(state.values(field_)) for field_ in model}
                hold("I7", real == model, name, "folds to", real, "and the model to", model)
                torn = {field_ for field_, values in model.items() if len(values) > 1}
                hold("I7", set(state.conflicts) == torn, name, "shows", state.conflicts, "and not", torn)

    def _own_rows(self, name: str) -> Iterator[Any]:
        seat = self.seat(name)
        return iter(seat.store.held(SITE, seat.dev, 0, 100_000)) if name != CENTRE else iter(())

    def _revisions(self, name: str) -> list[Any]:
        store = self.seat(name).store
        return [
            row for record in store.records() if record.site == SITE for row in store.revisions(record.rec)
        ]


def _refusal(now: set[Any], value: Any) -> str:
    if len(now) > 1:
        return "conflict_open"
    return "nothing_changed" if now == {value} else ""

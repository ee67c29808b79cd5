"""A history of one site: what befalls its computers and its centre, and what each sync may say then.

`settle` brings all computers to rest, where the invariants of `rest.py` must hold; `test_histories.py` looks
for histories that break them.
"""

from __future__ import annotations

from typing import Any, Final

from reset_or.actions.installation import queue_statements
from reset_or.actions.syncing import NETWORK
from reset_or.base.ids import case_rec
from reset_or.images.seal import blob_path
from reset_or.revisions import signing
from reset_or.revisions.envelope import open_sealed
from reset_or.revisions.revision import FieldChange, Revision, read_plaintext, sign_revision
from reset_or.sync.results import SyncResult
from tests.fakes.central import Central
from tests.fakes.lies import HOSTILE
from tests.fakes.trial import TrialDevice
from tests.faults.model import hold
from tests.faults.rest import holds_at_rest
from tests.faults.scene import SUBJECTS, Scene
from tests.faults.world import CENTRE, SITE, World

_ROUNDS: Final = 8
_MOST_REQUESTS: Final = 100
_DAY_MS: Final = 25 * 3600 * 1000


class History(Scene):
    """Steps by name; each acts on the real parts and on the model, and says where they differ."""

    def __init__(self, world: World, seed: int = 0) -> None:
        super().__init__(world, seed)
        self.behind: set[str] = set()
        self.server_lost = False
        self.faults = 0
        self.ever: set[str] = set()
        self.cloned: set[str] = set()
        self._copies: dict[str, list[Any]] = {}
        self._server_copies: list[Any] = []
        self._twin: Central | None = None
        self._stranger: TrialDevice | None = None

    def close(self) -> None:
        if self._twin is not None:
            self._twin.close()
        self.world.close()

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
        for row in self.own_rows(name):
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
        self._photos_go()
        there = set(self.central.envelopes(SITE))
        held = {row.rev_id: row.env_id for row in self.revisions(name)}
        arrived = self._arrived(there)
        for save in self.model.saves.values():
            if save.seat == name and save.rev_id not in held and save.rev_id not in arrived:
                self.model.gone.add(save.rev_id)
        self.sync(name)

    def _photos_go(self) -> None:
        """What neither the centre holds nor a computer that it hears went with a disk, a withdrawn computer
        or a centre that was restored."""
        heard = [seat.home.blobs for name, seat in self.world.seats.items() if name not in self.revoked]
        for blob in self.photos - self.central.photos():
            if not any(blob_path(folder, blob).exists() for folder in heard):
                self.photos_gone.add(blob)

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
        if not self._server_copies or self.behind or self.forged or self.cloned:
            return
        self.central.restore(self._server_copies[which % len(self._server_copies)], said=said)
        self._server_copies.clear()
        self.server_lost = True
        self._photos_go()
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

    def clone(self, name: str, subject: str, value_mm: int, twice: bool) -> None:
        """The disk of a computer in a second one. Both write as one device until the server says so; then
        each takes a new device id, while one of them goes on saving."""
        if self.cloned or self.server_lost or self.behind or name in self.revoked:
            return
        twin = self.world.clone(name).name
        self.sites.append(twin)
        self.cloned = {name, twin}
        self._copies.pop(name, None)
        self.faults += 1
        pair = self.dice.sample([name, twin], 2)
        for each in (*pair, *pair[:twice]):
            self.read(each, subject, value_mm)
            self.world.server_clock.advance(1000)
            said = self.seat(each).sync().problem
            hold("I8", said in ("", "device_forked", "device_suspended"), each, "is a copy and said", said)
            self._receipts_are_true(each)
        for each in pair:
            self.world.renew(self.seat(each))
            self.read(twin, subject, value_mm)

    # --- people and devices --------------------------------------------------------------------------

    def revoke(self, name: str) -> None:
        """The centre withdraws a computer; what it has not sent stays on it."""
        if len(self.revoked) + 2 > len(self.sites) or name in self.revoked or self.server_lost:
            return
        if name in self.behind | self.cloned or CENTRE not in self.world.seats:
            return
        centre = self.seat(CENTRE)
        with centre.store.transaction() as unit:
            queue_statements(centre.store, unit, [self.world.template.revocations[name]])
        self.revoked.add(name)
        self.faults += 1
        self._photos_go()
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
            if all(r and _is_at_rest(r, len(self.forged)) for r in results):
                break
        else:
            hold("I3", False, "it does not come to rest:", results)
        self.server_lost = False
        holds_at_rest(self, live)


def _is_at_rest(result: SyncResult, apart: int) -> bool:
    """Nothing left to say, and nothing kept `apart` that may still be asked for again."""
    quiet = not (result.pushed or result.pulled or result.alarm)
    return result.complete and quiet and result.quarantined == apart

"""What must hold when all computers of a history are at rest: the invariants of `model.py`, one by one."""

from __future__ import annotations

from reset_or.actions import casefiles
from reset_or.images.seal import blob_path
from reset_or.revisions.history import Standing, fold
from tests.faults.model import hold
from tests.faults.scene import Scene
from tests.faults.world import CENTRE, SITE


def holds_at_rest(scene: Scene, live: list[str]) -> None:
    """`live`: the computers that are not withdrawn."""
    for check in (_nothing_lost, _once_and_identical, _all_the_same, _traceable, _conflicts_as_they_are):
        check(scene, live)


def _nothing_lost(scene: Scene, live: list[str]) -> None:
    for name in scene.world.seats:
        held = {row.rev_id for row in scene.revisions(name)}
        for save in scene.model.saves.values():
            its_own = save.seat == name or (save.seat not in scene.revoked and name in live)
            if its_own and save.rev_id not in scene.model.gone:
                hold("I1", save.rev_id in held, name, "lacks a save of", save.seat)


def _once_and_identical(scene: Scene, live: list[str]) -> None:
    there, feed = scene.central.envelopes(SITE), scene.central.feed(SITE)
    ids = [row.id for row in feed if row.kind == "env"]
    hold("I2", len(ids) == len(set(ids)) and set(ids) == set(there), "the feed and its envelopes differ")
    chains: dict[str, list[int]] = {}
    for dev, n, *_rest in there.values():
        chains.setdefault(dev, []).append(n)
    for numbers in chains.values():
        hold("I2", sorted(numbers) == list(range(1, len(numbers) + 1)), "a chain has a hole", numbers)
    for name in live:
        for row in scene.own_rows(name):
            hold("I2", bool(row.receipt), name, "has unsent envelopes at rest")
            said = there.get(row.env_id)
            hold("I2", said is not None and said[2:] == (row.hdr, row.dsig, row.body), name, row.n)
        entries = scene.seat(name).store.entries(SITE, 0, 100_000)
        mine = [(e.seq, e.id, e.received_at, e.feed_hash) for e in entries]
        hold(
            "I2",
            mine == [(r.seq, r.id, r.received_ms, r.feed_hash) for r in feed],
            name,
            "has another feed",
        )


def _all_the_same(scene: Scene, live: list[str]) -> None:
    first = {row.rec: row for row in scene.seat(live[0]).store.records() if row.site == SITE}
    for name in live:
        store = scene.seat(name).store
        hold("I3", {row.id for row in store.quarantined()} == set(scene.forged), name, "quarantine",
             [(row.seq, row.code) for row in store.quarantined()])  # fmt: skip
        rows = {row.rec: row for row in store.records() if row.site == SITE}
        for rec in first.keys() | rows.keys():
            hold("I3", rows.get(rec) == first.get(rec), name, rows.get(rec), live[0], first.get(rec))
        for blob in store.blobs():
            here = blob.state == "local" and blob_path(scene.seat(name).home.blobs, blob.id).exists()
            spared = name == CENTRE or blob.id in scene.photos_gone
            hold("I1", here or spared, name, "lacks a photo", blob)


def _traceable(scene: Scene, live: list[str]) -> None:
    """Every revision that counts was signed by a person's key that the trial certifies for its role."""
    known = {key_id: (user, role) for user, role, key_id in scene.world.template.persons.values()}
    for name in live:
        for row in scene.revisions(name):
            if row.standing == Standing.CERTIFIED.value and row.form != "event":
                known_device = row.dev in scene.world.devices
                hold("I5", known.get(row.key_id, ("", ""))[0] == row.user and known_device, name,
                     row.form, "by", row.user, "is not traced to a person and a device")  # fmt: skip
                signed = casefiles.placed_of(row).signed
                hold("I5", signed.revision.role == known[row.key_id][1], name, "another role")


def _conflicts_as_they_are(scene: Scene, live: list[str]) -> None:
    for rec in {save.rec for save in scene.model.saves.values()}:
        sure = {
            s.rev_id for s in scene.model.saves.values()
            if s.rec == rec and s.seat not in scene.revoked and s.rev_id not in scene.model.gone
        }  # fmt: skip
        for name in live:
            rows = scene.seat(name).store.revisions(rec)
            if not rows:
                hold("I1", not sure, name, "lacks a record")
                continue
            state = fold([casefiles.placed_of(row) for row in rows])
            model = scene.model.standing(rec, frozenset(row.rev_id for row in rows))
            real = {field_: set(state.values(field_)) for field_ in model}
            hold("I7", real == model, name, "folds to", real, "and the model to", model)
            torn = {field_ for field_, values in model.items() if len(values) > 1}
            hold("I7", set(state.conflicts) == torn, name, "shows", state.conflicts, "and not", torn)

"""Thin devices that push without pause through whatever happens, and the judgement of the server after it.

Each one keeps to the rules of a device and to nothing else: it signs, seals, sends a batch until it is
acknowledged, and remembers what the receipt said.
"""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import httpx

from reset_or.revisions import receipts, signing
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.revision import FieldChange
from reset_or.wire.messages import Cursor, Entry, SyncAnswer, SyncRequest
from tests.fakes.server import DeviceClient, ProblemAnswer, cursor_after
from tests.fakes.trial import SyntheticTrial, TrialDevice, TrialPerson
from tests.faults.ground import SITE, on_server

AWAY = frozenset({"server_unavailable", "server_disk_full"})
"""The only refusals that a server in trouble may give: 503 with the seconds after which to try again."""
_MOST = 30
_TRIES = 4000
_PAUSE_S = 0.02


@dataclass
class Pusher:
    """One device. `acked`: env_id -> (feed, seq, feed hash) as the receipt said."""

    url: str
    trial: SyntheticTrial
    device: TrialDevice
    person: TrialPerson
    dice: random.Random
    number: int
    acked: dict[str, tuple[str, int, str]] = field(default_factory=dict)
    made: dict[str, Envelope] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        client = DeviceClient(self.url, self.device)
        try:
            while not stop.is_set() and not self.wrong:
                self._deliver(client, [self._save() for _ in range(self.dice.randint(1, _MOST))])
        except Exception as error:
            self.wrong.append(f"{type(error).__name__}: {error}")
        finally:
            client.close()

    def _save(self) -> Envelope:
        number = (2000 * self.number + len(self.made)) % 9999 + 1  # a long campaign begins again from 0001
        subject = f"{SITE}-{number:04}"
        said = self.trial.revision(
            self.device, self.person, subject=subject, chg={"subject": FieldChange(None, subject)}
        )
        made = self.trial.envelope(self.device, plaintext=said.plaintext())
        self.made[made.env_id] = made
        return made

    def _deliver(self, client: DeviceClient, batch: list[Envelope]) -> None:
        for _ in range(_TRIES):
            answer = self._try(client, batch)
            if answer is not None:
                self._note(batch, answer)
                return
            if self.wrong:
                return
            threading.Event().wait(_PAUSE_S)
        self.wrong.append("a batch was never acknowledged")

    def _try(self, client: DeviceClient, batch: list[Envelope]) -> SyncAnswer | None:
        try:
            return client.push(batch)
        except ProblemAnswer as refused:
            said = refused.problem
            self.met[said.code] += 1
            if said.code == "nonce":
                client.nonce = ""
            elif said.code not in AWAY or refused.status not in (503, 507) or not said.retry_s:
                self.wrong.append(f"answered {refused.status} {said.code} {said.why}")
        except httpx.TransportError:
            self.met["cut"] += 1
            client.close()
            client._http = None
        return None

    def _note(self, batch: list[Envelope], answer: SyncAnswer) -> None:
        if [item.id for item in answer.items] != [each.env_id for each in batch]:
            self.wrong.append("answered for other envelopes")
            return
        for item in answer.items:
            self.met[item.status] += 1
            if item.status not in ("stored", "duplicate") or item.receipt is None:
                self.wrong.append(f"{item.status} {item.problem}")
                return
            said = receipts.read_receipt(answer.receipts[item.receipt], _keys(self.trial))
            offset = next(i for i, (entry_id, _at) in enumerate(said.items) if entry_id == item.id)
            place = (said.feed, said.first_seq + offset, receipts.walk(said)[offset])
            self.acked[item.id] = place


@contextlib.contextmanager
def pushing(pushers: Sequence[Pusher]) -> Iterator[None]:
    """All of them at once until the block ends; then each has its last batch acknowledged."""
    stop = threading.Event()
    threads = [threading.Thread(target=each.run, args=(stop,)) for each in pushers]
    for thread in threads:
        thread.start()
    try:
        yield
    except BaseException:
        for each in pushers:
            each.wrong.append("the test ended before")
        raise
    finally:
        stop.set()
        for thread in threads:
            thread.join(120)


def wait_for(pushers: Sequence[Pusher], acked: int) -> None:
    """Until that many envelopes more are acknowledged, or something is wrong."""
    wanted = count(pushers) + acked
    for _ in range(60_000):
        if count(pushers) >= wanted or any(each.wrong for each in pushers):
            return
        threading.Event().wait(0.001)
    raise AssertionError(f"the pushers came to {count(pushers)} of {wanted}")


def count(pushers: Sequence[Pusher]) -> int:
    return sum(len(each.acked) for each in pushers)


def judge(client: DeviceClient, pushers: Sequence[Pusher], database_url: str) -> list[str]:
    """What is wrong: an acknowledged envelope that is not there exactly once with the same bytes, a feed with
    a gap or a false receipt, a place other than the receipt said."""
    wrong = [f"device {each.number}: {said}" for each in pushers for said in each.wrong]
    places, names = _read_feed(client, pushers[0].trial, wrong)
    for name, times in Counter(names).items():
        if times != 1:
            wrong.append(f"{name[:12]} stands {times} times in the feed")
    for each in pushers:
        there = on_server(database_url, each.device.dev)
        here = [(e.header.n, e.env_id, e.hdr, e.dsig, e.body) for e in each.made.values()]
        if here != there:
            wrong.append(f"device {each.number}: {len(here)} made, {len(there)} there, or not the same")
        if set(each.acked) != set(each.made):
            wrong.append(f"device {each.number}: not all acknowledged")
        astray = [name for name, place in each.acked.items() if places.get(name) != place]
        if astray:
            wrong.append(f"device {each.number}: {len(astray)} not where their receipts say")
    return wrong


def _read_feed(
    client: DeviceClient, trial: SyntheticTrial, wrong: list[str]
) -> tuple[dict[str, tuple[str, int, str]], list[str]]:
    """Every entry, its receipt verified and its hash led on from the entry before."""
    cursor, places, names = Cursor(SITE), dict[str, tuple[str, int, str]](), list[str]()
    while True:
        answer = client.sync(SyncRequest(cursors=(cursor,)))
        for entry in answer.sites[0].entries:
            said = receipts.read_receipt(answer.receipts[entry.receipt], _keys(trial))
            cursor = _step(said, entry, cursor, wrong)
            places[entry.id] = (answer.feed, cursor.seq, cursor.feed_hash)
            names.append(entry.id)
        if not answer.more:
            return places, names
        assert cursor == cursor_after(answer, SITE)


def _step(said: receipts.Receipt, entry: Entry, before: Cursor, wrong: list[str]) -> Cursor:
    offset = entry.seq - said.first_seq
    hashes = [said.feed_before, *receipts.walk(said)]
    if entry.seq != before.seq + 1 or hashes[offset] != before.feed_hash:
        wrong.append(f"the feed breaks after {before.seq}")
    if said.items[offset] != (entry.id, entry.received_ms):
        wrong.append(f"the receipt of {entry.seq} is another's")
    return Cursor(SITE, entry.seq, hashes[offset + 1])


def _keys(trial: SyntheticTrial) -> list[bytes]:
    return [signing.public_bytes(trial.server)]

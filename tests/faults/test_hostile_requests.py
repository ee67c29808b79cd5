"""R9: requests that were spoilt in every way we know, at the server as its users start it, on PostgreSQL.

Every answer is a numbered problem or what the request deserved, never a 5xx; the tables hold nothing that
an independent reading of their rows does not find signed, chained and whole; and the server's memory, its
descriptors and its threads are after as many requests what they were before.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from reset_or.base.errors import TrustBroken
from reset_or.base.ids import HASH_HEX
from reset_or.revisions import receipts
from reset_or.wire import invites, messages, problems
from reset_or.wire.messages import Cursor
from reset_or.wire.problems import PROBLEMS
from tests.conftest import Effort
from tests.fakes import vitals
from tests.fakes.postgres import Cluster, TestDatabase
from tests.fakes.server import ChildServer
from tests.fakes.trial import SyntheticTrial
from tests.fakes.vitals import Vitals, vitals_of
from tests.faults.callers import HONEST, WRONGED
from tests.faults.hostile import Hostile
from tests.faults.raw_http import Gun, Heard, Shot, Slow
from tests.faults.report import note

SHORT, LONG = 1_000, 100_000
MOST_GROWTH_KB = 16 * 1024
"""Of the last quarter over the second one: far less than what 50,000 requests of a few kB would leave."""
_MOMENTS = 40
_SLOW = 150


@dataclass
class Score:
    """What was answered, and what is wrong."""

    statuses: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    moments: list[Vitals] = field(default_factory=list)


@pytest.mark.skipif(not vitals.KNOWN, reason="needs /proc")
def test_spoilt_requests_get_a_number_and_leave_nothing(
    postgres: Cluster, tmp_path: Path, effort: Effort, full: bool
) -> None:
    database, score = postgres.database(), Score()
    with _serving(database, tmp_path) as server:
        hostile = Hostile(server, server.trial, effort.dice())
        hostile.prepare()
        gun, slow = Gun(server.url), Slow(server.url)
        for number in range(_SLOW):
            slow.open((b"", b"GET /sta", b"POST /v1/sync HTTP/1.1\r\nHost: x\r\n")[number % 3])
        asked = LONG if full else SHORT
        every = max(1, (effort.count or asked) // _MOMENTS)
        assert server.process is not None
        for number in effort.rounds(asked):
            hostile.dice.seed(effort.seed + number)
            _one(gun, hostile, score, number)
            if number % every == 0:
                score.moments.append(vitals_of(server.process.pid))
            if len(score.wrong) > 20:
                break
        slow.close()
        gun.hang_up()
        score.wrong += _afterwards(server, hostile)
        score.wrong += _stored(database, hostile) + _kept(tmp_path / "central" / "data" / "blobs", hostile)
        grown = vitals.growth_kb(score.moments)
    first, last = score.moments[len(score.moments) // 4], score.moments[-1]
    note(
        "R9 spoilt requests, postgresql", effort.reached, effort.reached, effort.seed, score.wrong,
        effort.spent_s, answers=dict(sorted(score.statuses.items())), kinds_of_refusal=len(score.problems),
        insiders_found_out=hostile.insiders - 1, envelopes_signed_false=hostile.signed_false,
        memory_MB=f"{first.memory_kb / 1024:.1f} after a quarter, {last.memory_kb / 1024:.1f} at the end",
        growth_kB=grown, descriptors=f"{first.descriptors} to {last.descriptors}",
        threads=f"{first.threads} to {last.threads}",
    )  # fmt: skip
    assert score.wrong == []
    assert grown <= MOST_GROWTH_KB
    assert len(score.problems) >= 15, score.problems


@contextmanager
def _serving(database: TestDatabase, folder: Path) -> Iterator[ChildServer]:
    """As `reset-or-central serve`; every caller comes through a proxy that says who it is."""
    server = ChildServer(SyntheticTrial(), folder / "central", database.app_dsn)
    server.prepare()
    server.start("--trust-proxy", "127.0.0.1", "--envelopes-per-device-day", "1000000")
    try:
        yield server
    finally:
        assert server.stop() == 0
        assert server.complained == ""


def _one(gun: Gun, hostile: Hostile, score: Score, number: int) -> None:
    shot, pushed = hostile.shot()
    heard = gun.fire(shot)
    hostile.heard(heard, pushed)
    score.statuses[str(heard.status) if heard else "none"] += 1
    said = _fault(shot, heard, score)
    if said:
        score.wrong.append(f"round {number}: {said}: {shot.data[:300]!r} ... {heard and heard.body[:300]!r}")


def _fault(shot: Shot, heard: Heard | None, score: Score) -> str:
    """What is wrong with an answer; "" for nothing."""
    if heard is None:
        return "no answer" if shot.whole else ""
    if "server" in heard.headers or b"Traceback" in heard.body:
        return "says what it is made of"
    if heard.status >= 500:
        return "5xx"
    if heard.status == 408 and shot.whole:
        return "waited for what was there"
    if heard.status >= 400:
        return _false_problem(shot, heard, score)
    if heard.headers.get("content-type") == messages.CONTENT_TYPE:
        try:
            answer = messages.decode_answer(heard.body)
        except TrustBroken as error:
            return f"an answer that cannot be read: {error.code}"
        score.problems.update(item.problem for item in answer.items if item.status == "refused")
        if any(item.status == "refused" and item.problem not in PROBLEMS for item in answer.items):
            return "refused without a number"
    return ""


def _false_problem(shot: Shot, heard: Heard, score: Score) -> str:
    code = heard.headers.get("ro-problem", "")
    score.problems[code] += 1
    if code not in PROBLEMS or PROBLEMS[code].status != heard.status:
        return "not one of our problems"
    if shot.method == "HEAD":
        return ""
    problem = problems.decode_problem(heard.headers.get("content-type", ""), heard.body)
    return "" if problem is not None and problem.code == code else "no problem document"


def _afterwards(server: ChildServer, hostile: Hostile) -> list[str]:
    """The honest device goes on as if nothing had been."""
    client = server.client(hostile.device)
    hostile.pending = None
    made = [*hostile.made.values()][-1:] + [hostile.trial.envelope(hostile.device) for _ in range(3)]
    hostile.made |= {each.env_id: each for each in made}
    answer = client.push(made)
    if not {item.status for item in answer.items} <= {"stored", "duplicate"}:
        return [f"the honest device is refused: {answer.items}"]
    there = [entry for entry in client.pull(HONEST, own_bodies=True) if entry.kind == "env"]
    here = {name: (each.hdr, each.dsig, each.body) for name, each in hostile.made.items()}
    if {entry.id: (entry.frame.hdr, entry.frame.sig, entry.frame.body) for entry in there} != here:
        return ["the honest site's envelopes are not exactly those that its device made"]
    return []


def _stored(database: TestDatabase, hostile: Hostile) -> list[str]:
    """Reads every row with nothing of the server's own checks."""
    wrong, trial = [], hostile.trial
    with psycopg.connect(database.owner_dsn) as connection:
        ask = connection.execute
        chains: dict[tuple[str, str], tuple[int, str]] = {}
        rows = ask("SELECT env_id, site, dev, n, hdr, dsig, body FROM envelope ORDER BY site, dev, n")
        for row in rows:
            said = _false_row(row, chains, hostile)
            wrong += [f"envelope {row[0][:12]}: {said}"] if said else []
        statements = {row[0] for row in ask("SELECT stmt_id FROM statement")}
        known = {each.stmt_id for each in trial.statements} | hostile.granted
        wrong += [f"statement {each}" for each in statements - known]
        wrong += [f"suspended {row[0]}" for row in ask("SELECT dev FROM device_event")
                  if row[0] == hostile.device.dev]  # fmt: skip
        wrong += [f"photo {row[0]}" for row in ask("SELECT id FROM blob") if row[0] not in hostile.photos]
        for table in ("invite", "invite_answer"):
            asked = f"SELECT id FROM {table} WHERE length(sealed) NOT BETWEEN 1 AND {invites.MAX_SEALED}"
            wrong += [f"{table} {row[0]}" for row in ask(asked)]
        wrong += [f"feed of {site}" for site in (HONEST, WRONGED) if not _walks(connection, site)]
    return wrong


def _false_row(row: tuple, chains: dict[tuple[str, str], tuple[int, str]], hostile: Hostile) -> str:  # type: ignore[type-arg]
    env_id, site, dev, n, hdr, dsig, body = row
    said, key = json.loads(hdr), hostile.public.get(dev)
    if env_id in hostile.made:
        made = hostile.made[env_id]
        return "" if (hdr, dsig, body) == (made.hdr, made.dsig, made.body) else "not as it was made"
    if key is None or site != WRONGED:
        return "of nobody who may write there"
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(dsig, b"ro/env/1\0" + hdr)
    except InvalidSignature:
        return "not signed"
    before = chains.get((site, dev), (0, ""))
    chains[site, dev] = (n, env_id)
    right = {
        "study": hostile.trial.study, "site": site, "dev": dev, "n": before[0] + 1, "prev": before[1],
        "ct_sha256": hashlib.sha256(body).hexdigest(), "ct_len": len(body), "v": 1, "suite": "A1",
    }  # fmt: skip
    false = [
        name for name, value in right.items() if said[name] != value or type(said[name]) is not type(value)
    ]
    if said["kind"] not in ("rev", "grant") or (said["kind"] == "rev" and said["epoch"] != 1):
        false.append("kind or epoch")
    if not all(HASH_HEX.fullmatch(each) for each in said["blobs"]) or len(said["blobs"]) > 32:
        false.append("blobs")
    return (
        f"false {false}" if false or n != said["n"] or not body.startswith(b"age-encryption.org/v1\n") else ""
    )


def _walks(connection: psycopg.Connection, site: str) -> bool:  # type: ignore[type-arg]
    cursor, feeds = Cursor(site), set()
    asked = "SELECT feed, seq, id, received_ms, feed_hash FROM entry WHERE site = %s ORDER BY seq"
    for feed, seq, entry_id, at, said in connection.execute(asked, (site,)):
        feeds.add(feed)
        found = receipts.feed_step(
            feed=feed, site=site, seq=seq, prev=cursor.feed_hash, entry_id=entry_id, received_ms=at
        )
        if seq != cursor.seq + 1 or found != said:
            return False
        cursor = Cursor(site, seq, said)
    return len(feeds) == 1


def _kept(folder: Path, hostile: Hostile) -> list[str]:
    """Photos are what their names say; of pieces there are none but of photos that were named."""
    whole = [path for path in folder.rglob("*") if path.is_file() and "parts" not in path.parts]
    wrong = [path.name for path in whole if hashlib.sha256(path.read_bytes()).hexdigest() != path.name]
    wrong += [path.name for path in whole if path.name not in hostile.photos]
    wrong += [path.name for path in (folder / "parts").iterdir() if path.name not in hostile.photos]
    return [f"in the folder of photos: {name}" for name in wrong]


def test_an_oracle_that_finds_nothing_wrong_would_find_it(postgres: Cluster, tmp_path: Path) -> None:
    """The judges above, held against rows and answers that are false."""
    database, score = postgres.database(), Score()
    with _serving(database, tmp_path) as server:
        hostile = Hostile(server, server.trial, Effort(None, None).dice())
        hostile.prepare()
        assert _stored(database, hostile) == []
        row = (hostile.trial.envelope(hostile.device).env_id, HONEST, hostile.device.dev, 2, b"{}", b"", b"")
        assert _false_row(row, {}, hostile) == "of nobody who may write there"
        hostile.made.clear()
        assert _stored(database, hostile) != []
        hostile.granted.clear()
        assert any("statement" in each for each in _stored(database, hostile))
    page = Heard(500, {}, b"")
    assert _fault(Shot(b""), page, score) == "5xx"
    assert _fault(Shot(b""), Heard(400, {"content-type": "text/plain"}, b"no"), score)
    assert _fault(Shot(b""), None, score) == "no answer"

"""Photos on lines that break (R16): cut at every 64 KiB, wrong bytes, several senders, a server killed at the
end, and a move from a folder to object storage. Each photo arrives whole, once, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from reset_or.actions.context import Context
from reset_or.actions.syncing import move_photos, sync_once
from reset_or.base.ids import sha256_hex
from reset_or.central.options import Options
from reset_or.central.pieces import BlobStore, FolderStore
from reset_or.central.s3 import S3Store
from reset_or.images.seal import blob_path
from reset_or.sync.results import SyncProgress, SyncResult
from reset_or.wire import auth, blobs
from reset_or.wire.blobs import PIECE
from reset_or.wire.transport import HttpTransport
from reset_or.wire.trial_file import encode_trial
from reset_or.workspace import Workspace
from tests.conftest import Effort
from tests.fakes.postgres import Cluster
from tests.fakes.proxy import Fault, Proxy, faulty_proxy
from tests.fakes.seaweed import running_seaweed
from tests.fakes.server import DeviceClient, RunningServer, problem_of, running_server
from tests.fakes.trial import SyntheticTrial, TrialDevice
from tests.fakes.workstations import attach
from tests.faults.ground import Ground, free_port
from tests.faults.report import note
from tests.faults.syncing_child import save_case
from tests.faults.warm import forge

SIZE = 3 * PIECE
STEP = 64 * 1024
ROUNDS, SHORT = 150, 30
_LONGEST_US = 60_000
_SPARED = PIECE + STEP
"""What a cut may cost: the piece it was in, and what the server had not yet taken from its socket."""


@dataclass
class Told:
    wrong: list[str] = field(default_factory=list)
    faults: int = 0

    def check(self, name: str, holds: bool, what: str) -> None:
        if not holds:
            self.wrong.append(f"{name}: {what}")


def places(number: int, dice: random.Random, length: int, full: bool) -> int:
    """Where round `number` cuts: one byte before, at and after every 64 KiB, and then anywhere."""
    every = [at + near for at in range(0, length + 1, STEP) for near in (-1, 0, 1) if 0 <= at + near < length]
    spread = number if full else number * len(every) // SHORT
    return every[spread] if spread < len(every) else dice.randrange(length)


def left_behind(folder: Path) -> list[str]:
    parts = folder / "parts"
    return [path.name for path in parts.rglob("*") if path.is_file()]


# --- the line is cut ----------------------------------------------------------------------------------


@dataclass
class Desk:
    """A workstation of the campaign's ground."""

    workspace: Workspace
    url: str

    @property
    def ctx(self) -> Context:
        return self.workspace.context

    def records(self) -> None:
        result = self._with(lambda way: sync_once(self.ctx, transport=way, photos=False))
        assert (result.problem, result.alarm, result.complete) == ("", "", True), result

    def photos(self, progress: Callable[[SyncProgress], None] | None = None) -> SyncResult:
        return self._with(lambda way: move_photos(self.ctx, transport=way, progress=progress))

    def _with(self, work: Callable[[HttpTransport], SyncResult]) -> SyncResult:
        with closing(HttpTransport(self.url, timeout_s=20)) as transport:
            return work(transport)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[Desk, Desk, Proxy]]:
    """Computers a and b, and the network between them and a real server."""
    ground = Ground(tmp_path).make()
    with ExitStack() as stack:
        url = f"sqlite:///{tmp_path / 'central.db'}"
        server = stack.enter_context(running_server(ground.trial, url, tmp_path / "blobs"))
        server.client().push(statements=ground.statements)
        proxy = stack.enter_context(faulty_proxy(server.url))
        desks = []
        for name in "ab":
            workspace = ground.open(name)
            stack.callback(workspace.lock)
            desks.append(Desk(workspace, proxy.url))
        yield desks[0], desks[1], proxy


def test_a_photo_cut_anywhere_arrives_whole_both_ways(
    line: tuple[Desk, Desk, Proxy], tmp_path: Path, effort: Effort, full: bool
) -> None:
    a, b, proxy = line
    told, sent_twice, got_twice = Told(), 0, 0
    case = save_case(a.workspace, "03-0001")[0]
    for number in effort.rounds(ROUNDS if full else SHORT):
        dice = effort.dice(number)
        _rec, blob = attach(a, case, SIZE, seed=effort.seed + number)  # type: ignore[arg-type]
        length = a.ctx.store.blob(blob).length
        at = places(number, dice, length, full)
        name = f"round {number}, seed {effort.seed + number}, byte {at}"
        up = _up(a, proxy, blob, length, at, told, name)
        down = _down(b, proxy, at, told, name)
        sent_twice, got_twice = max(sent_twice, up - length), max(got_twice, down - length)
        sealed = blob_path(a.workspace.home.blobs, blob).read_bytes()
        told.check(name, blob_path(b.workspace.home.blobs, blob).read_bytes() == sealed, "not the same at b")
        told.check(name, sha256_hex(sealed) == blob, "not what its name says")
        told.check(name, left_behind(tmp_path / "blobs") == [], "pieces left behind")
        if told.wrong:
            break
    note("R16 a photo cut up and down", effort.reached, told.faults, effort.seed, told.wrong, effort.spent_s,
         most_bytes_sent_again=sent_twice, most_bytes_fetched_again=got_twice)  # fmt: skip
    assert told.wrong == []
    assert sent_twice <= _SPARED
    assert got_twice <= STEP
    assert told.faults == 2 * effort.reached


def _up(desk: Desk, proxy: Proxy, blob: str, length: int, at: int, told: Told, name: str) -> int:
    """Bytes of the photo that passed the proxy until it had arrived: one cut, and the same sync goes on."""
    armed = False

    def arm(progress: SyncProgress) -> None:
        """Before the request that carries byte `at`: the first one carries a piece, the next the rest."""
        nonlocal armed
        begins = 0 if at < PIECE else PIECE
        if progress.item == blob and progress.done_bytes == begins and not armed:
            armed = True
            proxy.next(Fault("cut_request", at=at - begins, when=f"PUT /v1/blob/{blob}"))

    desk.records()
    before, faults = proxy.bytes_up, len(proxy.done)
    result = desk.photos(arm)
    told.faults += len(proxy.done) - faults
    told.check(name, (result.problem, result.photos_up, result.complete) == ("", 1, True), f"up {result}")
    return proxy.bytes_up - before


def _down(desk: Desk, proxy: Proxy, at: int, told: Told, name: str) -> int:
    desk.records()
    before, faults = proxy.bytes_down, len(proxy.done)
    proxy.next(Fault("cut_answer", at=at, when="GET /v1/blob/"))
    result = desk.photos()
    told.faults += len(proxy.done) - faults
    if at == 0:  # nothing of it came: the network is away, and the next sync goes on
        told.check(name, result.problem == "server_unreachable", f"down {result}")
        result = desk.photos()
    told.check(name, (result.problem, result.photos_down) == ("", 1), f"down {result}")
    return proxy.bytes_down - before + at


# --- several senders, and wrong bytes -----------------------------------------------------------------


@dataclass
class Senders:
    """Two servers over one folder and one database, and two devices of a site that may bring a photo."""

    servers: list[RunningServer]
    devices: list[TrialDevice]
    stack: ExitStack
    store: BlobStore

    def name(self, photo: bytes) -> list[DeviceClient]:
        """A client for each device, at a server each; both know the photo."""
        made = []
        for number, device in enumerate(self.devices):
            server = self.servers[number % len(self.servers)]
            client = self.stack.enter_context(closing(DeviceClient(server.url, device)))
            client.push([server.trial.envelope(device, blobs=[sha256_hex(photo)])])
            made.append(client)
        return made


def offset_of(client: DeviceClient, name: str) -> tuple[int, bool]:
    answer = client.call("HEAD", blobs.blob_path(name))
    assert answer.status_code == 200
    return int(answer.headers[auth.OFFSET_HEADER]), auth.RECEIPT_HEADER in answer.headers


def bring(client: DeviceClient, photo: bytes, dice: random.Random) -> str:
    """Brings a photo in steps of any length, as the server says where it is; the receipt's text."""
    name = sha256_hex(photo)
    for _ in range(60):
        offset, whole = offset_of(client, name)
        if whole:
            return str(client.call("HEAD", blobs.blob_path(name)).headers[auth.RECEIPT_HEADER])
        end = min(len(photo), offset + dice.choice([0, 1, STEP, PIECE, PIECE + 1, SIZE]))
        query = blobs.put_query(offset, len(photo))
        answer = client.call("PUT", blobs.blob_path(name), query=query, body=photo[offset:end])
        if answer.status_code != 200:
            assert problem_of(answer).code in ("blob_offset", "blob_hash_differs", "server_unavailable")
    raise AssertionError("it never arrives")


@pytest.fixture
def senders(tmp_path: Path, postgres: Cluster) -> Iterator[Senders]:
    trial, dsn = SyntheticTrial(), postgres.emptied_database().app_dsn
    many = Options(unsigned_requests_per_minute=1_000_000)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(running_server(trial, dsn, tmp_path / "blobs", options=many))
            for _ in range(2)
        ]
        devices = servers[0].admit("03", devices=2).devices
        yield Senders(servers, list(devices), stack, FolderStore(tmp_path / "blobs"))


def test_two_devices_bring_one_photo_through_two_servers(
    senders: Senders, tmp_path: Path, effort: Effort, full: bool
) -> None:
    """At the same time, in steps of any length; in every third round one of them sends wrong bytes first."""
    told = Told()
    for number in effort.rounds(ROUNDS if full else SHORT // 3):
        dice, seed = effort.dice(number), effort.seed + number
        photo = dice.randbytes(SIZE // 2 + dice.randrange(PIECE))
        name, clients = sha256_hex(photo), senders.name(photo)
        if number % 3 == 0:
            told.faults += 1
            _wrong_piece(clients[0], photo, dice, told, f"seed {seed}")
        with ThreadPoolExecutor(2) as pool:
            ways = [pool.submit(bring, client, photo, effort.dice(number)) for client in clients]
            receipts = {way.result() for way in ways}
        told.check(f"seed {seed}", len(receipts) == 1, "two receipts")
        got = [client.call("GET", blobs.blob_path(name)).content for client in clients]
        told.check(f"seed {seed}", got == [photo, photo], "not the same bytes")
        senders.store.sweep(-1000)
        told.check(f"seed {seed}", left_behind(tmp_path / "blobs") == [], "pieces left behind after a day")
        if told.wrong:
            break
    note("R16 two senders, two servers", effort.reached, told.faults, effort.seed, told.wrong, effort.spent_s)
    assert told.wrong == []


def _wrong_piece(client: DeviceClient, photo: bytes, dice: random.Random, told: Told, name: str) -> None:
    """The whole file with one bit turned: refused, dropped, and the right one is taken afterwards."""
    spoilt = bytearray(photo)
    spoilt[dice.randrange(len(photo))] ^= 1 << dice.randrange(8)
    path = blobs.blob_path(sha256_hex(photo))
    answer = client.call("PUT", path, query=blobs.put_query(0, len(photo)), body=bytes(spoilt))
    told.check(name, problem_of(answer).code == "blob_hash_differs", "wrong bytes were taken")
    told.check(name, offset_of(client, sha256_hex(photo)) == (0, False), "wrong bytes were kept")


def test_all_finish_at_once(senders: Senders, effort: Effort, full: bool) -> None:
    """Every piece is there; eight requests ask for the end at the same moment, at two servers."""
    told = Told()
    for number in effort.rounds(ROUNDS // 5 if full else 3):
        dice, seed = effort.dice(number), effort.seed + number
        photo = dice.randbytes(PIECE + dice.randrange(PIECE))
        name = sha256_hex(photo)
        senders.name(photo)
        for piece, at in enumerate(range(0, len(photo), PIECE)):
            senders.store.put_piece(name, piece, photo[at : at + PIECE])
        ready = threading.Barrier(8)

        def finish(place: int, photo: bytes = photo, ready: threading.Barrier = ready) -> str:
            with closing(DeviceClient(senders.servers[place % 2].url, senders.devices[0])) as client:
                assert offset_of(client, sha256_hex(photo))[0] == len(photo)
                ready.wait(30)
                return bring(client, photo, random.Random(0))

        with ThreadPoolExecutor(8) as pool:
            receipts = set(pool.map(finish, range(8)))
        told.check(f"seed {seed}", len(receipts) == 1, "two receipts")
        told.check(f"seed {seed}", senders.store.size(name) == len(photo), "not there")
        told.faults += 7
    note("R16 all finish at once", effort.reached, told.faults, effort.seed, told.wrong, effort.spent_s)
    assert told.wrong == []


# --- the server dies ----------------------------------------------------------------------------------


def test_a_server_killed_while_it_finishes_a_photo(tmp_path: Path, effort: Effort, full: bool) -> None:
    """SIGKILL somewhere between the last piece, the file, its row and the answer: the next try finds it."""
    trial, port, told = SyntheticTrial(), free_port(), Told()
    site, rows = trial.add_site("03"), 0
    (tmp_path / "trial.json").write_bytes(encode_trial(trial.file()))
    setup = {"trial": str(tmp_path / "trial.json"), "key": trial.server.private_bytes_raw().hex(),
             "database_url": f"sqlite:///{tmp_path / 'c.db'}", "blobs": str(tmp_path / "blobs"),
             "port": port}  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with forge("tests.faults.serving_child", **setup) as made:
        for number in effort.rounds(ROUNDS // 3 if full else 8):
            dice = effort.dice(number)
            photo = dice.randbytes(PIECE + dice.randrange(2 * PIECE))
            name = sha256_hex(photo)
            made.begin(kill_us=None)
            with closing(DeviceClient(url, site.devices[0])) as client:
                if number == 0:
                    with closing(DeviceClient(url, trial.centre_device)) as centre:
                        centre.push(statements=site.statements)
                client.push([trial.envelope(site.devices[0], blobs=[name])])
                made.kill_in(dice.randrange(_LONGEST_US))
                with contextlib.suppress(httpx.TransportError):
                    bring(client, photo, random.Random(0))
                told.faults += made.end()["killed"]
            made.begin(kill_us=None)
            with closing(DeviceClient(url, site.devices[0])) as client:
                offset, whole = offset_of(client, name)
                rows += offset == len(photo) and not whole
                bring(client, photo, random.Random(0))
                told.check(
                    f"round {number}", client.call("GET", blobs.blob_path(name)).content == photo, "lost"
                )
            made.kill_in(0)
            made.end()
            FolderStore(tmp_path / "blobs").sweep(-1000)
            told.check(f"round {number}", left_behind(tmp_path / "blobs") == [], "left behind")
    note("R16 a server killed at the end", effort.reached, told.faults, effort.seed, told.wrong,
         effort.spent_s, whole_without_a_row=rows)  # fmt: skip
    assert told.wrong == []


# --- the place is changed -----------------------------------------------------------------------------


def test_from_a_folder_to_a_bucket_in_the_middle(tmp_path: Path, effort: Effort) -> None:
    """An operator stops the server, copies what is complete, and starts it over a bucket."""
    trial, dice = SyntheticTrial(), effort.dice()
    site, dsn = trial.add_site("03"), f"sqlite:///{tmp_path / 'c.db'}"
    device = site.devices[0]
    whole, half, lost = (dice.randbytes(2 * PIECE + 9) for _ in range(3))
    with running_server(trial, dsn, tmp_path / "blobs") as server:
        server.client().push(statements=site.statements)
        client = server.client(device)
        client.push([trial.envelope(device, blobs=[sha256_hex(each) for each in (whole, half, lost)])])
        for photo in (whole, lost):
            bring(client, photo, dice)
        query = blobs.put_query(0, len(half))
        client.call("PUT", blobs.blob_path(sha256_hex(half)), query=query, body=half[: PIECE + 5])
        assert offset_of(client, sha256_hex(half)) == (PIECE, False)
    with running_seaweed() as seaweed:
        bucket = S3Store(seaweed.url(), seaweed.config)
        _copy(tmp_path / "blobs", bucket, skip=sha256_hex(lost))
        with running_server(trial, dsn, tmp_path / "blobs", store=bucket) as server:
            client = server.client(device)
            assert client.call("GET", blobs.blob_path(sha256_hex(whole))).content == whole
            assert offset_of(client, sha256_hex(half)) == (0, False)
            bring(client, half, dice)
            assert client.call("GET", blobs.blob_path(sha256_hex(half))).content == half
            answer = client.call("GET", blobs.blob_path(sha256_hex(lost)))
            assert (answer.status_code, problem_of(answer).code) == (404, "blob_not_here")
        assert bucket.sweep(-1000) == 0
    note("R16 from a folder to a bucket", 1, 1, effort.seed, [], 0.0)


def _copy(folder: Path, bucket: S3Store, skip: str) -> None:
    """As `rclone copy` would: the names are the same in both, and unfinished pieces are left out."""
    for path in folder.rglob("*"):
        if path.is_file() and "parts" not in path.parts and path.name != skip:
            data = path.read_bytes()
            for number, at in enumerate(range(0, len(data), PIECE)):
                bucket.put_piece(path.name, number, data[at : at + PIECE])
            assert bucket.finish(path.name, len(data))
            bucket.discard(path.name)

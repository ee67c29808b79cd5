"""A folder and a bucket keep the same promises; the bucket is one of a real SeaweedFS."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from reset_or.base.errors import EnvironmentTrouble, ResetOrError, UserFixable
from reset_or.base.ids import sha256_hex
from reset_or.central.pieces import BlobStore, FolderStore
from reset_or.central.s3 import S3Config, S3Store, read_config
from reset_or.wire import auth, blobs
from reset_or.wire.blobs import PIECE
from tests.contracts import blob_store
from tests.fakes.seaweed import Seaweed, running_seaweed
from tests.fakes.server import ChildServer, DeviceClient, problem_of
from tests.fakes.trial import SyntheticTrial, TrialDevice


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Seaweed]:
    with running_seaweed() as store:
        yield store


@pytest.fixture(params=["folder", "bucket"])
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], BlobStore]:
    """Opens the same empty place, each time as another server process would."""
    if request.param == "folder":
        return lambda: FolderStore(tmp_path)
    seaweed: Seaweed = request.getfixturevalue("seaweed")
    url = seaweed.url()
    return lambda: S3Store(url, seaweed.config)


@pytest.mark.parametrize("promise", blob_store.ALL, ids=lambda promise: promise.__name__)
def test_a_place_for_photos(opens: Callable[[], BlobStore], promise: Callable[[BlobStore], None]) -> None:
    promise(opens())


def test_a_place_for_several_servers(opens: Callable[[], BlobStore]) -> None:
    blob_store.serves_several_at_once(opens(), opens())


def test_what_is_not_there_is_a_named_trouble(opens: Callable[[], BlobStore]) -> None:
    with pytest.raises(EnvironmentTrouble) as raised:
        list(opens().read("a" * 64, 0, 5))
    assert raised.value.code == "file_vanished"


def test_half_of_a_copy_is_made_anew(tmp_path: Path) -> None:
    """An operator's copy was broken off, and the photo comes once more."""
    store, photo = FolderStore(tmp_path), os.urandom(PIECE + 9)
    name = blob_store.put(store, photo)
    place = tmp_path / name[:2] / name[2:4] / name
    place.parent.mkdir(parents=True)
    place.write_bytes(photo[:100])
    assert store.finish(name, len(photo))
    assert place.read_bytes() == photo


def test_pieces_torn_by_a_power_cut_are_found_and_brought_again(tmp_path: Path) -> None:
    """Pieces are not fsynced: afterwards they may be empty, short, or full of zeros."""
    photo = os.urandom(3 * PIECE + 5)
    name = sha256_hex(photo)
    for harm in (b"", photo[PIECE : PIECE + 100], bytes(PIECE)):
        store = FolderStore(tmp_path / str(len(harm)))
        blob_store.put(store, photo)
        (tmp_path / str(len(harm)) / "parts" / name / "00000001").write_bytes(harm)
        told = store.offset(name)
        assert told <= PIECE + len(harm) or harm == bytes(PIECE)
        if not store.finish(name, len(photo)):
            assert store.offset(name) == 0
            blob_store.put(store, photo)
            assert store.finish(name, len(photo))
        assert sha256_hex(b"".join(store.read(name, 0, len(photo)))) == name


def test_a_photo_costs_one_fsync_of_its_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the file and three of its folders, all before it is said to be there; none of its pieces."""
    store, photo, synced = FolderStore(tmp_path), os.urandom(5 * PIECE), list[str]()
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    name = blob_store.put(store, photo)
    assert synced == []
    assert store.finish(name, len(photo))
    assert synced[0].endswith(".tmp")
    assert synced[1:] == [name[2:4], name[:2], tmp_path.name]


def test_the_folder_holds_the_photo_and_nothing_else(tmp_path: Path) -> None:
    store, photo = FolderStore(tmp_path), os.urandom(PIECE + 1)
    name = blob_store.put(store, photo)
    assert store.finish(name, len(photo))
    store.discard(name)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [tmp_path / name[:2] / name[2:4] / name]


def test_pieces_of_yesterday_go_from_the_folder(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for name in ("a" * 64, "b" * 64):
        store.put_piece(name, 0, b"x")
    for path in (*(tmp_path / "parts" / ("a" * 64)).glob("*"), tmp_path / "parts" / ("a" * 64)):
        os.utime(path, (0, 0))
    assert store.sweep(blob_store.DAY_MS) == 1
    assert (store.offset("a" * 64), store.offset("b" * 64)) == (0, 1)


def test_an_operator_copies_a_folder_into_a_bucket_and_back(seaweed: Seaweed, tmp_path: Path) -> None:
    """The names are the same in both: `rclone copy` or `aws s3 cp --recursive` is all there is to do."""
    import obstore

    folder, bucket = FolderStore(tmp_path), S3Store(seaweed.url(), seaweed.config)
    photo = os.urandom(PIECE + 3)
    name = blob_store.put(folder, photo)
    assert folder.finish(name, len(photo))
    for path in (path for path in tmp_path.rglob("*") if path.is_file() and "parts" not in path.parts):
        obstore.put(bucket._bucket, path.relative_to(tmp_path).as_posix(), path)
    assert bucket.size(name) == len(photo)
    assert b"".join(bucket.read(name, 0, len(photo))) == photo


def code_of(work: Callable[[], object]) -> str:
    with pytest.raises(ResetOrError) as raised:
        work()
    return raised.value.code


def test_a_wrong_key_and_a_store_that_is_away_are_named(seaweed: Seaweed) -> None:
    wrong = S3Store(seaweed.url(), S3Config("RESETOR", "not it", seaweed.endpoint, plain_http=True))
    assert code_of(lambda: wrong.put_piece("a" * 64, 0, b"x")) == "object_store_refused"
    assert code_of(lambda: wrong.size("a" * 64)) == "object_store_refused"
    assert code_of(lambda: wrong.offset("a" * 64)) == "object_store_refused"
    away = S3Store(seaweed.url(), S3Config("RESETOR", "x", "http://127.0.0.1:9", plain_http=True))
    assert code_of(lambda: away.put_piece("a" * 64, 0, b"x")) == "object_store_unavailable"
    assert code_of(lambda: away.sweep(0)) == "object_store_unavailable"


def test_credentials_come_from_the_file_alone(
    seaweed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "other"), ("AWS_SECRET_ACCESS_KEY", "other"), ("AWS_SESSION_TOKEN", "other"),
        ("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9"), ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("AWS_REGION", "moon"), ("AWS_BUCKET", "other"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    config = read_config(seaweed.write_config(tmp_path / "s3.toml"))
    store = S3Store(seaweed.url(), config)
    store.put_piece("a" * 64, 0, b"x")
    assert store.offset("a" * 64) == 1


def test_the_file_for_the_bucket(tmp_path: Path) -> None:
    file = tmp_path / "s3.json"
    good = {"access_key_id": "a", "secret_access_key": "b"}
    (tmp_path / "ca.pem").write_text("PEM")

    def read(**said: object) -> S3Config:
        file.write_text(json.dumps({name: value for name, value in {**good, **said}.items() if value != ""}))
        return read_config(file)

    assert read() == S3Config("a", "b")
    assert read(endpoint="https://x", ca_file="ca.pem").ca_pem == "PEM"
    assert read(endpoint="http://x", plain_http=True).endpoint == "http://x"
    for said, field in (
        ({"secret_access_key": ""}, "secret_access_key"), ({"password": "x"}, "password"),
        ({"region": 5}, "region"), ({"endpoint": "http://x"}, "endpoint"), ({"endpoint": "x:9"}, "endpoint"),
        ({"plain_http": "yes"}, "plain_http"),
    ):  # fmt: skip
        with pytest.raises(UserFixable) as raised:
            read(**said)  # type: ignore[arg-type]
        assert (raised.value.code, raised.value.details["field"]) == ("s3_config_wrong", field)
    assert code_of(lambda: read(ca_file="none.pem")) == "file_unreadable"
    assert code_of(lambda: read_config(tmp_path / "none")) == "file_unreadable"
    for text in ("{", "= 5", "[1]", "\xff"):
        file.write_text(text, encoding="latin-1")
        assert code_of(lambda: read_config(file)) == "s3_config_wrong"
    for url in ("s3://", "s3:photos", "s3:///x", "s3://bucket/x?y=1"):
        assert code_of(lambda url=url: S3Store(url, S3Config("a", "b"))) == "s3_config_wrong"  # type: ignore[misc]


def test_a_full_store_is_named(tmp_path: Path) -> None:
    class Full(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.send_error(507, "Insufficient Storage")

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Full) as full:
        thread = threading.Thread(target=full.serve_forever)
        thread.start()
        try:
            config = S3Config("a", "b", f"http://127.0.0.1:{full.server_port}", plain_http=True)
            assert code_of(lambda: S3Store("s3://b", config).put_piece("a" * 64, 0, b"x")) == "disk_full"
        finally:
            full.shutdown()
            thread.join()


@dataclass
class Upload:
    """A server over a bucket as its operator starts it, and one device with one photo to bring."""

    server: ChildServer
    place: list[str]
    photo: bytes
    stack: ExitStack

    def begin(self) -> DeviceClient:
        """Starts the server and names the photo."""
        site = self.server.trial.add_site("03")
        self.device = site.devices[0]
        self.server.prepare()
        self.server.start(*self.place)
        self.as_device(None).push(statements=site.statements)
        client = self.as_device(self.device)
        client.push([self.server.trial.envelope(self.device, blobs=[sha256_hex(self.photo)])])
        return client

    def as_device(self, device: TrialDevice | None) -> DeviceClient:
        return self.stack.enter_context(closing(self.server.client(device)))

    def call(
        self, client: DeviceClient, method: str, offset: int = 0, end: int | None = None
    ) -> httpx.Response:
        query = blobs.put_query(offset, len(self.photo)) if method == "PUT" else ""
        body = self.photo[offset:end] if method == "PUT" else b""
        return client.call(method, blobs.blob_path(sha256_hex(self.photo)), query=query, body=body)


@pytest.fixture
def upload(seaweed: Seaweed, tmp_path: Path) -> Iterator[Upload]:
    place = ["--photos", seaweed.url(), "--s3-config", str(seaweed.write_config(tmp_path / "s3.toml"))]
    server = ChildServer(SyntheticTrial(), tmp_path / "server")
    with ExitStack() as stack:
        yield Upload(server, place, os.urandom(4 * PIECE + 77), stack)
        if server.process is not None and server.process.poll() is None:
            server.kill()


def test_the_object_store_dies_in_the_middle_of_an_upload(seaweed: Seaweed, upload: Upload) -> None:
    """SIGKILL, and started again on the same data: the upload goes on, and nothing is lost or doubled."""
    client, call = upload.begin(), upload.call
    assert blobs.decode_put_answer(call(client, "PUT", 0, 2 * PIECE).content).offset == 2 * PIECE
    seaweed.kill()
    try:
        assert problem_of(call(client, "PUT", 2 * PIECE)).code == "server_unavailable"
        assert call(client, "HEAD").status_code == 503
        # what has no photo in it goes on
        assert client.push([upload.server.trial.envelope(upload.device)]).items[0].status == "stored"
    finally:
        seaweed.start()
    held = int(call(client, "HEAD").headers[auth.OFFSET_HEADER])
    assert held == 2 * PIECE
    assert blobs.decode_put_answer(call(client, "PUT", held).content).receipt is not None
    upload.server.kill()
    upload.server.start(*upload.place)
    client, name = upload.as_device(upload.device), sha256_hex(upload.photo)
    assert call(client, "GET").content == upload.photo
    store = S3Store(upload.place[1], seaweed.config)
    assert (store.offset(name), store.size(name)) == (0, len(upload.photo))
    store.delete(name)  # lost by its operator: the row alone is a named trouble
    answer = call(client, "GET")
    assert (answer.status_code, problem_of(answer).code) == (404, "blob_not_here")
    assert upload.server.stop() == 0

"""The real server for tests: in a thread of this process, or as a child process that can be killed.

And `DeviceClient`, the thinnest possible caller: it signs what it is told to send and keeps no state but the
nonce, so that tests can also send what no client of ours would.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from reset_or.base.clock import Clock
from reset_or.base.ids import sha256_hex
from reset_or.central.database import Database
from reset_or.central.options import Options
from reset_or.central.pieces import BlobStore, FolderStore
from reset_or.central.running import Listening, make_server
from reset_or.central.service import Service, open_service
from reset_or.revisions.envelope import Envelope
from reset_or.revisions.statements import Statement
from reset_or.wire import auth, messages
from reset_or.wire.frames import envelope_frame, statement_frame
from reset_or.wire.messages import Cursor, SyncAnswer, SyncRequest
from reset_or.wire.problems import Problem, decode_problem
from reset_or.wire.trial_file import encode_trial
from tests.fakes.quick_age import seal_with_passphrase
from tests.fakes.trial import SyntheticTrial, TrialDevice, TrialSite


class ProblemAnswer(AssertionError):
    """The server refused a whole request."""

    def __init__(self, status: int, problem: Problem) -> None:
        super().__init__(status, problem)
        self.status = status
        self.problem = problem


@dataclass
class DeviceClient:
    """Calls a server as one device."""

    url: str
    device: TrialDevice
    ca: str = ""
    nonce: str = ""
    requests: int = 0
    _http: httpx.Client | None = None

    def call(
        self, method: str, path: str, *, query: str = "", body: bytes = b"",
        key: Ed25519PrivateKey | None = None, headers: dict[str, str] | None = None, fresh: bool = False,
    ) -> httpx.Response:  # fmt: skip
        """A signed request; fetches a nonce first if there is none or `fresh` is asked."""
        if fresh or not self.nonce:
            self.nonce = str(self._send("GET", auth.NONCE_PATH).json()["nonce"])
        said = auth.sign_request(
            key or self.device.key, method=method, path=path, query=query, nonce=self.nonce,
            body_sha256=sha256_hex(body),
        )  # fmt: skip
        answer = self._send(method, path, query, body, {auth.HEADER: said} | (headers or {}))
        self.nonce = answer.headers.get(auth.NONCE_HEADER, self.nonce)
        return answer

    def sync(self, request: SyncRequest) -> SyncAnswer:
        """Raises ProblemAnswer for a refusal."""
        answer = self.call("POST", messages.PATH, body=messages.encode_request(request))
        if answer.status_code != 200:
            raise ProblemAnswer(answer.status_code, problem_of(answer))
        return messages.decode_answer(answer.content)

    def push(
        self, envelopes: Sequence[Envelope] = (), statements: Sequence[Statement] = (), *,
        cursors: Sequence[Cursor] = (), feed: str = "",
    ) -> SyncAnswer:  # fmt: skip
        return self.sync(SyncRequest(
            feed=feed, cursors=tuple(cursors), statements=tuple(statement_frame(s) for s in statements),
            envelopes=tuple(envelope_frame(e) for e in envelopes),
        ))  # fmt: skip

    def pull(self, site: str, *, own_bodies: bool = False, limit: int = 500) -> list[messages.Entry]:
        """Everything in a site's feed, page by page."""
        cursor, found = Cursor(site), list[messages.Entry]()
        while True:
            answer = self.sync(SyncRequest(cursors=(cursor,), own_bodies=own_bodies, limit=limit))
            found += answer.sites[0].entries
            if not answer.more:
                return found
            cursor = cursor_after(answer, site)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    def _send(
        self, method: str, path: str, query: str = "", body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:  # fmt: skip
        if self._http is None:
            # Reading the system's certificates takes longer than a whole test over plain http.
            trust = ssl.create_default_context(cafile=self.ca) if self.ca else False
            self._http = httpx.Client(base_url=self.url, verify=trust, trust_env=False, timeout=30)
        self.requests += 1
        target = f"{path}?{query}" if query else path
        return self._http.request(method, target, content=body, headers=headers)


def cursor_after(answer: SyncAnswer, site: str) -> Cursor:
    """The cursor behind the last entry of a site in an answer."""
    from reset_or.revisions import receipts

    said = next(each for each in answer.sites if each.site == site)
    last = said.entries[-1]
    value = json.loads(answer.receipts[last.receipt].data)
    items = tuple((entry_id, at) for entry_id, at in value["items"])
    receipt = receipts.Receipt(**{k: v for k, v in value.items() if k not in ("v", "items")}, items=items)
    return Cursor(site, last.seq, receipts.walk(receipt)[last.seq - receipt.first_seq])


def problem_of(answer: httpx.Response) -> Problem:
    problem = decode_problem(answer.headers.get("content-type", ""), answer.content)
    assert problem is not None, (answer.status_code, answer.content[:200])
    return problem


@dataclass
class RunningServer:
    """A server in a thread of this process."""

    url: str
    trial: SyntheticTrial
    service: Service
    ca: str = ""
    _clients: list[DeviceClient] = field(default_factory=list)

    def client(self, device: TrialDevice | None = None) -> DeviceClient:
        """As a device; as the centre's device without one."""
        made = DeviceClient(self.url, device or self.trial.centre_device, self.ca)
        self._clients.append(made)
        return made

    def admit(self, code: str = "03", **said: object) -> TrialSite:
        """A new site, its statements already pushed by the centre."""
        site = self.trial.add_site(code, **said)  # type: ignore[arg-type]
        answer = self.client().push(statements=site.statements)
        assert {item.status for item in answer.items} == {"stored"}
        return site

    def close_clients(self) -> None:
        for client in self._clients:
            client.close()


@contextlib.contextmanager
def serving(service: Service, where: Listening | None = None) -> Iterator[str]:
    """Serves in a thread, on a real socket of the loopback interface; the address. Closes the service."""
    where, ready = where or Listening(), threading.Event()
    listener = where.bind()
    server = make_server(service, where, ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="central")
    thread.start()
    try:
        assert ready.wait(30)
        yield where.url(listener)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
        service.close()


@contextlib.contextmanager
def running_server(
    trial: SyntheticTrial, database_url: str, blobs: Path, *, options: Options | None = None,
    clock: Clock | None = None, listening: Listening | None = None, ca: str = "",
    store: BlobStore | None = None,
) -> Iterator[RunningServer]:  # fmt: skip
    """Serves on a real socket of the loopback interface until the block ends; photos in `store`, if any."""
    service = open_service(
        trial.file(), trial.server, Database(database_url), store or FolderStore(blobs), options=options,
        clock=clock,
    )  # fmt: skip
    with serving(service, listening) as url:
        running = RunningServer(url, trial, service, ca)
        yield running
        running.close_clients()


@dataclass
class ChildServer:
    """`reset-or-central serve` as its users start it: a process of its own with files and a passphrase."""

    trial: SyntheticTrial
    folder: Path
    database_url: str = ""
    url: str = ""
    process: subprocess.Popen[str] | None = None
    said: str = ""
    complained: str = ""
    _clients: list[DeviceClient] = field(default_factory=list)

    def prepare(self) -> None:
        """trial.json, server.age and its passphrase in `folder`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        pem = self.trial.server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "trial.json").write_bytes(encode_trial(self.trial.file()))
        (self.folder / "server.age").write_bytes(seal_with_passphrase(pem, "open sesame"))
        (self.folder / "passphrase").write_text("open sesame\n", encoding="utf-8")

    def arguments(self) -> list[str]:
        said = [
            "--trial",
            "trial.json",
            "--key",
            "server.age",
            "--passphrase-file",
            "passphrase",
            "--data",
            "data",
        ]
        return [*said, "--database", self.database_url] if self.database_url else said

    def command(self, *said: str) -> list[str]:
        return [sys.executable, "-m", "reset_or.central.command", *said]

    def start(self, *more: str) -> None:
        """Starts and waits for the line that says where it listens."""
        self.process = subprocess.Popen(
            self.command("serve", *self.arguments(), "--port", "0", "--json", *more), cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        )  # fmt: skip
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            _, said = self.process.communicate()
            raise RuntimeError(said)
        self.url = str(json.loads(line).get("url", ""))

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.ended()

    def stop(self) -> int:
        """SIGTERM; the exit code after a stop in good order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.ended()

    def ended(self) -> int:
        """Waits for the end; the exit code. `said` is then what it wrote after the first line, `complained`
        what it wrote on stderr."""
        assert self.process is not None
        for client in self._clients:
            client.close()
        self._clients.clear()
        self.said, self.complained = self.process.communicate(timeout=60)
        return self.process.returncode

    def pids(self) -> list[int]:
        """The process that was started, and the workers it forked."""
        assert self.process is not None
        found = [self.process.pid]
        with contextlib.suppress(FileNotFoundError):
            children = Path(f"/proc/{found[0]}/task/{found[0]}/children").read_text(encoding="ascii")
            found += [int(pid) for pid in children.split()]
        return found

    def client(self, device: TrialDevice | None = None) -> DeviceClient:
        made = DeviceClient(self.url, device or self.trial.centre_device)
        self._clients.append(made)
        return made

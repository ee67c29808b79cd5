"""A real archive: Orthanc with DICOMweb over TLS, in a folder of its own, while a test module runs."""

from __future__ import annotations

import json
import shutil
import socket
import socketserver
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import trustme
from pydicom import Dataset, dcmread

USER, PASSWORD = "reset", "or-archive"


@dataclass(frozen=True)
class Certificates:
    """Files of one authority and of a server and a client that it vouches for, at 127.0.0.1."""

    ca: Path
    cert: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    files = Certificates(*(folder / name for name in ("ca.pem", "cert.pem", "key.pem")))
    authority.cert_pem.write_to_path(files.ca)
    issued.cert_chain_pems[0].write_to_path(files.cert)
    issued.private_key_pem.write_to_path(files.key)
    return files


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


@dataclass(frozen=True)
class Archive:
    """Where it listens, and its own word on what it holds."""

    dicom_port: int
    url: str
    certificates: Certificates

    def client(self) -> httpx.Client:
        verify = ssl.create_default_context(cafile=str(self.certificates.ca))
        return httpx.Client(base_url=self.url, auth=(USER, PASSWORD), verify=verify, timeout=30)

    def get(self, path: str, **query: str) -> Any:
        with self.client() as client:
            return client.get(path, params=query or None).raise_for_status().json()

    def find(self, level: str, **query: str) -> list[dict[str, Any]]:
        """QIDO-RS, in ASCII only: Orthanc 1.10.1 hands "%2A" to its DICOMweb plugin as it came, so that it
        finds no joker and no Chinese that is written as RFC 3986 wants it, and answers 400 to bare UTF-8."""
        asked = "&".join(f"{name}={value}" for name, value in query.items())
        found: list[dict[str, Any]] = self.get(f"dicom-web/{level}?{asked}")
        return found

    def c_find(self, level: str, folder: Path, **query: str) -> list[Dataset]:
        """What dcmtk's findscu finds by C-FIND at level STUDY or SERIES; `query` in any language."""
        folder.mkdir()
        keys = [f"QueryRetrieveLevel={level}", "SpecificCharacterSet=ISO_IR 192", "StudyInstanceUID"]
        keys += [f"{name}={value}" for name, value in query.items()]
        asked = [word for key in keys for word in ("-k", key)]
        here = ["-aec", "ARCHIVE", "127.0.0.1", str(self.dicom_port)]
        run = subprocess.run(
            ["/usr/bin/findscu", "-S", "-X", "-od", folder, *asked, *here], capture_output=True, check=True
        )
        assert not run.stderr, run.stderr  # it exits with 0 where the archive closed the door, too
        return [dcmread(file, force=True) for file in sorted(folder.iterdir())]

    def push(self, modality: str, instance: str) -> int:
        """Has the archive send one instance away by C-STORE; the HTTP status of its answer."""
        with self.client() as client:
            return client.post(f"modalities/{modality}/store", content=instance).status_code


@contextmanager
def orthanc(folder: Path, modalities: dict[str, list[Any]] | None = None) -> Iterator[Archive]:
    """Starts it and waits until it answers. `modalities`: name -> [AE title, host, port]."""
    program = shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program is not None
    folder.mkdir(parents=True, exist_ok=True)
    files, dicom, http = certificates(folder / "tls"), free_port(), free_port()
    settings = {
        "Name": "archive", "StorageDirectory": str(folder / "db"), "IndexDirectory": str(folder / "db"),
        "DicomAet": "ARCHIVE", "DicomPort": dicom, "DicomCheckCalledAet": True, "HttpPort": http,
        "DefaultEncoding": "Utf8", "RemoteAccessAllowed": False, "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "Plugins": ["/usr/share/orthanc/plugins/libOrthancDicomWeb.so"],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        "DicomModalities": modalities or {}, "DicomAlwaysAllowStore": True, "DicomAlwaysAllowFind": True,
        "StableAge": 1,
    }  # fmt: skip
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, folder / "orthanc.json"], stdout=log, stderr=log, cwd=folder)
    try:
        with _tls_front(http, files) as port:
            archive = Archive(dicom, f"https://127.0.0.1:{port}/", files)
            _wait(archive, process, folder / "log")
            yield archive
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _tls_front(behind: int, files: Certificates) -> Iterator[int]:
    """HTTPS before the archive, as nginx is in a hospital: Orthanc 1.10.1 of Debian dies of its own TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.cert, files.key)

    class Front(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as caller,
                socket.create_connection(("127.0.0.1", behind)) as archive,
            ):
                back = threading.Thread(target=_pour, args=(archive, caller))
                back.start()
                _pour(caller, archive)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Front) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def _pour(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def _wait(archive: Archive, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            archive.get("system")
            return
        except httpx.HTTPError:
            assert process.poll() is None, f"{process.poll()} {log.read_text()[-2000:]}"
            assert time.monotonic() < until, log.read_text()[-2000:]
            time.sleep(0.1)

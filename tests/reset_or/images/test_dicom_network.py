"""To archives and from senders that are not ours: Orthanc, dcmtk's storescp and storescu, also over TLS."""

from __future__ import annotations

import io
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pydicom
import pytest
from cryptography.hazmat.primitives import serialization

from reset_or.base.errors import EnvironmentTrouble, UserFixable
from reset_or.base.lanes import CancelToken
from reset_or.images.dicom_build import photograph, photograph_of_pixels
from reset_or.images.dicom_frame import frame_of
from reset_or.images.dicom_receive import Receiver, ServerTls
from reset_or.images.dicom_report import measurement_report
from reset_or.images.dicom_send import DicomObject, Peer, Tls, c_store, write_folder
from reset_or.images.dicom_web import WebPeer, check_address, stow
from reset_or.images.strip import strip
from tests.fakes.orthanc import PASSWORD, USER, Archive, Certificates, certificates, free_port, orthanc
from tests.fakes.storescp import storescp
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import DCMTK, FACTS, said
from tests.reset_or.images.test_dicom_report import OTHERS

# pynetdicom leaves the socket of a failed TLS handshake to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

JPEG = strip(make.jpeg()).data


def case(name: str = "c") -> list[DicomObject]:
    """A picture as JPEG, one without compression, a report."""
    facts = replace(FACTS, case=name * 32)
    other = replace(facts, photo="e" * 32, number=2)
    readings = [replace(each, photo=replace(each.photo, case=name * 32)) for each in OTHERS]
    return [
        DicomObject("1", photograph(JPEG, 96, 64, facts)),
        DicomObject("2", photograph_of_pixels(3, 3, bytes(27), other)),
        DicomObject("report", measurement_report(readings)),
    ]


def uid_of(each: DicomObject) -> str:
    return str(pydicom.dcmread(io.BytesIO(each.data), stop_before_pixels=True).SOPInstanceUID)


@pytest.fixture(scope="module")
def port_of_ours() -> int:
    return free_port()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, port_of_ours: int) -> Iterator[Archive]:
    ours = {"ours": ["RESETOR", "127.0.0.1", port_of_ours]}
    with orthanc(tmp_path_factory.mktemp("orthanc"), ours) as running:
        yield running


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


# --- away ---
def test_a_case_goes_to_an_archive_and_is_found_in_chinese(archive: Archive, tmp_path: Path) -> None:
    seen: list[int] = []
    sent = c_store(case("a"), Peer("127.0.0.1", archive.dicom_port, "ARCHIVE"), progress=seen.append)
    assert (sent.accepted, sent.refused, sent.complete) == (["1", "2", "report"], [], True)
    assert seen == [1, 2, 3]
    (study,) = archive.c_find("STUDY", tmp_path / "1", StudyDescription="*切除标本*", PatientName="")
    assert (str(study.PatientName), study.StudyDescription) == ("RESET^03-0147", "RESET NCT07038122 切除标本")
    uid = str(study.StudyInstanceUID)
    (series,) = archive.c_find("SERIES", tmp_path / "2", StudyInstanceUID=uid, SeriesDescription="*离体新鲜*")
    assert series.SeriesDescription == FACTS.description
    assert archive.c_find("STUDY", tmp_path / "3", StudyDescription="*切除标木*") == []
    for asked in ({"PatientID": "03-0147", "Modality": "XC"}, {"SeriesDescription": "Fresh*"}):
        shown = archive.find("series", **asked)
        assert [each["0008103E"]["Value"] for each in shown] == [[FACTS.description]]
    assert archive.find("series", SeriesDescription="Frosh*") == []
    held = archive.get("instances")
    assert len(held) == 3
    with archive.client() as client:
        files = [client.get(f"instances/{each}/file").content for each in held]
    assert JPEG in [frame_of(each) for each in files if b"1.2.4.50" in each]


def test_the_same_by_stow_over_tls(archive: Archive) -> None:
    peer = WebPeer(archive.url + "dicom-web", USER, PASSWORD, Tls(ca=archive.certificates.ca))
    sent = stow(case("b"), peer)
    assert (sent.accepted, sent.refused) == (["1", "2", "report"], [])
    assert archive.find("instances", SOPInstanceUID=uid_of(case("b")[2]))
    assert PASSWORD not in repr(peer)


def test_what_an_archive_does_not_take_is_named(archive: Archive) -> None:
    good, broken = case("d")[0], DicomObject("broken", b"\0" * 128 + b"DICM nothing")
    peer = WebPeer(archive.url + "dicom-web", USER, PASSWORD, Tls(ca=archive.certificates.ca))
    sent = stow([broken, good], peer)
    assert sent.accepted == ["1"]
    assert [(label, code) for label, code, _ in sent.refused] == [("broken", "dicom_object_refused")]
    assert not sent.complete


def test_a_person_may_stop_it(archive: Archive) -> None:
    cancel = CancelToken()
    sent = c_store(
        case("f"),
        Peer("127.0.0.1", archive.dicom_port, "ARCHIVE"),
        progress=lambda _: cancel.cancel(),
        cancel=cancel,
    )
    assert (sent.accepted, sent.cancelled, sent.complete) == (["1"], True, False)


def test_strangers_and_closed_doors_are_told_apart(archive: Archive, papers: Certificates) -> None:
    def code_of(call: object) -> str:
        with pytest.raises(EnvironmentTrouble) as caught:
            call()  # type: ignore[operator]
        return caught.value.code

    here, web = "127.0.0.1", archive.url + "dicom-web"
    one = case()[:1]
    nobody = free_port()
    assert code_of(lambda: c_store(one, Peer(here, nobody, "X"))) == "dicom_peer_unreachable"
    assert code_of(lambda: c_store(one, Peer(here, archive.dicom_port, "WRONG"))) == "dicom_peer_rejected"
    assert code_of(lambda: stow(one, WebPeer(f"https://{here}:{nobody}/"))) == "dicom_peer_unreachable"
    assert code_of(lambda: stow(one, WebPeer(web, USER, PASSWORD))) == "dicom_tls_failed"
    assert code_of(lambda: stow(one, WebPeer(web, USER, PASSWORD, Tls(ca=papers.ca)))) == "dicom_tls_failed"
    wrong = WebPeer(web, USER, "wrong", Tls(ca=archive.certificates.ca))
    assert code_of(lambda: stow(one, wrong)) == "dicom_peer_rejected"
    assert code_of(lambda: stow(one, WebPeer(web, tls=Tls(ca=papers.ca.parent)))) == "dicom_tls_files"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://pacs.example/dicom-web", "dicom_web_plain"),
        ("http://127.0.0.1.example/", "dicom_web_plain"),
        ("https://wang:secret@pacs.example/", "dicom_web_address"),
        ("ftp://pacs.example/", "dicom_web_address"),
        ("https://", "dicom_web_address"),
        ("https://pacs.example:port/", "dicom_web_address"),
        ("https://[pacs/", "dicom_web_address"),
    ],
)
def test_nothing_goes_where_the_line_is_open(url: str, code: str) -> None:
    """Refused before a connection is tried or a picture is decoded."""

    def never() -> Iterator[DicomObject]:
        raise AssertionError("asked for")
        yield

    with pytest.raises(UserFixable, match=code):
        stow(never(), WebPeer(url, USER, PASSWORD))


@pytest.mark.parametrize("url", ["https://pacs.example/dicom-web", "http://127.0.0.2:8042/", "http://[::1]/"])
def test_a_protected_line_or_this_computer(url: str) -> None:
    check_address(url)


def test_to_dcmtk_over_tls(tmp_path: Path, papers: Certificates) -> None:
    folder = tmp_path / "held"
    with storescp(folder, "+tls", papers.key, papers.cert, "+cf", papers.ca) as port:
        tls = Tls(papers.ca, papers.cert, papers.key)
        assert c_store(case()[:1], Peer("127.0.0.1", port, "ANY", tls=tls)).accepted == ["1"]
        with pytest.raises(EnvironmentTrouble, match="dicom_tls_failed"):
            c_store(case()[:1], Peer("127.0.0.1", port, "ANY", tls=Tls(papers.ca)))
        strangers = certificates(tmp_path / "strangers")
        with pytest.raises(EnvironmentTrouble, match="dicom_tls_failed"):
            c_store(
                case()[:1], Peer("127.0.0.1", port, "ANY", tls=Tls(strangers.ca, papers.cert, papers.key))
            )
    (held,) = folder.iterdir()
    assert JPEG in held.read_bytes()


def test_a_folder_as_on_a_disc(tmp_path: Path) -> None:
    target = tmp_path / "disc"
    assert write_folder(case(), target).accepted == ["1", "2", "report"]
    told = said("dcmdump", "+U8", target / "DICOMDIR")
    assert told.count("ReferencedFileID") == 3
    assert "RESET^03-0147" in told
    files = [each for each in target.rglob("*") if each.is_file() and each.name != "DICOMDIR"]
    assert sorted(each.read_bytes().count(JPEG) for each in files) == [0, 0, 1]
    run = subprocess.run(["/usr/bin/dcentvfy", *files], capture_output=True, text=True, check=False)
    # It takes the accession number of the study for one of the report's series: of its own making.
    assert [line for line in run.stderr.splitlines() if "<AccessionNumber> IE" not in line] == []
    assert [each.name for each in tmp_path.iterdir()] == ["disc"]
    with pytest.raises(EnvironmentTrouble, match="dicom_folder_not_empty"):
        write_folder(case(), target)


# --- here ---
def store(port: int, file: Path, *options: str | Path, called: str = "RESETOR") -> int:
    command = [DCMTK / "storescu", "-xy", "-aec", called, *options, "127.0.0.1", str(port), file]
    return subprocess.run(command, capture_output=True, check=False).returncode


def a_still(folder: Path, **more: object) -> Path:
    file = folder / "still.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still(jpeg=JPEG, **more)))
    return file


def test_a_tower_sends_a_still(tmp_path: Path) -> None:
    got: list[bytes] = []
    file = a_still(tmp_path)
    with Receiver(got.append, port=0, host="127.0.0.1") as receiver:
        assert store(receiver.port, file) == 0
        assert store(receiver.port, file, called="SOMEBODY") != 0
        assert store(receiver.port, a_still(tmp_path, SOPClassUID=foreign.CT)) != 0
        echo = [DCMTK / "echoscu", "-aec", "RESETOR", "127.0.0.1", str(receiver.port)]
        assert subprocess.run(echo, check=False).returncode == 0
    assert len(got) == 1
    assert JPEG in got[0]
    assert [each.name for each in tmp_path.iterdir()] == ["still.dcm"]


def test_only_callers_on_the_list(tmp_path: Path) -> None:
    got: list[bytes] = []
    with Receiver(got.append, port=0, host="127.0.0.1", calling=("TOWER",)) as receiver:
        assert store(receiver.port, a_still(tmp_path)) != 0
        assert store(receiver.port, a_still(tmp_path), "-aet", "TOWER") == 0
    assert len(got) == 1


@pytest.mark.parametrize("error", [UserFixable("photo_damaged"), EnvironmentTrouble("disk_full")])
def test_a_sender_hears_that_it_was_not_taken(tmp_path: Path, error: Exception) -> None:
    def take(_: bytes) -> None:
        raise error

    with Receiver(take, port=0, host="127.0.0.1") as receiver:
        file = a_still(tmp_path)
        command = [DCMTK / "storescu", "-v", "-xy", "-aec", "RESETOR", "127.0.0.1", str(receiver.port), file]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        expected = "CannotUnderstand" if isinstance(error, UserFixable) else "OutOfResources"
        assert expected in (told.stdout + told.stderr).replace(" ", "")


def test_more_than_the_limit_is_cut_off(tmp_path: Path) -> None:
    got: list[bytes] = []
    with Receiver(got.append, port=0, host="127.0.0.1", max_bytes=60_000) as receiver:
        large = tmp_path / "large.dcm"
        said_large = foreign.tower_still(make.colourful((300, 200)), foreign.EXPLICIT)
        large.write_bytes(foreign.as_bytes(said_large))
        assert store(receiver.port, large, "-R") != 0
        assert store(receiver.port, a_still(tmp_path)) == 0
    assert len(got) == 1


def test_over_tls_only_those_we_know(tmp_path: Path, papers: Certificates) -> None:
    got: list[bytes] = []
    file, strangers = a_still(tmp_path), certificates(tmp_path / "strangers")
    tls = ServerTls(papers.cert, papers.key, papers.ca)
    with Receiver(got.append, port=0, host="127.0.0.1", tls=tls) as receiver:
        assert store(receiver.port, file, "+tls", papers.key, papers.cert, "+cf", papers.ca) == 0
        assert store(receiver.port, file, "+tls", strangers.key, strangers.cert, "+cf", papers.ca) != 0
        assert store(receiver.port, file, "+tla", "+cf", papers.ca) != 0
        assert store(receiver.port, file) != 0
    assert len(got) == 1


def test_what_stands_in_the_way_of_listening_is_named(tmp_path: Path, papers: Certificates) -> None:
    def code_of(**said: Any) -> str:
        with pytest.raises(EnvironmentTrouble) as caught:
            Receiver(lambda _: None, **{"port": 0, "host": "127.0.0.1"} | said).start()
        return caught.value.code

    locked, nothing = tmp_path / "locked.pem", tmp_path / "nothing.pem"
    key = serialization.load_pem_private_key(papers.key.read_bytes(), None)
    kind, coding = serialization.PrivateFormat.PKCS8, serialization.Encoding.PEM
    locked.write_bytes(key.private_bytes(coding, kind, serialization.BestAvailableEncryption(b"secret")))
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    assert code_of(tls=ServerTls(papers.ca, papers.key)) == "dicom_tls_differ"
    assert code_of(tls=ServerTls(papers.cert, locked)) == "dicom_tls_files"
    assert code_of(tls=ServerTls(tmp_path / "text.pem", papers.key)) == "dicom_tls_files"
    assert code_of(tls=ServerTls(papers.cert, nothing)) == "dicom_tls_missing"
    assert code_of(tls=ServerTls(papers.cert, papers.key, nothing)) == "dicom_tls_missing"
    assert code_of(host="192.0.2.1") == "dicom_address_unknown"
    with Receiver(lambda _: None, port=0, host="127.0.0.1") as receiver:
        assert code_of(port=receiver.port) == "dicom_port_taken"


def theirs() -> list[threading.Thread]:
    """The threads of pynetdicom; a thread that ended is in no list."""
    return [each for each in threading.enumerate() if type(each).__module__.startswith("pynetdicom")
            or "AcceptorServer" in each.name]  # fmt: skip


def test_who_connects_and_says_nothing_holds_up_nobody(tmp_path: Path, papers: Certificates) -> None:
    got: list[bytes] = []
    with (
        Receiver(got.append, port=0, host="127.0.0.1", tls=ServerTls(papers.cert, papers.key)) as receiver,
        socket.create_connection(("127.0.0.1", receiver.port)),
    ):
        assert store(receiver.port, a_still(tmp_path), "+tla", "+cf", papers.ca) == 0
    assert len(got) == 1
    assert theirs() == []


def test_what_is_being_taken_is_taken_to_its_end_and_no_thread_stays(tmp_path: Path) -> None:
    taking, go_on = threading.Event(), threading.Event()

    def take(_: bytes) -> None:
        taking.set()
        assert go_on.wait(30)

    receiver = Receiver(take, port=0, host="127.0.0.1")
    receiver.start()
    codes: list[int] = []
    port = receiver.port
    sender = threading.Thread(target=lambda: codes.append(store(port, a_still(tmp_path))))
    sender.start()
    assert taking.wait(30)
    stopping = threading.Thread(target=receiver.stop)
    stopping.start()
    while not receiver._stopping:
        time.sleep(0.001)
    go_on.set()
    stopping.join(30)
    sender.join(30)
    assert codes == [0]
    assert theirs() == []
    receiver.stop()


def test_orthanc_pushes(archive: Archive, port_of_ours: int) -> None:
    c_store(case("9")[:1], Peer("127.0.0.1", archive.dicom_port, "ARCHIVE"))
    (instance,) = archive.get("instances", expand="", limit="1", since="0")[:1]
    got: list[bytes] = []
    with Receiver(got.append, port=port_of_ours, host="127.0.0.1"):
        assert archive.push("ours", instance["ID"]) == 200
    assert len(got) == 1


def test_a_sender_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    got: list[bytes] = []
    large = tmp_path / "large.dcm"
    large.write_bytes(foreign.as_bytes(foreign.tower_still(make.colourful((2000, 1500)), foreign.EXPLICIT)))
    with Receiver(got.append, port=0, host="127.0.0.1") as receiver:
        command = [
            DCMTK / "storescu",
            "-R",
            "-aec",
            "RESETOR",
            "--max-send-pdu",
            "4096",
            "127.0.0.1",
            str(receiver.port),
            large,
        ]
        sender = subprocess.Popen(command)
        while not receiver.receiving and sender.poll() is None:
            time.sleep(0.001)
        sender.send_signal(signal.SIGKILL)
        sender.wait()
        assert store(receiver.port, a_still(tmp_path)) == 0
    assert len(got) == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["large.dcm", "still.dcm"]

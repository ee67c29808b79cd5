"""`reset-or dicom` from the command line: out to a folder, in from another maker's sender."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pytest

from tests.fakes.measuring import SUBJECT
from tests.fakes.orthanc import free_port
from tests.reset_or.cli.test_photo_commands import Computer, computer  # noqa: F401
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import DCMTK, complaints

# pynetdicom leaves the socket of a connection that was refused to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def sender(port: int, file: Path, times: int = 1) -> tuple[threading.Thread, list[int]]:
    """storescu, which tries until somebody listens."""
    codes: list[int] = []

    def send() -> None:
        command = [DCMTK / "storescu", "-xy", "-aec", "RESETOR", "127.0.0.1", str(port), file]
        for _ in range(300):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if "onnection refused" not in done.stderr:
                codes.append(done.returncode)
            if len(codes) == times:
                return

    thread = threading.Thread(target=send)
    thread.start()
    return thread, codes


def test_a_case_goes_to_a_folder(computer: Computer, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "a.jpg").write_bytes(make.jpeg())
    computer.good("wang", "photo", "add", SUBJECT, str(tmp_path / "a.jpg"), "--state", "fresh_pinned")
    said = computer.good("wang", "dicom", "export", SUBJECT, "--to", str(tmp_path / "disc"))
    assert said == {"accepted": ["1"], "refused": [], "text_unsaid": []}
    (file,) = (each for each in (tmp_path / "disc").rglob("*0*") if each.is_file())
    assert complaints(file.read_bytes(), tmp_path) == []
    code, said = computer.run("wang", "dicom", "export", SUBJECT, "--to", str(tmp_path / "disc"))
    assert (code, said["error"]) == (3, "dicom_folder_not_empty")
    nobody = f"127.0.0.1:{free_port()}"
    code, said = computer.run("wang", "dicom", "export", SUBJECT, "--pacs", nobody, "--called", "ANY")
    assert (code, said["error"]) == (3, "dicom_peer_unreachable")


def test_a_tower_sends_into_a_case_and_into_the_inbox(computer: Computer, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "still.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still()))
    # The second time it is the same photograph, not another one; the sender hears success.
    port = free_port()
    thread, codes = sender(port, file, times=2)
    here = ["--port", str(port), "--host", "127.0.0.1"]
    said = computer.good("wang", "dicom", "receive", SUBJECT, *here, "--count", "2")
    thread.join()
    assert codes == [0, 0]
    assert said["photos"][0] == said["photos"][1]
    port = free_port()
    thread, codes = sender(port, file)
    computer.good("wang", "dicom", "receive", "--port", str(port), "--host", "127.0.0.1", "--count", "1")
    thread.join()
    assert codes == [0]
    assert len(computer.good("wang", "specimen", "list")["specimens"]) == 1


def test_a_still_that_is_refused_is_said_to_both(computer: Computer, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "still.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still(NumberOfFrames=3)))
    port = free_port()
    thread, codes = sender(port, file)
    here = ["--port", str(port), "--host", "127.0.0.1"]
    said = computer.good("wang", "dicom", "receive", SUBJECT, *here, "--count", "1")
    thread.join()
    assert codes != [0]
    assert said["photos"][0]["error"] == "dicom_multi_frame"

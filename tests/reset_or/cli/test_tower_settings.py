"""`reset-or settings --tower ...`, and `dicom receive` that listens as the settings say."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from reset_or.images.dicom_receive import Receiver
from tests.fakes.orthanc import certificates, free_port
from tests.reset_or.cli.test_dicom_commands import sender
from tests.reset_or.cli.test_photo_commands import Computer, computer  # noqa: F401
from tests.reset_or.images import foreign

HERE = ("--tower-host", "127.0.0.1")


def test_the_receiver_is_set_and_then_used(computer: Computer, tmp_path: Path) -> None:  # noqa: F811
    assert computer.good("wang", "settings")["tower"]["on"] is False
    port = free_port()
    said = computer.good("wang", "settings", "--tower", "on", "--tower-port", str(port), *HERE)["tower"]
    assert (said["on"], said["port"], said["called"]) == (True, port, "RESETOR")
    file = tmp_path / "still.dcm"
    file.write_bytes(foreign.as_bytes(foreign.tower_still()))
    thread, codes = sender(port, file)
    taken = computer.good("wang", "dicom", "receive", "--count", "1")["photos"]
    thread.join()
    assert codes == [0]
    assert len(taken) == 1
    said = computer.good("wang", "settings", "--tower", "off")["tower"]
    assert (said["on"], said["port"]) == (False, port)


def test_what_cannot_work_is_not_kept(computer: Computer, tmp_path: Path) -> None:  # noqa: F811
    def refused(*words: str) -> tuple[int, str]:
        code, said = computer.run("wang", "settings", *words)
        return code, said["error"]

    papers, others = certificates(tmp_path / "a"), certificates(tmp_path / "b")
    port = str(free_port())
    on = ("--tower", "on", "--tower-port", port, *HERE)
    assert refused(*on, "--tower-called", "seventeen letters") == (2, "tower_field")
    assert refused(*on, "--tower-calling", "TOWER,back\\slash") == (2, "tower_field")
    assert refused("--tower-port", "70000") == (2, "tower_field")
    assert refused(*on, "--tower-cert", str(papers.cert)) == (2, "tower_field")
    pair = ("--tower-cert", str(papers.cert), "--tower-key")
    assert refused(*on, *pair, str(tmp_path / "no.pem")) == (3, "dicom_tls_missing")
    assert refused(*on, *pair, str(others.key)) == (3, "dicom_tls_differ")
    with Receiver(lambda _: None, port=0, host="127.0.0.1") as other:
        taken = ("--tower", "on", "--tower-port", str(other.port), *HERE)
        assert refused(*taken) == (3, "dicom_port_taken")
    assert computer.good("wang", "settings")["tower"] == {
        "on": False, "host": "", "port": 11112, "called": "RESETOR", "calling": "", "cert": "", "key": "",
        "ca": "",
    }  # fmt: skip
    said = computer.good("wang", "settings", *on, *pair, str(papers.key), "--tower-calling", "TOWER, B")
    assert said["tower"]["calling"] == "TOWER, B"
    with socket.socket() as asked:  # nothing goes on listening after the command
        assert asked.connect_ex(("127.0.0.1", int(port))) != 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_lines_name_it(
    computer: Computer,  # noqa: F811
    capsys: pytest.CaptureFixture[str], language: str,
) -> None:  # fmt: skip
    from reset_or.cli.main import main
    from tests.fakes.site import password_of

    file = computer.place / "wang.txt"
    file.write_text(password_of("wang") + "\n", encoding="utf-8")
    args = [
        "settings", "--home", str(computer.home), "--no-keyring", "--user", "wang", "--password-file",
        str(file), "--language", language,
    ]  # fmt: skip
    assert main([*args, "--tower", "on", "--tower-port", str(free_port()), *HERE]) == 0
    told = capsys.readouterr().out
    assert "127.0.0.1:" in told
    assert {"en": "Stills from the tower: on, ", "zh": "内镜塔静态图: 已开启"}[language] in told

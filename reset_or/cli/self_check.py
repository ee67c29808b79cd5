"""`--self-check`: does in a temporary folder what a computer in a hospital must be able to do, and says so.

A verdict, an encrypted store with a person in it, a sealed record that opens again, a photograph decoded in
the sandbox and its ruler read there, DICOM written, read and received, a PDF with its fonts, and the first
paint of the window. Needs no network but this computer's own, and leaves nothing.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

from reset_or import __version__


def self_check() -> int:
    """Prints one line a part; 0 if all work, 3 otherwise."""
    parts: dict[str, Callable[[], None]] = {
        "verdict": _verdict, "store": _store, "seal": _seal, "photograph": _photograph, "ruler": _ruler,
        "dicom": _dicom, "receiver": _receiver, "pdf": _pdf, "screens": _screens,
    }  # fmt: skip
    print(f"RESET-OR {__version__}, {sys.platform}")
    failed = 0
    for name, check in parts.items():
        try:
            check()
        except Exception as error:  # whatever is missing, the other parts are still looked at
            failed += 1
            print(f"! {name}: {type(error).__name__}: {error}")
        else:
            print(f"+ {name}")
    return 3 if failed else 0


def _verdict() -> None:
    from reset_or.trial.check import check_pair
    from reset_or.trial.codes import Arm, State, Unit
    from reset_or.trial.scheme import load_scheme

    judged = check_pair(
        Arm.REDUCED, "5.2", "3.1", Unit.CM, State.IN_VIVO, State.IN_VIVO, load_scheme()
    ).to_json()
    _expect(judged["case_verdict"], "within_protocol")


def _store() -> None:
    from reset_or.base.clock import SystemClock
    from reset_or.base.paths import Home
    from reset_or.keys.pepper import MemoryKeyStore
    from reset_or.keys.slots import QUICK_COST
    from reset_or.store.opening import create_installation, open_installation

    keys, clock, password = MemoryKeyStore(), SystemClock(), "a password for the self check"
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home")
        create_installation(
            home, user="check", password=password, key_store=keys, clock=clock, cost=QUICK_COST
        ).close()
        opened = open_installation(home, user="check", password=password, key_store=keys, clock=clock)
        _expect(opened.state, "ok")
        opened.or_raise().close()


def _seal() -> None:
    import pyrage

    from reset_or.revisions.envelope import age_precheck, open_sealed, seal

    readers = [pyrage.x25519.Identity.generate() for _ in range(3)]
    body = seal(b"sealed", [str(reader.to_public()) for reader in readers])
    age_precheck(body, "rev")
    for reader in readers:
        _expect(open_sealed(body, [str(reader)]), b"sealed")


def _photograph() -> None:
    from reset_or.images.intake import take_in
    from reset_or.images.specimen_art import make_specimen

    jpeg, _truth = make_specimen(900, 600, 45, 27, 25, "99-0001", captured_at=0, zone_min=0)
    _expect(take_in(jpeg).mime, "image/jpeg")


def _ruler() -> None:
    """OpenCV in the decoder child: the ticks of a drawn ruler give the scale it was drawn with."""
    from reset_or.images.measuring import find_ticks
    from reset_or.images.specimen_art import make_specimen
    from reset_or.trial.scheme import load_scheme

    jpeg, truth = make_specimen(1200, 800, 45, 27, 25, "99-0001", captured_at=0, zone_min=0)
    found, _ticks = find_ticks(jpeg, "image/jpeg", 1, load_scheme().photo)
    off = found.px_per_mm / truth["px_per_mm"] - 1
    if abs(off) > 0.01:
        raise RuntimeError(f"scale wrong by {off:.2%}")


def _dicom() -> None:
    """Built here, read back in the decoder child: both need parts of pydicom that are loaded by name."""
    from reset_or.images.dicom_build import photograph, photograph_of_pixels
    from reset_or.images.dicom_facts import PhotoFacts
    from reset_or.images.dicom_frame import frame_of
    from reset_or.images.intake import take_in
    from reset_or.images.specimen_art import make_specimen
    from reset_or.images.strip import strip

    facts = PhotoFacts("NCT07038122", "99", "case", "photo", studied_at=0, subject="99-0001")
    jpeg = strip(make_specimen(300, 200, 45, 27, 25, "99-0001", captured_at=0, zone_min=0)[0]).data
    for dicom in (photograph(jpeg, 300, 200, facts), photograph_of_pixels(30, 20, bytes(1800), facts)):
        _expect(take_in(dicom).source, "tower")
    _expect(frame_of(photograph(jpeg, 300, 200, facts)), jpeg)


def _receiver() -> None:
    """One still sent to our own receiver and written into a folder with DICOMDIR."""
    from reset_or.images.dicom_build import photograph_of_pixels
    from reset_or.images.dicom_facts import PhotoFacts
    from reset_or.images.dicom_receive import Receiver
    from reset_or.images.dicom_send import DicomObject, Peer, c_store, write_folder

    facts = PhotoFacts("NCT07038122", "99", "case", "photo", studied_at=0, subject="99-0001")
    still = DicomObject("1", photograph_of_pixels(30, 20, bytes(1800), facts))
    came: list[bytes] = []
    with Receiver(came.append, host="127.0.0.1", port=0) as receiver:
        _expect(c_store([still], Peer("127.0.0.1", receiver.port, "RESETOR")).accepted, ["1"])
    _expect(len(came), 1)
    with tempfile.TemporaryDirectory() as folder:
        _expect(write_folder([still], Path(folder) / "export").accepted, ["1"])


def _pdf() -> None:
    from reset_or.reports.case_sheet import render
    from reset_or.reports.model import CaseSheet, MarginEnd

    end = MarginEnd("\u8fd1\u7aef", "5.2", "cm", length_mm=52)
    sheet = CaseSheet(
        study="CHECK", nct="-", edition="chart", subject="99-0001", site="99", identity=(), proximal=end,
        distal=end, scheme="reset-1", printed_at=0, zone_min=0, printed_by="-",
    )  # fmt: skip
    for language in ("en", "zh"):
        _expect(render(sheet, "zh" if language == "zh" else "en")[:5], b"%PDF-")


def _screens() -> None:
    found = list(entry_points(group="reset_or.checks"))
    _expect(len(found), 1)
    found[0].load()()


def _expect(found: object, wanted: object) -> None:
    if found != wanted:
        raise RuntimeError(f"{found!r} instead of {wanted!r}")

"""A value of its own in every attribute of PS3.15 Table E.1-1 and in every hiding place: none comes over.

The table is that of the dicom-anonymizer package (edition 2026c). What is searched: what intake hands on,
the DICOM object that is sealed around it, and what is exported; as bytes, and parsed.
"""

from __future__ import annotations

import io
import itertools
import warnings
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from dicomanonymizer.dicom_anonymization_databases.dicomfields_2026c import ALL_TAGS
from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag

from reset_or.images import sandbox
from reset_or.images.dicom_build import photograph, photograph_of_pixels
from reset_or.images.dicom_frame import encapsulable
from reset_or.images.intake import take_in
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make
from tests.reset_or.images.judges import FACTS, complaints, said

# Needed to read the picture or to know when it was taken; what they may carry over is tested on its own.
_OF_USE = frozenset(
    Tag(name)
    for name in (
        "AcquisitionDateTime", "AcquisitionDate", "AcquisitionTime", "ContentDate", "ContentTime",
        "TimezoneOffsetFromUTC", "PixelData", "SOPClassUID",
    )
)  # fmt: skip
_DATES = {"DA": "19310{:03d}", "TM": "{:06d}", "DT": "1931{:010d}", "AS": "{:03d}Y"}
# Pieces of these would be found in any file by chance.
_TOO_SHORT = ("AS", "IS", "DS", "US", "SS", "FD", "FL", "UL", "SL", "TM", "AT")


class Planter:
    """Gives every attribute a value that stands nowhere else."""

    def __init__(self) -> None:
        self.count = itertools.count(1)
        self.planted: dict[str, bytes] = {}
        self.nested = False

    def value(self, where: str, kind: str) -> object:
        number = next(self.count)
        mark = f"LEAK{number:05d}"
        if kind == "UI":
            mark = f"1.2.777.{number:05d}.4711"
        elif kind in _DATES:
            mark = _DATES[kind].format(number % 1000 if kind in ("DA", "AS") else number)
        elif kind in ("OB", "OW", "UN"):
            self.planted[where] = mark.encode()
            return mark.encode() + b"\0"
        elif kind in _TOO_SHORT:
            return 77 if kind not in ("FD", "FL") else 77.5
        elif kind == "PN":
            mark = f"张{mark}^三"
        if kind not in _TOO_SHORT:
            self.planted[where] = mark.encode()
        return mark

    def fill(self, said: Dataset, depth: int) -> None:
        """Every attribute of the table; a sequence holds a name, the first one the whole table again."""
        for tag in (BaseTag(group << 16 | element) for group, element, *_ in _tags()):
            if tag in _OF_USE or (tag in said and depth == 0 and tag.group == 0x0028):
                continue
            kind = dictionary_VR(tag).split(" or ")[0]
            where = f"{tag} at depth {depth}"
            if kind == "SQ":
                item = Dataset()
                item.PatientName = self.value(f"name in {where}", "PN")
                if depth == 0 and not self.nested:
                    self.nested = True
                    self.fill(item, depth + 1)
                said.add_new(tag, "SQ", [item])
                continue
            said.add_new(tag, kind, self.value(where, kind))
        block = said.private_block(0x0019, f"MAKER {next(self.count)}", create=True)
        block.add_new(0x01, "LO", self.value(f"private at depth {depth}", "LO"))
        if depth < 3:
            deeper = Dataset()
            deeper.PatientName = self.value(f"name in private at depth {depth}", "PN")
            inner = deeper.private_block(0x0021, "INNER", create=True)
            inner.add_new(0x02, "UN", self.value(f"unknown in private at depth {depth}", "UN"))
            block.add_new(0x02, "SQ", [deeper])


def _tags() -> list[tuple[int, int]]:
    """The single attributes of the table; a row for a whole group (60xx, 50xx) gives one attribute of it."""
    found = []
    for row in ALL_TAGS:
        group, element = row[0], row[1]
        if group <= 0x0002:  # of messages on the wire; and of file meta, which is planted apart
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                dictionary_VR(BaseTag(group << 16 | element))
            except KeyError:
                continue
        found.append((group, element))
    return sorted(set(found))


def planted_still(syntax: str) -> tuple[bytes, Planter]:
    planter = Planter()
    jpeg = make.jpeg(exif=make.exif_of(turn=1, taken="2020:01:01 00:00:00"), comment=b"LEAKCOMMENT")
    mark = b"LEAKEXIF"
    jpeg = jpeg[:2] + b"\xff\xe1\x00\x10" + b"http:" + mark + b"\0" + jpeg[2:] + b"LEAKTAIL\0"
    said = foreign.tower_still(syntax=syntax, jpeg=jpeg)
    planter.fill(said, 0)
    said.add_new(0x60023000, "OW", b"LEAKOVERLAY\0")
    said.add_new(0x50023000, "OW", b"LEAKCURVE\0")
    said.AcquisitionDateTime, said.TimezoneOffsetFromUTC = "20261123105901.5", "+0800"
    said.file_meta.SourceApplicationEntityTitle = "LEAKSOURCEAE"
    said.file_meta.PrivateInformationCreatorUID = "1.2.777.99999.1"
    said.file_meta.PrivateInformation = b"LEAKMETA"
    said.file_meta.ImplementationVersionName = "LEAKVERSION"
    for name in (
        "COMMENT",
        "EXIF",
        "TAIL",
        "OVERLAY",
        "CURVE",
        "SOURCEAE",
        "META",
        "VERSION",
        "PREAMBLE",
    ):
        planter.planted[name] = b"LEAK" + name.encode()
    planter.planted["private meta"] = b"1.2.777.99999"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = foreign.as_bytes(said, b"LEAKPREAMBLE".ljust(128, b"\0")) + b"LEAKBEHIND"
    planter.planted["behind the end"] = b"LEAKBEHIND"
    return data, planter


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("syntax", [foreign.BASELINE, foreign.EXPLICIT])
def test_nothing_planted_comes_over(syntax: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for mode in ("reading_validation_mode", "writing_validation_mode"):  # planted values need not be sound
        monkeypatch.setattr(pydicom.config.settings, mode, pydicom.config.IGNORE)
    data, planter = planted_still(syntax)
    assert len(planter.planted) > 800
    hidden_in_the_jpeg = {"COMMENT", "EXIF", "TAIL"} if syntax != foreign.BASELINE else set()
    for where, value in planter.planted.items():
        assert value in data or where in hidden_in_the_jpeg or "张" in value.decode(), where

    taken = take_in(data, name="LEAKNAME.dcm")
    facts = replace(FACTS, scope="endoscopic", deidentified=True, ruler=None, captured_at=taken.captured_at)
    if taken.mime == "image/jpeg":
        assert encapsulable(taken.data)
        built = photograph(taken.data, taken.w, taken.h, facts)
    else:
        shown = sandbox.pixels(taken.data, taken.mime, 1)
        built = photograph_of_pixels(shown.w, shown.h, shown.rgb, facts)
    (tmp_path / "built.dcm").write_bytes(built)
    parsed = said("dcmdump", "+L", "+U8", tmp_path / "built.dcm").encode()
    handed_on = [taken.data, built, parsed, repr(replace(taken, data=b"")).encode()]
    for where, value in planter.planted.items():
        bare = value.decode().strip("张^三").encode()
        assert not any(bare in each for each in handed_on), where
    assert not any(b"LEAK" in each for each in handed_on)
    assert complaints(built, tmp_path) == []


def test_what_the_object_says_of_itself() -> None:
    facts = replace(FACTS, scope="endoscopic", deidentified=True)
    read = pydicom.dcmread(io.BytesIO(photograph(make.jpeg(), 96, 64, facts)))
    options = [item.CodeValue for item in read.DeidentificationMethodCodeSequence]
    assert (read.PatientIdentityRemoved, options) == ("YES", ["113100", "113106"])
    assert read.LongitudinalTemporalInformationModified == "UNMODIFIED"
    assert "BurnedInAnnotation" not in read
    unknown = replace(facts, captured_at=None, blackened=True, burned_in=False)
    read = pydicom.dcmread(io.BytesIO(photograph(make.jpeg(), 96, 64, unknown)))
    assert [item.CodeValue for item in read.DeidentificationMethodCodeSequence] == ["113100", "113101"]
    assert read.LongitudinalTemporalInformationModified == "REMOVED"
    assert read.BurnedInAnnotation == "NO"

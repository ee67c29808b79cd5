"""Lengths read on photographs as a DICOM Structured Report that refers to the pictures.

Comprehensive SR after template TID 1500 (PS3.16): one measurement group a reading, its length in mm with the
path as a polyline on the picture. Only codes of public lists (SNOMED CT, DCM); what they have no word for
stands as text. A reader appears by user code only. Says what was read; judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reset_or.images.dicom_build import EXPLICIT_LITTLE, as_file, case_of, code, date_time, reference
from reset_or.images.dicom_facts import PhotoFacts, number, text, uid

COMPREHENSIVE_SR: Final = "1.2.840.10008.5.1.4.1.1.88.33"
_SERIES: Final = 300

_REPORT: Final = ("126000", "DCM", "Imaging Measurement Report")
_LANGUAGE: Final = ("121049", "DCM", "Language of Content Item and Descendants")
_ENGLISH: Final = ("en", "RFC5646", "English")
_OBSERVER: Final = ("121005", "DCM", "Observer Type")
_PERSON: Final = ("121006", "DCM", "Person")
_DEVICE: Final = ("121007", "DCM", "Device")
_PERSON_NAME: Final = ("121008", "DCM", "Person Observer Name")
_DEVICE_UID: Final = ("121012", "DCM", "Device Observer UID")
_DEVICE_NAME: Final = ("121013", "DCM", "Device Observer Name")
_PROCEDURE: Final = ("121058", "DCM", "Procedure reported")
_IMAGING: Final = ("363679005", "SCT", "Imaging procedure")
_LIBRARY: Final = ("111028", "DCM", "Image Library")
_LIBRARY_GROUP: Final = ("126200", "DCM", "Image Library Group")
_MEASUREMENTS: Final = ("126010", "DCM", "Imaging Measurements")
_GROUP: Final = ("125007", "DCM", "Measurement Group")
_TRACKING: Final = ("112039", "DCM", "Tracking Identifier")
_TRACKING_UID: Final = ("112040", "DCM", "Tracking Unique Identifier")
_FINDING: Final = ("121071", "DCM", "Finding")
_TUMOR: Final = ("108369006", "SCT", "Tumor")
_LENGTH: Final = ("121211", "DCM", "Path length")
_WHERE: Final = ("106233006", "SCT", "Topographical modifier")
_ENDS: Final = {"distal": ("46053002", "SCT", "Distal"), "proximal": ("40415009", "SCT", "Proximal")}
_METHOD: Final = ("370129005", "SCT", "Measurement Method")
_MM: Final = ("mm", "UCUM", "mm")
_UNCERTAINTY: Final = ("371884006", "SCT", "+/-, range of measurement uncertainty")
_CALIBRATION: Final = ("122505", "DCM", "Calibration")
_COMMENT: Final = ("121106", "DCM", "Comment")


@dataclass(frozen=True)
class PathReading:
    """One length read on one photograph. `end` is proximal, distal (both from the tumour's edge to the cut
    edge) or tumour (its own length); `state` and `method` are English labels.

    `path` is in pixels of the upright picture, (0, 0) the outer corner of its first pixel (PS3.3 C.18.6).
    `calibration`: lines that say how the picture got its scale. `reader` is a user code, `read_at` UTC ms.
    """

    rec: str
    rev_id: str
    photo: PhotoFacts
    end: str
    state: str
    method: str
    path: tuple[tuple[float, float], ...]
    length_mm: float
    uncertainty_mm: float | None
    reading_no: int
    reader: str
    read_at: int
    calibration: tuple[str, ...] = ()


def measurement_report(readings: Sequence[PathReading]) -> bytes:
    """The report of one case's readings; at least one. Other readings make another report."""
    facts = readings[0].photo
    said = case_of(facts, "SR")
    said.SOPClassUID, said.SOPInstanceUID = COMPREHENSIVE_SR, report_uid(readings)
    said.SeriesInstanceUID = uid("series", facts.trial, facts.case, "readings")
    said.SeriesNumber, said.InstanceNumber = str(_SERIES), "1"
    said.SeriesDescription = "Lengths on photographs 照片测量"
    said.ReferencedPerformedProcedureStepSequence = []
    said.PerformedProcedureCodeSequence = []
    said.Manufacturer = "RESET-OR"
    said.ContentDate, said.ContentTime = date_time(max(each.read_at for each in readings), facts.zone_min)
    said.CompletionFlag, said.VerificationFlag = "COMPLETE", "UNVERIFIED"
    said.CurrentRequestedProcedureEvidenceSequence = [_evidence(readings)]
    root = _container("", _REPORT, _content(readings))
    for element in root:
        said.add(element)
    said.ContentTemplateSequence = [_template("1500")]
    return as_file(said, EXPLICIT_LITTLE)


def report_uid(readings: Sequence[PathReading]) -> str:
    """The same for the same revisions of the same readings."""
    facts = readings[0].photo
    return uid("readings", facts.trial, facts.case, *sorted(each.rev_id for each in readings))


def _content(readings: Sequence[PathReading]) -> list[Any]:
    facts = readings[0].photo
    images = {each.photo.image_uid: each.photo for each in readings}
    library = [_image("CONTAINS", photo) for photo in images.values()]
    return [
        _code("HAS CONCEPT MOD", _LANGUAGE, _ENGLISH),
        _code("HAS OBS CONTEXT", _OBSERVER, _DEVICE),
        _uidref("HAS OBS CONTEXT", _DEVICE_UID, uid("device", facts.trial, facts.site)),
        _text("HAS OBS CONTEXT", _DEVICE_NAME, "RESET-OR"),
        _code("HAS CONCEPT MOD", _PROCEDURE, _IMAGING),
        _container("CONTAINS", _LIBRARY, [_container("CONTAINS", _LIBRARY_GROUP, library)]),
        _container("CONTAINS", _MEASUREMENTS, [_group(each) for each in readings]),
    ]


def _group(reading: PathReading) -> Any:
    """TID 1501, one reading: who, what, which tissue, and the length with its path."""
    what = "Length of the tumour" if reading.end == "tumour" else f"{reading.end.title()} margin"
    items = [
        _text("HAS OBS CONTEXT", _TRACKING, f"{what}, {reading.state}, reading {reading.reading_no}"),
        _uidref("HAS OBS CONTEXT", _TRACKING_UID, uid("reading", reading.photo.trial, reading.rec)),
        _code("HAS OBS CONTEXT", _OBSERVER, _PERSON),
        _person("HAS OBS CONTEXT", _PERSON_NAME, reading.reader),
        _code("CONTAINS", _FINDING, _TUMOR),
        _length(reading),
        _text("CONTAINS", _COMMENT, f"State of the tissue: {reading.state}"),
        _text("CONTAINS", _COMMENT, f"Reading number: {reading.reading_no}"),
    ]
    items += [_text("CONTAINS", _CALIBRATION, line) for line in reading.calibration]
    group = _container("CONTAINS", _GROUP, items)
    group.ContentTemplateSequence = [_template("1501")]
    return group


def _length(reading: PathReading) -> Any:
    length = _number("CONTAINS", _LENGTH, reading.length_mm, _MM)
    path = _item("INFERRED FROM", "SCOORD", None)
    path.GraphicType = "POLYLINE"
    path.GraphicData = [coordinate for point in reading.path for coordinate in point]
    path.ContentSequence = [_image("SELECTED FROM", reading.photo)]
    parts = [_text("HAS CONCEPT MOD", _METHOD, reading.method)]
    if reading.end in _ENDS:
        parts.append(_code("HAS CONCEPT MOD", _WHERE, _ENDS[reading.end]))
    if reading.uncertainty_mm is not None:
        parts.append(_number("HAS PROPERTIES", _UNCERTAINTY, reading.uncertainty_mm, _MM))
    parts.append(path)
    length.ContentSequence = parts
    return length


def _evidence(readings: Sequence[PathReading]) -> Any:
    """Every picture that the report refers to, by study and series (PS3.3 C.17.2)."""
    from pydicom.dataset import Dataset

    study, series = Dataset(), dict[str, dict[str, Any]]()
    for each in readings:
        held = series.setdefault(each.photo.series_uid, {})
        held[each.photo.image_uid] = reference(each.photo.sop_class, each.photo.image_uid)
    study.StudyInstanceUID = readings[0].photo.study_uid
    study.ReferencedSeriesSequence = []
    for name, images in series.items():
        one = Dataset()
        one.SeriesInstanceUID, one.ReferencedSOPSequence = name, list(images.values())
        study.ReferencedSeriesSequence.append(one)
    return study


def _template(identifier: str) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    item.MappingResource, item.TemplateIdentifier = "DCMR", identifier
    return item


def _item(relation: str, kind: str, concept: tuple[str, str, str] | None) -> Any:
    from pydicom.dataset import Dataset

    item = Dataset()
    if relation:
        item.RelationshipType = relation
    item.ValueType = kind
    if concept is not None:
        item.ConceptNameCodeSequence = [code(concept)]
    return item


def _container(relation: str, concept: tuple[str, str, str], content: list[Any]) -> Any:
    item = _item(relation, "CONTAINER", concept)
    item.ContinuityOfContent, item.ContentSequence = "SEPARATE", content
    return item


def _code(relation: str, concept: tuple[str, str, str], value: tuple[str, str, str]) -> Any:
    item = _item(relation, "CODE", concept)
    item.ConceptCodeSequence = [code(value)]
    return item


def _text(relation: str, concept: tuple[str, str, str], value: str) -> Any:
    item = _item(relation, "TEXT", concept)
    item.TextValue = text(value, 1024)
    return item


def _person(relation: str, concept: tuple[str, str, str], user: str) -> Any:
    item = _item(relation, "PNAME", concept)
    item.PersonName = text(user, 60).replace("^", " ").replace("=", " ") + "^"
    return item


def _uidref(relation: str, concept: tuple[str, str, str], value: str) -> Any:
    item = _item(relation, "UIDREF", concept)
    item.UID = value
    return item


def _number(relation: str, concept: tuple[str, str, str], value: float, unit: tuple[str, str, str]) -> Any:
    from pydicom.dataset import Dataset

    item, measured = _item(relation, "NUM", concept), Dataset()
    measured.NumericValue = number(value)
    measured.MeasurementUnitsCodeSequence = [code(unit)]
    item.MeasuredValueSequence = [measured]
    return item


def _image(relation: str, photo: PhotoFacts) -> Any:
    item = _item(relation, "IMAGE", None)
    item.ReferencedSOPSequence = [reference(photo.sop_class, photo.image_uid)]
    return item

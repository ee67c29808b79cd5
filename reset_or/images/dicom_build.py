"""Builds DICOM images from a frame and plain values: VL Photographic, VL Endoscopic, and the rectified one.

Writes into memory. Reads nobody's DICOM. The modules are those of PS3.3 A.32.4 and A.32.1; what each
element is for stands beside it. Identifiers are derived (dicom_facts.uid).
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from reset_or.base.resources import read_bytes
from reset_or.images.dicom_facts import (
    PhotoFacts,
    local,
    number,
    text,
    uid,
    zone_text,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
JPEG_BASELINE: Final = "1.2.840.10008.1.2.4.50"
IMPLEMENTATION_UID: Final = uid("implementation", "RESET-OR")
IMPLEMENTATION: Final = "RESET-OR"

_SPECIMEN_CONTAINER: Final = ("434711009", "SCT", "Specimen container")
_ABDOMEN: Final = ("818981001", "SCT", "Abdomen")
_RULER: Final = ("102304005", "SCT", "Measuring ruler")
_RESAMPLED: Final = ("113085", "DCM", "Spatial resampling")
_SOURCE_OF_DERIVED: Final = ("121322", "DCM", "Source image for image processing operation")
_RECTIFIED_SERIES: Final = 200


@dataclass(frozen=True)
class Rectification:
    """A picture seen straight from above. `mm_per_px` holds for both directions of the new picture;
    `calibration` is the id of the calibration's record, `description` how it was done, in one line.
    """

    mm_per_px: float
    calibration: str
    description: str


def photograph(jpeg: bytes, w: int, h: int, facts: PhotoFacts) -> bytes:
    """The stripped JPEG as a DICOM file, its coded bytes untouched; `dicom_frame.encapsulable` says whether.

    `w`, `h` are those of the JPEG. The picture is upright as it is coded.
    """
    from pydicom.encaps import encapsulate

    facts = replace(facts, lossy="jpeg")
    said = _image(w, h, facts)
    said.PhotometricInterpretation = "YBR_FULL_422"
    _lossy(said, facts, len(jpeg))
    said.PixelData = encapsulate([jpeg], has_bot=False)
    said["PixelData"].VR = "OB"
    said["PixelData"].is_undefined_length = True
    return as_file(said, JPEG_BASELINE)


def photograph_of_pixels(w: int, h: int, rgb: bytes, facts: PhotoFacts, coded_length: int = 0) -> bytes:
    """Upright RGB pixels as a DICOM file without compression.

    `coded_length` is how long the lossy file was from which they were decoded, 0 where nobody knows.
    """
    said = _image(w, h, facts)
    _lossy(said, facts, coded_length)
    _native(said, rgb)
    return as_file(said, EXPLICIT_LITTLE)


def rectified(w: int, h: int, rgb: bytes, facts: PhotoFacts, how: Rectification) -> bytes:
    """A derived image that refers to the photograph `facts` tell of: the only one with PixelSpacing."""
    said = _image(w, h, facts)
    said.SOPInstanceUID = rectified_uid(facts, how)
    said.SeriesInstanceUID = uid("series", facts.trial, facts.case, "rectified", facts.state)
    said.SeriesNumber = str(_RECTIFIED_SERIES + facts.series)
    said.ImageType = ["DERIVED", "PRIMARY"]
    said.DerivationDescription = text(how.description, 1024)
    said.DerivationCodeSequence = [code(_RESAMPLED)]
    source = reference(facts.sop_class, facts.image_uid)
    source.PurposeOfReferenceCodeSequence = [code(_SOURCE_OF_DERIVED)]
    said.SourceImageSequence = [source]
    said.PixelSpacing = [number(how.mm_per_px)] * 2
    _lossy(said, facts, 0)
    _native(said, rgb)
    return as_file(said, EXPLICIT_LITTLE)


def rectified_uid(facts: PhotoFacts, how: Rectification) -> str:
    """Of the image that one calibration of one photograph gives."""
    return uid("rectified", facts.trial, facts.case, facts.photo, how.calibration)


def as_file(said: Dataset, syntax: str) -> bytes:
    """The whole file: an empty preamble, meta information without a name of any station, the elements."""
    from pydicom import dcmwrite
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import UID

    said.file_meta = FileMetaDataset()
    said.file_meta.MediaStorageSOPClassUID = said.SOPClassUID
    said.file_meta.MediaStorageSOPInstanceUID = said.SOPInstanceUID
    said.file_meta.TransferSyntaxUID = UID(syntax)
    said.file_meta.ImplementationClassUID = UID(IMPLEMENTATION_UID)
    said.file_meta.ImplementationVersionName = IMPLEMENTATION
    stream = io.BytesIO()
    dcmwrite(stream, said, enforce_file_format=True)
    return stream.getvalue()


def code(triple: tuple[str, str, str]) -> Any:
    """One item of a code sequence: value, scheme, meaning."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = triple
    return item


def reference(sop_class: str, instance: str) -> Any:
    """One item of a sequence that refers to another object."""
    from pydicom.dataset import Dataset

    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, instance
    return item


def case_of(facts: PhotoFacts, modality: str) -> Any:
    """What every object of a case says: SOP common, patient, study, clinical trial (PS3.3 C.7, C.12)."""
    from pydicom.dataset import Dataset

    said = Dataset()
    said.SpecificCharacterSet = "ISO_IR 192"
    said.TimezoneOffsetFromUTC = zone_text(facts.zone_min)
    said.Modality = modality
    shown = text(facts.subject or facts.specimen_code, 32)
    said.PatientName = f"{facts.trial_name}^{shown}".replace("=", " ")
    said.PatientID = shown
    said.PatientBirthDate = said.PatientSex = ""
    said.PatientIdentityRemoved = "YES"
    said.DeidentificationMethod = "New object made by RESET-OR; trial code, no metadata taken over"
    said.StudyInstanceUID = facts.study_uid
    said.StudyID = text(shown, 16)  # DICOMDIR needs one
    said.AccessionNumber = said.ReferringPhysicianName = ""
    said.StudyDate, said.StudyTime = date_time(facts.studied_at, facts.zone_min)
    said.StudyDescription = text(f"{facts.trial_name} {facts.trial} 切除标本", 64)
    said.LongitudinalTemporalInformationModified = "UNMODIFIED"
    if facts.subject:
        _clinical_trial(said, facts)
    return said


def _clinical_trial(said: Any, facts: PhotoFacts) -> None:
    said.ClinicalTrialSponsorName = text(facts.sponsor, 64)
    said.ClinicalTrialProtocolID = text(facts.trial, 64)
    said.ClinicalTrialProtocolName = text(facts.trial_name, 64)
    said.ClinicalTrialSiteID = text(facts.site, 64)
    said.ClinicalTrialSiteName = text(facts.site_name, 64)
    said.ClinicalTrialSubjectID = text(facts.subject, 64)
    said.ClinicalTrialTimePointID = "operation"
    said.ClinicalTrialCoordinatingCenterName = ""


def _image(w: int, h: int, facts: PhotoFacts) -> Any:
    said = case_of(facts, "ES" if facts.scope == "endoscopic" else "XC")
    said.SOPClassUID, said.SOPInstanceUID = facts.sop_class, facts.image_uid
    said.SeriesInstanceUID, said.SeriesNumber = facts.series_uid, str(facts.series)
    said.SeriesDescription = text(facts.description, 64)
    said.Manufacturer = ""  # the camera's is not kept
    said.InstanceNumber = str(facts.number)
    said.PatientOrientation = ""
    said.ImageType = ["ORIGINAL", "PRIMARY"]
    said.AcquisitionContextSequence = []
    if facts.captured_at is not None:
        said.ContentDate, said.ContentTime = date_time(facts.captured_at, facts.zone_min)
        said.AcquisitionDateTime = said.ContentDate + said.ContentTime + zone_text(facts.zone_min)
    if facts.burned_in is not None:
        said.BurnedInAnnotation = "YES" if facts.burned_in else "NO"
    said.SamplesPerPixel, said.PlanarConfiguration = 3, 0
    said.Rows, said.Columns = h, w
    said.BitsAllocated = said.BitsStored = 8
    said.HighBit, said.PixelRepresentation = 7, 0
    if facts.srgb:
        said.ICCProfile, said.ColorSpace = _srgb(), "SRGB"
    if facts.is_specimen:
        _specimen(said, facts)
    else:
        said.AnatomicRegionSequence = [code(_ABDOMEN)]
    if facts.ruler is not None:
        said.DeviceSequence = [_ruler(facts.ruler.length_mm, facts.ruler.description)]
    _deidentification(said, facts)
    return said


def _deidentification(said: Any, facts: PhotoFacts) -> None:
    """States the profile and options of PS3.15 Annex E that hold for a picture taken out of foreign DICOM."""
    if not facts.deidentified:
        return
    said.DeidentificationMethodCodeSequence = [
        code(("113100", "DCM", "Basic Application Confidentiality Profile"))
    ]
    if facts.blackened:
        said.DeidentificationMethodCodeSequence.append(code(("113101", "DCM", "Clean Pixel Data Option")))
    if facts.captured_at is not None:
        said.DeidentificationMethodCodeSequence.append(
            code(("113106", "DCM", "Retain Longitudinal Temporal Information Full Dates Option"))
        )
    else:
        said.LongitudinalTemporalInformationModified = "REMOVED"


def _specimen(said: Any, facts: PhotoFacts) -> None:
    """PS3.3 C.7.6.22: which specimen this is, by the trial's own code."""
    from pydicom.dataset import Dataset

    name = text(facts.specimen_code, 64)
    said.ContainerIdentifier = name
    said.IssuerOfTheContainerIdentifierSequence = []
    said.ContainerTypeCodeSequence = [code(_SPECIMEN_CONTAINER)]
    one = Dataset()
    one.SpecimenIdentifier = name
    one.IssuerOfTheSpecimenIdentifierSequence = []
    one.SpecimenUID = uid("specimen", facts.trial, facts.case, facts.specimen_code)
    one.SpecimenShortDescription = text(facts.state, 64)
    one.SpecimenPreparationSequence = []
    said.SpecimenDescriptionSequence = [one]


def _ruler(length_mm: float | None, description: str) -> Any:
    """PS3.3 C.7.6.12: the scale that lies in the picture, with its known length."""
    item = code(_RULER)
    if length_mm is not None:
        item.DeviceLength = number(length_mm)
    item.DeviceDescription = text(description, 64)
    return item


def _native(said: Any, rgb: bytes) -> None:
    said.PhotometricInterpretation = "RGB"
    said.PixelData = rgb if len(rgb) % 2 == 0 else rgb + b"\0"
    said["PixelData"].VR = "OB"


def _lossy(said: Any, facts: PhotoFacts, coded_length: int) -> None:
    """Once lossy is lossy for ever, whatever the file is coded as now (PS3.3 C.7.6.1.1.5)."""
    said.LossyImageCompression = "01" if facts.lossy else "00"
    if facts.lossy != "jpeg":  # HEIC has no term here that validators know
        return
    said.LossyImageCompressionMethod = "ISO_10918_1"
    if coded_length:
        said.LossyImageCompressionRatio = number(round(said.Rows * said.Columns * 3 / coded_length, 2))


def date_time(at: int, zone_min: int | None) -> tuple[str, str]:
    """(DA, TM) of a moment, with milliseconds."""
    wall = local(at, zone_min)
    return wall.strftime("%Y%m%d"), wall.strftime("%H%M%S.%f")[:10]


@cache
def _srgb() -> bytes:
    """An input profile (class scnr, PS3.3 C.11.15) that says sRGB; made by LittleCMS, free of rights."""
    return read_bytes("dicom", "srgb.icc")

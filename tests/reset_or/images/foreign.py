"""DICOM files as other makers write them: identity everywhere, and every way to go wrong."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pydicom
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from tests.reset_or.images import specimens as make

EXPLICIT, IMPLICIT, BASELINE = (
    "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.4.50",
)  # fmt: skip
ENDOSCOPIC, SECONDARY, CT = (
    "1.2.840.10008.5.1.4.1.1.77.1.1", "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.5.1.4.1.1.2",
)  # fmt: skip


def tower_still(
    picture: Image.Image | None = None, syntax: str = BASELINE, jpeg: bytes | None = None, **more: Any
) -> Dataset:
    """A still of a tower, with a patient; `more` are elements that differ."""
    picture = picture or make.colourful()
    said = Dataset()
    said.file_meta = FileMetaDataset()
    said.file_meta.TransferSyntaxUID = UID(syntax)
    said.SpecificCharacterSet = "GB18030"
    said.SOPClassUID, said.SOPInstanceUID = ENDOSCOPIC, "1.2.3.4"
    said.StudyInstanceUID, said.SeriesInstanceUID, said.Modality = "1.2.3", "1.2.3.9", "ES"
    said.PatientName, said.PatientID = "张三", "0098123"
    said.AcquisitionDateTime, said.TimezoneOffsetFromUTC = "20261123105901.5", "+0800"
    said.SamplesPerPixel, said.PlanarConfiguration = 3, 0
    said.Columns, said.Rows = picture.size
    said.BitsAllocated = said.BitsStored = 8
    said.HighBit, said.PixelRepresentation = 7, 0
    if syntax == BASELINE:
        said.PhotometricInterpretation = "YBR_FULL_422"
        said.PixelData = encapsulate([jpeg or make.saved(picture, "JPEG", quality=92)])
    else:
        said.PhotometricInterpretation = "RGB"
        said.PixelData = picture.tobytes()
    for name, value in more.items():
        setattr(said, name, value)
    said.file_meta.MediaStorageSOPClassUID = said.SOPClassUID
    said.file_meta.MediaStorageSOPInstanceUID = said.SOPInstanceUID
    return said


def as_bytes(said: Dataset, preamble: bytes = bytes(128)) -> bytes:
    stream = io.BytesIO()
    pydicom.dcmwrite(stream, said, enforce_file_format=True)
    return preamble + stream.getvalue()[128:]


def deflated_bomb(size: int = 64 << 20) -> bytes:
    """A few kilobytes that claim to be `size` when a library opens them."""
    head = as_bytes(tower_still(syntax=EXPLICIT))
    meta = head[: 132 + 12 + struct.unpack_from("<I", head, 140)[0]]
    meta = meta.replace(b"UI\x14\x001.2.840.10008.1.2.1\0", b"UI\x16\x001.2.840.10008.1.2.1.99")
    meta = meta[:140] + struct.pack("<I", len(meta) - 144) + meta[144:]
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return meta + deflater.compress(bytes(size)) + deflater.flush()


def nested(depth: int) -> bytes:
    """Sequences of unknown length inside each other, before the picture."""
    whole = as_bytes(tower_still(syntax=EXPLICIT))
    place = 144 + struct.unpack_from("<I", whole, 140)[0]
    opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    closed = b"\xfe\xff\x0d\xe0\0\0\0\0" + b"\xfe\xff\xdd\xe0\0\0\0\0"
    return whole[:place] + opened * depth + closed * depth + whole[place:]

"""The demo's laparoscopy tower: stills of an operation that never was, sent as a tower sends them (C-STORE).

Like a real tower's they name a patient, here an invented one, so that the inbox has something to leave out.
"""

from __future__ import annotations

import io
from typing import Any, Final

SIZE: Final = (1280, 1024)
_HALF: Final = 0.42
"""Half the bowel's width, in half heights of the picture."""


def send_stills(port: int, called: str, count: int = 2) -> None:
    """Sends `count` stills of one examination to this computer. Raises as `images.dicom_send.c_store`."""
    from reset_or.images.dicom_send import DicomObject, Peer, c_store

    c_store(
        [DicomObject(f"still {number}", _as_dicom(still(number), number)) for number in range(count)],
        Peer("127.0.0.1", port, called, "TOWER"),
    )


def still(number: int) -> bytes:
    """A JPEG: bowel with two rows of staples and fat around it, in the round field of an endoscope."""
    import numpy as np
    from PIL import Image, ImageFilter

    picture = Image.fromarray((np.clip(_lit(number), 0, 1) * 255).astype(np.uint8))
    out = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(1.1)).save(out, "JPEG", quality=92, subsampling=1)
    return out.getvalue()


def _lit(number: int) -> Any:
    """Red, green, blue from 0 to 1, rows from the top."""
    import numpy as np

    w, h = SIZE
    clouds = _Clouds(number)
    x, y = np.meshgrid(np.linspace(-w / h, w / h, w), np.linspace(-1, 1, h))
    turned = 0.25 if number % 2 else -0.35
    along, across = x + turned * y, y - turned * x - 0.16 * np.sin(2.2 * x + number) + 0.08
    height = np.sqrt(np.clip(1 - (across / _HALF) ** 2, 0, 1))  # of the bowel's wall over the fat
    fat = np.array([0.80, 0.56, 0.27]) + 0.30 * (clouds(9) + 0.5 * clouds(24) + 0.25 * clouds(70))
    fat *= (0.55 + 0.45 * np.clip(np.abs(across) / _HALF - 0.6, 0, 1))[..., None]
    wall = np.array([0.72, 0.36, 0.33]) * (0.35 + 0.75 * height)[..., None] + 0.1 * (clouds(60) + clouds(16))
    vessels = 0.45 * np.clip(1 - np.abs(clouds(14) + 0.3 * clouds(40)) / 0.02, 0, 1)
    wall = wall * (1 - vessels) + np.array([0.40, 0.05, 0.07]) * vessels
    edge = np.clip((height - 0.12) * 12, 0, 1)[..., None]
    colour = fat * (1 - edge) + wall * edge
    _staple(colour, along - 0.30, across, height)
    shine = np.clip(clouds(30) * height[..., None] - 0.33, 0, 1) * 8
    colour += shine * np.clip(1 - np.abs(across + 0.12) / 0.25, 0, 1)[..., None]
    far = np.hypot(x, y)
    return colour * ((1.12 - 0.62 * far**2) * np.clip((0.97 - far) * 60, 0, 1))[..., None]


def _staple(colour: Any, off: Any, across: Any, height: Any) -> None:
    """A cut across the bowel and a row of staples on either side of it."""
    import numpy as np

    for row in (-0.045, 0.045):
        steel = (np.abs(off - row) < 0.012) & ((across * 24) % 1 < 0.55) & (height > 0.2)
        colour[steel] = np.array([0.86, 0.87, 0.90])
    colour *= (1 - 0.75 * np.clip(1 - np.abs(off) / 0.012, 0, 1) * (height > 0.15))[..., None]


class _Clouds:
    """Smooth noise about 0, `cells` lumps across, as one channel."""

    def __init__(self, seed: int) -> None:
        import numpy as np

        self._dice = np.random.default_rng(seed)

    def __call__(self, cells: int) -> Any:
        import numpy as np
        from PIL import Image

        small = self._dice.integers(0, 256, (max(2, cells * SIZE[1] // SIZE[0]), cells), np.uint8)
        large = Image.fromarray(small).resize(SIZE, Image.Resampling.BICUBIC)
        return np.asarray(large, np.float32)[..., None] / 255 - 0.5


def _as_dicom(jpeg: bytes, number: int) -> bytes:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import UID, JPEGBaseline8Bit, generate_uid

    from reset_or.images.dicom_facts import VL_ENDOSCOPIC

    said = Dataset()
    said.file_meta = FileMetaDataset()
    said.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    said.SpecificCharacterSet = "ISO_IR 192"
    said.SOPClassUID = said.file_meta.MediaStorageSOPClassUID = UID(VL_ENDOSCOPIC)
    said.SOPInstanceUID = said.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    said.StudyInstanceUID = generate_uid(entropy_srcs=["RESET-OR demo examination"])
    said.SeriesInstanceUID, said.Modality = generate_uid(entropy_srcs=["RESET-OR demo series"]), "ES"
    said.PatientName, said.PatientID, said.InstanceNumber = "Demo^Patient", "DEMO-1", str(number + 1)
    said.Columns, said.Rows = SIZE
    said.SamplesPerPixel, said.PlanarConfiguration, said.PhotometricInterpretation = 3, 0, "YBR_FULL_422"
    said.BitsAllocated = said.BitsStored = 8
    said.HighBit, said.PixelRepresentation = 7, 0
    said.PixelData = encapsulate([jpeg])
    out = io.BytesIO()
    said.save_as(out, enforce_file_format=True)
    return out.getvalue()

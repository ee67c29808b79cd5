"""Other people's programs as judges of our DICOM: dicom3tools, dcmtk, Orthanc (installed by .ci/prepare)."""

from __future__ import annotations

import subprocess
from pathlib import Path

from reset_or.images.dicom_facts import PhotoFacts, RulerFacts

# pynetdicom's wheel installs programs of the same names into the environment: ours is never the judge.
DCMTK = Path("/usr/bin")

FACTS = PhotoFacts(
    trial="NCT07038122", site="03", case="c" * 32, photo="d" * 32, subject="03-0147", specimen="03-0147-A",
    site_name="中山大学附属第六医院", state="fresh_unpinned", captured_at=1_790_000_123_456,
    studied_at=1_790_000_000_000, zone_min=480, description="Fresh 离体新鲜",
    ruler=RulerFacts(150.0, "Steel ruler 15 cm"),
)  # fmt: skip


def complaints(data: bytes, folder: Path) -> list[str]:
    """Every error and warning of `dciodvfy -new`; its exit code says nothing reliable."""
    file = folder / "judged.dcm"
    file.write_bytes(data)
    run = subprocess.run(["/usr/bin/dciodvfy", "-new", file], capture_output=True, text=True, check=False)
    lines = run.stderr.splitlines()
    return [line for line in lines if line.startswith(("Error", "Warning", "Abort"))] or (
        [] if run.returncode == 0 else [f"exit {run.returncode}: {run.stderr[:200]}"]
    )


def said(program: str, *arguments: str | Path) -> str:
    """What a program of dcmtk prints; fails the test where it fails."""
    run = subprocess.run([DCMTK / program, *arguments], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def pixels_by_dcmtk(data: bytes, folder: Path) -> tuple[tuple[int, int], bytes]:
    """((w, h), RGB) of a DICOM file as dcmj2pnm decodes it."""
    from PIL import Image

    file, raw = folder / "pixels.dcm", folder / "pixels.ppm"
    file.write_bytes(data)
    said("dcmj2pnm", "--write-raw-pnm", file, raw)
    with Image.open(raw) as image:
        return image.size, image.convert("RGB").tobytes()

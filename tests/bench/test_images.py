"""A photograph of 24 and of 50 megapixels: taken in, opened to the glass, moved on it, its card found."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reset_or.actions import measuring, photos
from reset_or.images import measuring as in_picture
from reset_or.images.intake import TakenPhoto
from reset_or.images.label_child import texts_of
from reset_or.trial.limits import PhotoLimits
from tests.bench.device import timed
from tests.bench.report import Book, Table, median
from tests.conftest import Effort
from tests.fakes.measuring import Bench, make_bench
from tests.fakes.specimen_camera import Camera, Laid
from tests.fakes.specimen_labels import on_table, throws
from tests.fakes.specimen_scene import Light, Scene, photograph

ROOT = Path(__file__).parents[2]
TIMES = 5
SIZES = {24: (6000, 4000), 50: (8660, 5773)}
_FRAME_MS = 1000 / 60
_LANE_MS = 50


@cache
def picture(megapixels: int) -> bytes:
    """A photograph with card and ruler, as large as a camera makes it."""
    if megapixels == 24:
        camera, light = Camera(*SIZES[24], tilt_deg=8), Light(noise=5, quality=95)
        return photograph(
            Scene(camera, light=light, card=Laid((-135, -105), 1.5), ruler=Laid((-95, 40), 3))
        ).data
    stream = io.BytesIO()
    with Image.open(io.BytesIO(picture(24))) as image:
        image.resize(SIZES[50], Image.Resampling.BICUBIC).save(stream, "JPEG", quality=95)
    return stream.getvalue()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return make_bench(tmp_path_factory.mktemp("images"))


def _unlike(megapixels: int, number: int) -> bytes:
    """The same picture as another file, as a camera would take it: nothing is kept twice in a case."""
    jpeg, comment = picture(megapixels), str(number).encode()
    return jpeg[:2] + b"\xff\xfe" + (2 + len(comment)).to_bytes(2, "big") + comment + jpeg[2:]


def test_images_taken_in(bench: Bench, tmp_path: Path, effort: Effort, book: Book) -> None:
    rounds = min(TIMES, effort.count or TIMES)
    times: dict[str, list[float]] = {"file": [], "decode": [], "taken": [], "sealed": [], "lane": []}
    for number in range(rounds):
        data = _unlike(24, number)
        source = tmp_path / f"{number}.jpg"
        source.write_bytes(data)
        times["file"].append(timed(lambda source=source: _bare_copy(source, tmp_path / "copy")))
        times["decode"].append(timed(lambda data=data: _bare_decode(data)))
        found: list[Any] = []
        times["taken"].append(
            timed(lambda source=source, found=found: found.append(photos.take_in(source, zone_min=480)))
        )
        before, sealing, after = _kept(bench, found[0])
        times["sealed"].append(before + sealing + after)
        times["lane"].append(before + after)
    file, decode, taken, sealed, lane = (median(times[name]) for name in times)
    table = Table(
        f"A photograph of 24 megapixels taken in ({len(picture(24)) / 1e6:.1f} MB, median of {rounds})",
        "Taken in: read, stripped, decoded by the child. Kept: DICOM, sealed, fsynced, recorded, fsynced.",
    )
    table.row("the file read, hashed, written, fsynced", file)
    table.row("the picture decoded by Pillow", decode)
    table.row("taken in", taken, anchor="read, decoded", ratio=taken / (file + decode))
    table.row("kept", sealed, anchor="the bare file", ratio=sealed / file)
    table.row("kept: the store's lane is held", lane, anchor="1 ms", ratio=lane * 1000, at_most=_LANE_MS)
    whole, bare = taken + sealed, file + decode
    table.row("both", whole, anchor="read, decoded, written", ratio=whole / bare, at_most=2.5)
    book.add(table)
    assert len(bench.view.photos) == 1 + rounds


def _kept(bench: Bench, taken: TakenPhoto) -> tuple[float, float, float]:
    """Seconds of the three steps; the first and the last hold the store's lane."""
    made: list[Any] = []
    do = bench.workspace.do
    before = timed(
        lambda: made.append(do(photos.prepare_photo, case=bench.case, taken=taken, state="fresh_unpinned"))
    )
    sealing = timed(lambda: made.append(photos.seal_prepared(made[0])))
    return before, sealing, timed(lambda: do(photos.record_photo, sealed=made[1]))


def test_images_labels_found(effort: Effort, book: Book) -> None:
    """How many specimen labels are read, over their size in the picture; the picture is decoded already."""
    with Image.open(io.BytesIO(picture(24))) as image:
        table = np.asarray(image.convert("L"))
    by_size: dict[str, list[bool]] = {"4 to 8": [], "8 to 12": [], "12 and more": []}
    times = []
    for throw in throws(effort.count or 40, SIZES[24][0], effort.seed):
        seen = Image.fromarray(on_table(table, throw))
        found: list[list[str]] = []
        times.append(timed(lambda seen=seen, found=found: found.append(texts_of(seen))))
        size = "4 to 8" if throw.module(SIZES[24][0]) < 8 else "8 to 12"
        size = "12 and more" if throw.module(SIZES[24][0]) >= 12 else size
        by_size[size].append(throw.text in found[0])
    shown = Table(
        f"Specimen labels in photographs of 24 megapixels ({len(times)} labels)",
        "15 to 40 mm in pictures 200 to 500 mm across, to 25 degrees, blurred by up to 0.3 of a module.",
    )
    for size, read in by_size.items():
        if read:
            shown.row(f"read, {size} pixels a module", ratio=sum(read) / len(read), at_least=0.9)
    shown.row("looked for", median(times))
    blank = Image.fromarray(table)
    shown.row("looked for where there is none", median([timed(lambda: texts_of(blank)) for _ in range(5)]))
    book.add(shown)
    read = [each for rows in by_size.values() for each in rows]
    assert sum(read) >= 0.9 * len(read)


def _bare_copy(source: Path, target: Path) -> None:
    data = source.read_bytes()
    hashlib.sha256(data).hexdigest()
    with target.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _bare_decode(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as image:
        image.load()


@pytest.mark.parametrize("megapixels", SIZES)
def test_images_opened(megapixels: int, bench: Bench, effort: Effort, book: Book) -> None:
    rounds = min(TIMES, effort.count or TIMES)
    taken = photos.take_in(_file(bench, megapixels), zone_min=480)
    rec = bench.workspace.do(photos.attach_photo, case=bench.case, taken=taken, state="fresh_unpinned").rec
    lane = median([
        timed(lambda: bench.workspace.do(measuring.find_for_measuring, photo=rec)) for _ in range(rounds)
    ])  # fmt: skip
    sealed = bench.workspace.do(photos.find_photo, photo=rec)
    said = _shown(sealed, taken.data, rounds)
    wall, cpu = ({name: median(times) for name, times in said[kind].items()} for kind in ("wall", "cpu"))
    finer, _cpu = wall.pop("smaller"), cpu.pop("smaller")
    whole, all_cpu = lane + sum(wall.values()) - wall["bare"], sum(cpu.values()) - cpu["bare"]
    table = Table(
        f"A stored photograph of {megapixels} megapixels, opened to the glass (median of {rounds})",
        f"CPU seconds of both processes: {all_cpu:.2f}, of the bare decode {cpu['bare']:.2f}. Memory beside "
        "that of the pixels as a screen holds them.",
    )
    table.row("decoded by Qt in this process, nothing else", wall["bare"])
    table.row("found: the store's lane is held", lane, anchor="1 ms", ratio=lane * 1000, at_most=_LANE_MS)
    table.row("unsealed, verified", wall["unseal"])
    table.row("decoded in the child, pixels here", wall["decode"])
    table.row("the screen's thread, until it is painted", wall["glass"], anchor="1 ms",
              ratio=wall["glass"] * 1000, at_most=_FRAME_MS)  # fmt: skip
    table.row("copies for a picture drawn small, after it is shown", finer)
    table.row("opened", whole, anchor="the bare decode", ratio=whole / wall["bare"], at_most=2)
    table.row(
        "the same in CPU seconds", all_cpu, anchor="the bare decode", ratio=all_cpu / cpu["bare"], at_most=2
    )
    pixels_kb = taken.w * taken.h * 4 / 1024
    for name, who, most in (("parent_kb", "this process grew by", 1.5), ("child_kb", "the child held", 2)):
        table.row(f"most memory that {who}", anchor="the pixels", ratio=said[name] / pixels_kb, at_most=most)
    left = said["left_kb"] / pixels_kb
    table.row("memory that goes when the page is left", anchor="the pixels", ratio=left, at_least=0.9)
    book.add(table)
    book.add(_moved(megapixels, said["frames"]))
    assert said["left_kb"] > 0


def _moved(megapixels: int, frames: dict[str, dict[str, list[float]]]) -> Table:
    table = Table(
        f"A photograph of {megapixels} megapixels on the glass, 1366 x 768, painted without a screen",
        "With a path, a scale bar and labels on it. The processor's time says more on a busy machine.",
    )
    for name, ms in frames.items():
        for span, figure in (
            ("median", median(ms["wall"])), ("slowest", max(ms["wall"])),
            ("processor's time, median", median(ms["cpu"])),
        ):  # fmt: skip
            table.row(f"{name}, {span}", figure / 1000, anchor="1 ms", ratio=figure, at_most=_FRAME_MS)
    return table


def _file(bench: Bench, megapixels: int) -> Path:
    """A file that no other test has put into the case."""
    place = bench.workspace.home.root.parent / f"{megapixels}.jpg"
    place.write_bytes(_unlike(megapixels, 1000 + megapixels))
    return place


def _shown(sealed: photos.SealedPhoto, jpeg: bytes, rounds: int) -> dict[str, Any]:
    said = asdict(sealed)
    asked = {
        "path": str(said.pop("path")),
        "sealed": said,
        "jpeg": base64.b64encode(jpeg).decode(),
        "times": rounds,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.image_program"], cwd=ROOT, check=False, capture_output=True,
        text=True, input=json.dumps(asked) + "\n", timeout=600,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def test_images_measured(effort: Effort, book: Book) -> None:
    rounds, data, limits = min(3, effort.count or 3), picture(24), PhotoLimits()
    times: dict[str, list[float]] = {"bare": [], "card": [], "ticks": []}
    for _ in range(rounds):
        times["bare"].append(timed(lambda: _bare_decode(data)))
        times["card"].append(timed(lambda: in_picture.measure_card(data, "image/jpeg", 1, limits)))
        times["ticks"].append(timed(lambda: in_picture.find_ticks(data, "image/jpeg", 1, limits)))
    bare = median(times["bare"])
    table = Table(f"A scale found in a photograph of 24 megapixels (median of {rounds})")
    table.row("the picture decoded by Pillow", bare)
    for name, what in (("card", "the card"), ("ticks", "a ruler's ticks")):
        found = median(times[name])
        table.row(f"{what}, start of the child included", found, anchor="the decode", ratio=found / bare)
    book.add(table)
    assert in_picture.measure_card(data, "image/jpeg", 1, limits).problems == ()

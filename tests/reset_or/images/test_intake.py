"""Taking a photograph in: the sandbox, the clock of the camera, files that misbehave."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from reset_or.base.errors import EnvironmentTrouble, OurBug, UserFixable
from reset_or.images import intake, sandbox
from reset_or.images.intake import take_in
from tests.reset_or.images import specimens as make

TAKEN_AT = int(datetime(2026, 11, 23, 2, 59, 1, tzinfo=UTC).timestamp()) * 1000


def test_a_camera_picture_is_taken_in_whole() -> None:
    exif = make.exif_of(turn=6, taken="2026:11:23 10:59:01", zone="+08:00")
    camera = make.jpeg(exif=exif)
    photo = take_in(camera, name="DSC_0147.JPG")
    assert (photo.w, photo.h, photo.turn, photo.mime) == (96, 64, 6, "image/jpeg")
    assert (photo.captured_at, photo.captured_zone_min) == (TAKEN_AT, 480)
    assert photo.sha256 == hashlib.sha256(photo.data).hexdigest()
    assert photo.camera_sha256 == hashlib.sha256(camera).hexdigest()
    assert photo.sha256 != photo.camera_sha256
    assert photo.warnings == ()


def test_without_a_zone_the_computers_is_assumed_and_said() -> None:
    camera = make.jpeg(exif=make.exif_of(taken="2026:11:23 10:59:01"))
    assumed = take_in(camera, zone_min=480)
    assert (assumed.captured_at, assumed.warnings) == (TAKEN_AT, ("capture_zone_assumed",))
    unknown = take_in(camera)
    assert (unknown.captured_at, unknown.captured_zone_min) == (None, None)
    assert unknown.warnings == ("capture_time_missing",)


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "1904:01:01 00:00:00"])
def test_a_clock_that_was_never_set_is_no_time(taken: str) -> None:
    photo = take_in(make.jpeg(exif=make.exif_of(taken=taken, zone="+08:00", turn=99)))
    assert photo.captured_at is None
    assert photo.turn == 1


@pytest.mark.parametrize(
    ("name", "size", "hinted"),
    [
        ("mmexport1732330741.jpg", (96, 64), True),
        ("IMG_1.jpg", (144, 1080), True),
        ("IMG_1.jpg", (96, 64), False),
    ],
)
def test_messengers_are_recognised(name: str, size: tuple[int, int], hinted: bool) -> None:
    assert ("messenger_recompressed" in take_in(make.jpeg(size), name=name).warnings) == hinted


@pytest.mark.parametrize("name", ["photo.png", "photo.dcm", "photo.txt"])
def test_a_wrong_extension_is_refused(name: str) -> None:
    with pytest.raises(UserFixable, match="photo_wrong_extension"):
        take_in(make.jpeg(), name=name)


def test_a_picture_that_only_decoding_finds_damaged_is_refused() -> None:
    short = make.png_claiming(64, 64, body=b"\0" * 100)  # sound chunks, too few pixels
    with pytest.raises(UserFixable) as caught:
        take_in(short)
    assert caught.value.code in ("photo_truncated", "photo_damaged")


def test_a_transparent_picture_is_previewed_on_white() -> None:
    clear = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    photo = take_in(make.saved(clear, "PNG"))
    shown = sandbox.preview(photo.data, photo.mime, photo.turn, 10)
    assert shown.rgb == b"\xff" * 300


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_preview_stands_upright_and_small(turn: int) -> None:
    camera = make.jpeg((600, 400), quality=95)
    shown = sandbox.preview(camera, "image/jpeg", turn, 120)
    assert (shown.w, shown.h) == ((120, 80) if turn < 5 else (80, 120))
    with Image.open(io.BytesIO(camera)) as image:
        image.getexif()[0x0112] = turn
        from PIL import ImageOps

        upright = (
            ImageOps.exif_transpose(image).convert("RGB").resize((shown.w, shown.h), Image.Resampling.BOX)
        )
    difference = [abs(a - b) for a, b in zip(upright.tobytes(), shown.rgb, strict=True)]
    assert sum(difference) / len(difference) < 4


def test_a_preview_never_gets_larger_than_the_picture() -> None:
    shown = sandbox.preview(make.jpeg(), "image/jpeg", 1, 4000)
    assert (shown.w, shown.h, len(shown.rgb)) == (96, 64, 96 * 64 * 3)
    with pytest.raises(OurBug):
        sandbox.preview(make.jpeg(), "image/gif", 1, 100)


# --- files that misbehave ---
def test_a_file_gives_what_its_bytes_give(tmp_path: Path) -> None:
    file = tmp_path / "a.JPG"
    file.write_bytes(make.jpeg())
    assert take_in(file) == take_in(make.jpeg(), name="a.JPG")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentTrouble, match="photo_vanished"):
        take_in(tmp_path / "a.jpg")


def test_a_folder_and_a_pipe_are_no_photographs(tmp_path: Path) -> None:
    with pytest.raises(UserFixable, match="photo_not_a_file"):
        take_in(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.jpg")
        with pytest.raises(UserFixable, match="photo_not_a_file"):
            take_in(tmp_path / "pipe.jpg")


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be removed there")
@pytest.mark.parametrize(
    ("mischief", "code"),
    [
        (lambda file: file.unlink(), "photo_vanished"),
        (lambda file: file.write_bytes(b"shorter"), "photo_changed"),
        (lambda file: file.with_name("b").rename(file), "photo_changed"),
    ],
    ids=["vanishes", "is overwritten", "is replaced"],
)
def test_a_file_that_changes_while_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mischief: object, code: str
) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(make.jpeg())
    (tmp_path / "b").write_bytes(make.jpeg())
    whole = os.fdopen

    def meanwhile(*args: object, **options: object) -> object:
        stream = whole(*args, **options)
        mischief(file)
        return stream

    monkeypatch.setattr(intake.os, "fdopen", meanwhile)
    with pytest.raises(EnvironmentTrouble, match=code):
        take_in(file)


def test_a_file_beyond_the_limit_is_not_even_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    with file.open("wb") as stream:
        stream.truncate(intake.MAX_BYTES + 1)
    with pytest.raises(UserFixable, match="photo_file_too_large"):
        take_in(file)


# --- the sandbox itself ---
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Puts another program in the child's place: what a taken-over decoder could answer."""
    script = tmp_path / "child.py"
    script.write_text("import sys, time, struct\nsys.stdin.buffer.read()\nout = sys.stdout.buffer\n" + body)
    monkeypatch.setattr(sandbox, "child_command", lambda: [sys.executable, str(script)])


@pytest.mark.parametrize(
    "body",
    [
        "sys.exit(3)",
        "import os; os.abort()",
        "out.write(b'x' * 100000)",
        "out.write(struct.pack('>I', 2) + b'{}' + struct.pack('>Q', 0))",
        "out.write(struct.pack('>I', 2) + b'[]' + struct.pack('>Q', 0))",
        "h = b'{\"error\": \"rm_rf\"}'; out.write(struct.pack('>I', len(h)) + h + struct.pack('>Q', 0))",
        "h = b'{\"w\": 1e9}'; out.write(struct.pack('>I', len(h)) + h + struct.pack('>Q', 1 << 60))",
    ],
)
def test_a_child_that_dies_or_lies_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    child(tmp_path, monkeypatch, body)
    with pytest.raises(UserFixable, match="photo_check_crashed"):
        take_in(make.jpeg())


def test_a_child_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child(tmp_path, monkeypatch, "time.sleep(600)")
    monkeypatch.setattr(sandbox, "TIME_LIMIT_S", 0.3)
    with pytest.raises(UserFixable, match="photo_check_time"):
        take_in(make.jpeg())


def test_without_an_interpreter_the_trouble_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "child_command", lambda: ["/nonexistent/interpreter"])
    with pytest.raises(EnvironmentTrouble, match="photo_checker_missing"):
        take_in(make.jpeg())


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded on Linux")
def test_the_child_bounds_memory_files_and_core_dumps(tmp_path: Path) -> None:
    probe = (
        "from reset_or.images import decoder_child as d; d._limit_myself(); import resource as r\n"
        "print(r.getrlimit(r.RLIMIT_AS)[0], r.getrlimit(r.RLIMIT_CORE)[0], r.getrlimit(r.RLIMIT_FSIZE)[0])\n"
        "try: bytearray(2 << 30)\nexcept MemoryError: print('bounded')"
    )
    root = Path(sandbox.reset_or.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(1536 << 20), "0", "0", "bounded"]


def test_an_application_that_is_frozen_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert sandbox.child_command() == [sys.executable, "--decoder-child"]


def test_importing_the_package_loads_no_decoder() -> None:
    probe = (
        "import sys, reset_or.images; print(any(m in sys.modules for m in ('PIL', 'pyrage', 'subprocess')))"
    )
    root = Path(sandbox.reset_or.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", probe], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

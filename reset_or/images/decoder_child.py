"""The process in which untrusted pictures are decoded: started for one picture, limited, then gone.

Reads one request from stdin (u32 length, JSON, u64 length, picture), answers on stdout in the same shape.
Writes no file, opens no socket, logs nothing. The parent (sandbox.py) trusts nothing that it answers.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import struct
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.Image import Image

MEMORY_LIMIT = 1536 * 1024 * 1024
"""Bytes of address space: 80 megapixels of progressive JPEG need 0.5 GB of coefficients, 0.3 GB of pixels."""

TASKS: Final = {
    "inspect": "reset_or.images.decoder_child:inspect",
    "preview": "reset_or.images.decoder_child:preview",
    "pixels": "reset_or.images.decoder_child:pixels",
    "dicom": "reset_or.images.dicom_child:still",
    "text_regions": "reset_or.images.burned_text_child:find",
    "black_out": "reset_or.images.burned_text_child:black_out",
    "card": "reset_or.images.measure_child:card",
    "ticks": "reset_or.images.measure_child:ticks",
    "sharpness": "reset_or.images.measure_child:sharpness",
    "rectify": "reset_or.images.measure_child:rectify",
    "heic": "reset_or.images.heic_child:to_png",
}
"""What can be asked: each `(picture, request) -> (answer, payload)`, imported when it is asked for.

A payload is bytes, or `Packed`."""

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG"}
_TAG_TURN, _TAG_EXIF, _TAG_TAKEN, _TAG_OFFSET = 0x0112, 0x8769, 0x9003, 0x9011


_BAND_BYTES: Final = 1 << 19
"""Of pixels packed at a time: what fits into a processor's cache."""


class Refused(Exception):
    """Carries the error code that goes back to the parent."""


class Packed:
    """The pixels of a picture as an answer: packed and sent a band at a time, so that they are held once.

    `layout` as Pillow's raw mode: RGB, or BGRA (four bytes, what a screen holds; A is 255).
    """

    def __init__(self, image: Image, layout: str) -> None:
        self._image, self._layout = image, layout
        self._row = image.width * len(layout)

    def __len__(self) -> int:
        return self._row * self._image.height

    def __iter__(self) -> Iterator[bytes]:
        image, rows = self._image, max(1, _BAND_BYTES // self._row)
        for top in range(0, image.height, rows):
            band = image.crop((0, top, image.width, min(top + rows, image.height)))
            if self._layout == "BGRA":
                band.putalpha(255)
            yield band.tobytes("raw", self._layout)


def main() -> int:
    """Serves one request; the exit code says only whether an answer was written."""
    _limit_myself()
    stdin = sys.stdin.buffer
    request: dict[str, Any] = json.loads(_read(stdin, struct.unpack(">I", _read(stdin, 4))[0]))
    picture = _read(stdin, struct.unpack(">Q", _read(stdin, 8))[0])
    payload: bytes | Packed = b""
    # As a program this file is `__main__`; its tasks must raise the same class that is caught here.
    sys.modules.setdefault("reset_or.images.decoder_child", sys.modules[__name__])
    module, function = TASKS[request["task"]].split(":")
    try:
        answer, payload = getattr(importlib.import_module(module), function)(picture, request)
    except Refused as refused:
        answer = {"error": str(refused)}
    except MemoryError:
        answer = {"error": "photo_check_memory"}
    write_answer(answer, payload)
    return 0


def write_answer(answer: dict[str, Any], payload: bytes | Packed = b"") -> None:
    """Puts one answer on stdout: u32 length, JSON, u64 length, payload (sandbox.read_answer)."""
    head, stdout = json.dumps(answer).encode(), sys.stdout.buffer
    stdout.write(struct.pack(">I", len(head)) + head + struct.pack(">Q", len(payload)))
    for part in (payload,) if isinstance(payload, bytes) else payload:
        stdout.write(part)
    stdout.flush()


def _limit_myself() -> None:
    """Bounds memory, files and core dumps where the system can (POSIX); the parent bounds the time."""
    try:
        import resource
    except ImportError:
        return
    for what, bound in (
        (resource.RLIMIT_AS, MEMORY_LIMIT),
        (resource.RLIMIT_CORE, 0),  # a core dump would hold the picture in the clear
        (resource.RLIMIT_FSIZE, 0),
    ):
        try:
            resource.setrlimit(what, (bound, bound))
        except (ValueError, OSError):  # macOS refuses RLIMIT_AS; the other bounds still hold
            continue


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise SystemExit(2)
    return data


def open_picture(picture: bytes, request: dict[str, Any]) -> Image:
    """A JPEG or PNG, its header read, no pixel decoded yet. Refuses what is too large or damaged."""
    import warnings

    from PIL import Image, ImageFile

    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = int(request["max_pixels"])
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        return Image.open(io.BytesIO(picture), formats=[_FORMATS[request["mime"]]])
    except MemoryError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("photo_too_many_pixels") from None
    except Exception:
        raise Refused("photo_damaged") from None


def load(image: Image) -> None:
    """Decodes every pixel, or refuses."""
    try:
        image.load()
    except MemoryError:
        raise
    except OSError as error:
        raise Refused("photo_truncated" if "truncated" in str(error) else "photo_damaged") from None
    except Exception:
        raise Refused("photo_damaged") from None


def inspect(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Decodes the whole picture; the EXIF block stands before it, `exif_len` bytes long.

    Of a JPEG every coefficient is read and every pixel of its luminance made. Colours are made from those
    coefficients by arithmetic that cannot fail, and nobody looks at them here.
    """
    if request.get("labels"):
        threading.Thread(target=_prepare_labels, daemon=True).start()
    exif, picture = picture[: request["exif_len"]], picture[request["exif_len"] :]
    image = open_picture(picture, request)
    size, mode = image.size, image.mode
    image.draft("L", size)
    load(image)
    if mode not in ("RGB", "RGBA"):
        raise Refused("photo_colour_kind")
    turn, captured, offset_min = read_exif(exif)
    return {
        "w": size[0], "h": size[1], "turn": turn, "captured": captured, "offset_min": offset_min,
        "labels": labels_seen(image, turn, request),
    }, b""  # fmt: skip


def _prepare_labels() -> None:
    """While the picture is decoded: what reads labels takes a while to load."""
    with contextlib.suppress(Exception):
        importlib.import_module("reset_or.images.label_child")


def labels_seen(image: Image, turn: int, request: dict[str, Any]) -> list[str]:
    """The texts of the codes in a decoded picture, where asked for. No failure here loses a picture."""
    if not request.get("labels"):
        return []
    try:
        from PIL.Image import Transpose

        from reset_or.images.label_child import texts_of

        grey = image if image.mode == "L" else upright(image, 1).convert("L")
        return texts_of(grey.transpose(Transpose.FLIP_LEFT_RIGHT) if turn in _MIRRORED else grey)
    except Exception:
        return []


def read_exif(block: bytes) -> tuple[int, str | None, int | None]:
    """(turn 1-8, wall-clock time of capture as ISO text, minutes ahead of UTC); nonsense reads as absent."""
    from PIL import Image

    if not block:
        return 1, None, None
    try:
        exif = Image.Exif()
        exif.load(b"Exif\0\0" + block)
        turn = exif.get(_TAG_TURN)
        part = exif.get_ifd(_TAG_EXIF)
        taken, zone = part.get(_TAG_TAKEN), part.get(_TAG_OFFSET)
    except Exception:  # a broken EXIF block is no reason to lose a sound picture
        return 1, None, None
    right_turn = turn if isinstance(turn, int) and 1 <= turn <= 8 else 1
    return right_turn, _iso(taken), _minutes(zone)


def _iso(text: object) -> str | None:
    try:
        wall = datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    return wall.isoformat() if wall.year >= 1990 else None


def _minutes(text: object) -> int | None:
    try:
        offset = datetime.strptime(str(text).strip("\0 "), "%z").utcoffset()
    except ValueError:
        return None
    return None if offset is None else int(offset.total_seconds() // 60)


def preview(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Upright RGB pixels, no side longer than `max_side`."""
    from PIL import Image

    side = int(request["max_side"])
    image = open_picture(picture, request)
    image.draft("RGB", (side, side))
    load(image)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    image = upright(image, int(request["turn"]))
    return {"w": image.width, "h": image.height}, image.tobytes()


def pixels(picture: bytes, request: dict[str, Any]) -> tuple[dict[str, Any], Packed]:
    """Upright pixels at full size, exactly as decoded; `layout` is RGB or BGRA."""
    image = open_picture(picture, request)
    load(image)
    image = upright(image, int(request["turn"]))
    return {"w": image.width, "h": image.height}, Packed(image, request["layout"])


def upright(image: Image, turn: int) -> Image:
    """RGB on white where it was transparent, turned as EXIF says."""
    from PIL import Image

    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode != "RGB":  # `convert` copies a picture that is RGB already
        image = image.convert("RGB")
    method = _TURNS.get(turn)
    return image if method is None else image.transpose(Image.Transpose[method])


_MIRRORED = (2, 4, 5, 7)
# EXIF orientation (CIPA DC-008 4.6.4) to the turn that sets the picture upright.
_TURNS = {
    2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE",
    6: "ROTATE_270", 7: "TRANSVERSE", 8: "ROTATE_90",
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())

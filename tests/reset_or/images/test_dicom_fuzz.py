"""Whatever bytes come, the child gives a picture or a refusal with a name that the parent knows."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reset_or.images import sandbox
from reset_or.images.decoder_child import Refused
from reset_or.images.dicom_child import still
from reset_or.images.dicom_read import REFUSALS
from reset_or.images.kinds import MAX_PIXELS
from reset_or.images.strip import strip
from tests.reset_or.images import foreign
from tests.reset_or.images import specimens as make

REQUEST = {"max_pixels": MAX_PIXELS}
SOUND = [
    foreign.as_bytes(foreign.tower_still(make.colourful((24, 16)), syntax))
    for syntax in (foreign.BASELINE, foreign.EXPLICIT, foreign.IMPLICIT)
] + [foreign.nested(5)]


@pytest.fixture(autouse=True, scope="module")
def _said_by_pydicom() -> Iterator[None]:
    """In the child nobody hears its log."""
    logger = logging.getLogger("pydicom")
    logger.disabled = True
    yield
    logger.disabled = False


def judge(data: bytes) -> None:
    code = ""
    try:
        answer, picture = still(data, REQUEST)
        assert strip(picture).data == picture
        assert set(answer) == {"captured", "offset_min", "lossy", "text_likely", "exam", "labels"}
    except Refused as refused:
        code = str(refused)
    assert code in {"", *REFUSALS, *sandbox.REFUSALS}


@given(st.sampled_from(SOUND), st.integers(0, 2**32), st.integers(1, 12), st.booleans())
def test_any_damage_is_a_picture_or_a_named_refusal(sound: bytes, seed: int, count: int, head: bool) -> None:
    dice, data = random.Random(seed), bytearray(sound)
    for _ in range(count):
        data[dice.randrange(128, min(len(data), 900) if head else len(data))] = dice.randrange(256)
    judge(bytes(data))


@given(st.sampled_from(SOUND), st.integers(0, 2**32))
def test_any_cut_or_repetition_too(sound: bytes, seed: int) -> None:
    dice = random.Random(seed)
    start, end = sorted(dice.randrange(len(sound)) for _ in range(2))
    judge(sound[:start] + sound[end:])
    judge(sound[:end] + sound[start:])


def test_a_frame_that_is_no_jpeg() -> None:
    for frame in (b"\0" * 64, make.png((24, 16)), b"GIF89a" + bytes(60)):
        said = foreign.tower_still(make.colourful((24, 16)), jpeg=frame)
        judge(foreign.as_bytes(said))

"""The limit for photos, and how much one request carries: rules of arithmetic on a clock that tests move."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reset_or.base.clock import ManualClock
from reset_or.sync.flow import Limit, Stride
from reset_or.wire.blobs import MAX_BLOB, PIECE


def limit(clock: ManualClock, kbit_s: list[int]) -> Limit:
    def wait(seconds: float) -> bool:
        clock.advance(round(seconds * 1000 + 0.5))
        return False

    return Limit(lambda: kbit_s[-1], clock, wait)


@given(
    st.integers(64, 100_000), st.lists(st.tuples(st.integers(1, 65_536), st.integers(0, 500)), max_size=40)
)
def test_no_stretch_of_time_carries_more_than_the_limit_and_a_chunk(
    rate: int, chunks: list[tuple[int, int]]
) -> None:
    clock = ManualClock()
    held, went = limit(clock, [rate]), list[tuple[int, int]]()
    for count, pause_ms in chunks:
        clock.advance(pause_ms)
        held.take(count)
        went.append((clock.monotonic_ms(), count))
    for first in range(len(went)):
        for last in range(first, len(went)):
            bits = 8 * sum(count for _at, count in went[first:last])
            assert bits <= rate * (went[last][0] - went[first][0] + 1) + 1


def test_the_limit_is_reached_and_not_only_kept() -> None:
    clock = ManualClock()
    held = limit(clock, [1000])
    for _ in range(100):
        held.take(12_500)  # 100 kbit
    assert 9_900 <= clock.monotonic_ms() <= 10_100


def test_the_limit_may_change_on_the_way() -> None:
    clock, rate = ManualClock(), [0]
    held = limit(clock, rate)
    held.take(10 << 20)
    assert clock.monotonic_ms() == 0
    rate.append(800)
    held.take(10_000)
    held.take(10_000)
    assert clock.monotonic_ms() == 100
    rate.append(0)
    held.take(10 << 20)
    assert clock.monotonic_ms() == 100


def test_who_waits_hears_of_a_change_and_of_a_pause() -> None:
    clock, rate, paused = ManualClock(), [64], list[bool]()

    def wait(seconds: float) -> bool:
        clock.advance(round(seconds * 1000 + 0.5))
        if clock.monotonic_ms() >= 1000:
            rate.append(0)
        return bool(paused)

    held = Limit(lambda: rate[-1], clock, wait)
    held.take(65_536)
    held.take(65_536)  # would wait for eight seconds
    assert 1000 <= clock.monotonic_ms() <= 1200
    rate.append(64)
    held.take(65_536)
    paused.append(True)
    held.take(65_536)
    assert clock.monotonic_ms() <= 1400


def test_a_good_line_carries_more_at_a_time_and_a_bad_one_a_piece() -> None:
    clock = ManualClock()
    stride, carried = Stride(clock), list[int]()
    for took_ms in (100, 500, 999, 50, 3_000, 5_000, 4_001, 20_000, 90_000):
        carried.append(stride.begin() // PIECE)
        clock.advance(took_ms)
        stride.arrived()
    assert carried == [1, 4, 16, 64, 64, 64, 16, 4, 1]
    assert stride.begin() == PIECE
    stride.pieces = MAX_BLOB // PIECE
    stride.cut()
    assert stride.begin() == 16 * PIECE

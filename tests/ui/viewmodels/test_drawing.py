"""What is drawn before it is saved: any acts in any order, and undo back to the beginning."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.viewmodels.drawing import SEGMENTS, Drawing, Drawn

_CODES = ("ruler", "check", "proximal", "distal")
_POINT = st.tuples(st.integers(0, 50).map(float), st.integers(0, 50).map(float))
_ACTS = st.one_of(
    st.tuples(st.just("choose"), st.sampled_from(_CODES)),
    st.tuples(st.just("place"), _POINT),
    st.tuples(st.just("move"), st.tuples(st.integers(-1, 4), _POINT)),
    st.tuples(st.just("remove"), st.none()),
    st.tuples(st.just("end"), st.none()),
    st.tuples(st.just("clear"), st.sampled_from(_CODES)),
)


def _do(drawing: Drawing, act: str, value: object) -> None:
    if act == "move":
        index, point = value  # type: ignore[misc]
        drawing.drag(index, point)
        drawing.let_go()
    elif value is None:
        getattr(drawing, act)()
    else:
        getattr(drawing, act)(value)


def _seen(drawn: Drawn) -> tuple[object, ...]:
    return dict(drawn.paths), drawn.ended


@given(st.lists(_ACTS, max_size=30))
def test_every_act_but_choosing_is_undone_in_turn(acts: list[tuple[str, object]]) -> None:
    drawing = Drawing()
    before = []
    for act, value in acts:
        was = _seen(drawing.now)
        _do(drawing, act, value)
        if act == "choose":
            assert _seen(drawing.now) == was
        elif _seen(drawing.now) != was:
            before.append(was)
        for code, path in drawing.now.paths.items():
            assert path, "an empty path is no path"
            assert code not in SEGMENTS or len(path) <= 2
    for was in reversed(before):
        while drawing.undo() and _seen(drawing.now) != was:
            pass
        assert _seen(drawing.now) == was
    while drawing.undo():
        assert _seen(drawing.now) == ({}, frozenset())
    assert _seen(drawing.now) == ({}, frozenset())


def test_two_points_end_a_segment_and_a_third_changes_nothing() -> None:
    drawing = Drawing()
    drawing.choose("ruler")
    for point in ((1.0, 1.0), (9.0, 1.0), (5.0, 5.0)):
        drawing.place(point)
    assert drawing.now.path == ((1.0, 1.0), (9.0, 1.0))
    assert drawing.now.is_ended


def test_a_drag_is_one_step() -> None:
    drawing = Drawing()
    drawing.choose("distal")
    drawing.place((0.0, 0.0))
    drawing.place((9.0, 0.0))
    for x in range(20):
        drawing.drag(1, (float(x), 3.0))
    drawing.let_go()
    assert drawing.now.path[1] == (19.0, 3.0)
    assert drawing.undo()
    assert drawing.now.path == ((0.0, 0.0), (9.0, 0.0))


def test_a_path_of_one_point_does_not_end() -> None:
    drawing = Drawing()
    drawing.choose("distal")
    assert not drawing.end()
    drawing.place((0.0, 0.0))
    assert not drawing.end()
    drawing.place((4.0, 0.0))
    assert drawing.end()
    drawing.remove()
    assert not drawing.now.is_ended, "a path that lost a point is open again"


def test_what_was_saved_is_not_undone_here() -> None:
    drawing = Drawing()
    drawing.choose("distal")
    drawing.place((0.0, 0.0))
    drawing.place((4.0, 0.0))
    drawing.saved("distal")
    assert not drawing.can_undo
    assert drawing.now.paths == {}

"""Words beside the odd points of a chart never lie over one another."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from govdash.figures.notes import PADDING, SMALLEST, NoteBox, apart

SHARE = st.floats(0, 1)
NOTES = st.lists(st.builds(NoteBox, SHARE, SHARE, st.integers(4, 20), st.just(12)), max_size=5)


def test_two_days_side_by_side_and_as_high_as_one_another_are_named_one_below_the_other():
    """Both at 90 % of the height: the second line goes a letter and its padding lower."""
    notes = [NoteBox(0.8, 0.9, 14, 12), NoteBox(1.0, 0.9, 12, 12)]
    assert apart(notes) == [0, -(12 + PADDING)]


def test_low_points_make_room_upwards():
    assert apart([NoteBox(0.8, 0.1, 9, 12), NoteBox(1.0, 0.1, 9, 12)]) == [0, 12 + PADDING]


def test_notes_with_room_between_them_stay_where_they_are():
    assert apart([NoteBox(0, 0.9, 5, 12), NoteBox(1, 0.9, 5, 12), NoteBox(0.9, 0.1, 5, 12)]) == [
        0,
        0,
        0,
    ]


@given(notes=NOTES, taller=st.floats(1, 5))
def test_none_lies_over_another_in_any_plot_at_least_that_tall(notes: list[NoteBox], taller: float):
    shifts = apart(notes)
    for (one, up), (other, more) in combinations(zip(notes, shifts, strict=True), 2):
        if one.span[0] < other.span[1] and other.span[0] < one.span[1]:
            apart_by = abs((one.y - other.y) * SMALLEST[1] * taller + up - more)
            assert apart_by >= one.size + PADDING - 1  # a px by rounding

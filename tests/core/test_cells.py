"""What a spreadsheet would run or change is protected, and the protection can be undone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govdash.core.cells import guard, unguard


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+86 138", "-x", "@you", "\tx", "\rx", "＝1", "31010901010010001", "007", "1e5"],
)
def test_a_text_that_a_spreadsheet_would_run_or_change_gets_an_apostrophe(text: str):
    assert guard(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-12.5", "-3", "0", "0.5", "120", "路灯不亮", "a=b", "'好"])
def test_plain_texts_and_negative_numbers_are_left_alone(text: str):
    assert guard(text) == text


@given(st.text(alphabet="'=+-@\t\r\n＝01239eE.x路"))
def test_guarding_loses_nothing(text: str):
    assert unguard(guard(text)) == text

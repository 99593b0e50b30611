"""Markup is made in one place, and nothing that comes from data is markup."""

from govdash.core.vocab import Level
from govdash.web import parts


def test_text_and_attributes_are_escaped_and_markup_is_kept():
    made = parts.el("p", "<script>", parts.el("b", "&"), title='"><img>')
    assert made == '<p title="&quot;&gt;&lt;img&gt;">&lt;script&gt;<b>&amp;</b></p>'


def test_numbers_are_written_as_people_read_them():
    assert parts.number(1284) == "1,284"
    assert parts.number(96.44, digits=1) == "96.4"
    assert parts.number(None) == parts.number(float("nan")) == "—"
    assert parts.change(0.0621) == "+6.2%"
    assert parts.change(None) == "—"


def test_a_level_speaks_by_shape_numeral_and_word():
    badge = parts.level_badge(Level.ORANGE)
    assert all(sign in badge for sign in ("▲", "Ⅱ", "橙"))


def test_bars_fill_relative_to_the_longest_and_survive_zeros():
    made = parts.bars([("甲", 10), ("<乙>", 5)])
    assert "width:100%" in made
    assert "width:50%" in made
    assert "&lt;乙&gt;" in made
    assert "width:0%" in parts.bars([("丙", 0)])


def test_a_tile_says_why_in_a_line_of_its_own_and_a_state_says_what_to_do():
    assert "增加最多：甲 +3" in parts.kpi("事件", "9", "件", why="增加最多：甲 +3")
    assert 'role="alert"' in parts.failed("<没有应答>", "请稍后再试。")
    assert "&lt;没有应答&gt;" in parts.failed("<没有应答>")
    assert parts.loading(5).count("<i ") == 5

"""Settings come from the environment once; what cannot be used is named."""

import pytest

from govdash.core.errors import IllegalTransition, SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import Disposition, Level


def test_an_empty_environment_gives_a_local_sqlite_installation():
    settings = Settings.from_environment({})
    assert settings.is_sqlite
    assert settings.lake == settings.var / "lake"
    assert settings.zone.key == "Asia/Shanghai"


def test_a_postgres_url_gets_the_driver_that_is_installed():
    settings = Settings.from_environment(
        {"GOVDASH_MODE": "demo", "GOVDASH_DATABASE_URL": "postgresql://u@h/d"}
    )
    assert settings.database_url == "postgresql+psycopg://u@h/d"


@pytest.mark.parametrize(
    "env",
    [
        {"GOVDASH_TIMEZONE": "Mars/Olympus"},
        {"GOVDASH_LAKE_ENGINE": "abacus"},
        {"GOVDASH_WORKER": "maybe"},
        {"GOVDASH_DEMO_RATE": "fast"},
        {"GOVDASH_TICK_MINUTES": "0"},
        {"GOVDASH_IDLE_MINUTES": "0"},
        {"GOVDASH_MODE": "holiday"},
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(env: dict[str, str]):
    with pytest.raises(SettingsError, match=next(iter(env))):
        Settings.from_environment(env)


def test_a_level_is_told_by_colour_shape_and_numeral():
    assert [(x.label, x.shape, x.numeral, x.rank) for x in Level] == [
        ("红", "◆", "Ⅰ", 1),
        ("橙", "▲", "Ⅱ", 2),
        ("黄", "■", "Ⅲ", 3),
        ("蓝", "●", "Ⅳ", 4),
    ]


def test_duplicates_and_unknowns_say_nothing_about_a_rule():
    assert Disposition.REAL_NO_ACTION.counts_as_true is True
    assert Disposition.FALSE_ALARM.counts_as_true is False
    assert Disposition.DUPLICATE.counts_as_true is None


def test_an_illegal_step_says_what_is_possible_now():
    error = IllegalTransition("待核查", "结案", allowed=["核查通过", "核查不通过（返工）"])
    assert "现在可以：核查通过、核查不通过（返工）" in str(error)

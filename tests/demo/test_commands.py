"""The commands `demo` and `simulate` as a person calls them."""

import json

import pytest

from govdash.cli import demo as commands
from govdash.core.errors import NotFound


@pytest.fixture
def installation(tmp_path, monkeypatch):
    for name in ("GOVDASH_DATABASE_URL", "GOVDASH_LAKE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GOVDASH_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("GOVDASH_CONTACT_KEY", "test-key")
    return tmp_path / "var"


def test_simulating_before_there_is_a_city_says_what_to_do_first(installation):
    with pytest.raises(NotFound, match="govdash demo"):
        commands.simulate(rate=1.0, minutes=0.01)


def test_the_city_is_made_once_and_the_second_call_says_that_it_is_there(installation, capsys):
    commands.demo(events=1000, seed=3, as_json=True)
    first = json.loads(capsys.readouterr().out)
    assert first["made"]
    assert (first["seed"], first["events"]) == (3, 1000)
    assert (installation / "demo" / "incidents.csv").is_file()
    commands.demo(events=9000, seed=4)
    assert "演示城市已存在（种子 3，事件 1,000 条）" in capsys.readouterr().out
    commands.simulate(rate=30.0, minutes=0.001, as_json=True)
    assert "accepted" in json.loads(capsys.readouterr().out)

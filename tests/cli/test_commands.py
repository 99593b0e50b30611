"""Commands answer in Chinese, exit as they promise and load only what they need."""

import json
import re
import socket
import subprocess
import sys

import pytest

from govdash.cli import COMMANDS
from govdash.core.settings import Settings
from govdash.store import Store, journal
from tests.cli.command import run
from tests.conftest import NOW


def test_an_unknown_command_is_wrong_use(settings: Settings):
    done = run("nonsense", settings=settings)
    assert done.returncode == 2


def test_a_refusal_is_told_in_chinese_whatever_the_locale(settings: Settings):
    done = run(
        "clock", "--start", "gestern", "--limit", "2工作时", settings=settings, LC_ALL="C", LANG="C"
    )
    assert done.returncode == 2
    assert done.stderr.startswith("错误（bad_input）：时刻“gestern”无法识别")
    assert done.stdout == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_in_chinese(name: str, settings: Settings):
    done = run(name, "--help", settings=settings)
    assert done.returncode == 0, done.stderr
    assert re.search("[\u4e00-\u9fff]", done.stdout)


PROBE = """
import sys
import govdash.cli
govdash.cli.LazyGroup().get_command(None, "clock")
print(sorted({"pandas", "sqlalchemy", "duckdb", "streamlit"} & set(sys.modules)))
"""


def test_a_command_without_a_database_loads_none():
    loaded = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_init_twice_changes_nothing(settings: Settings):
    first = json.loads(run("init", "--json", settings=settings).stdout)
    second = json.loads(run("init", "--json", settings=settings).stdout)
    assert first["schema_before"] is None
    assert second["schema_before"] == second["schema"] == first["schema"]
    doctor = run("doctor", settings=settings)
    assert doctor.returncode == 0, doctor.stdout
    assert "检查通过" in doctor.stdout


def test_doctor_finds_a_clock_that_went_back(settings: Settings, sqlite_store: Store):
    with sqlite_store.write() as session:
        journal.record(session, actor="test", did="x", subject="y", at=NOW.replace(year=2999))
    done = run("doctor", "--json", settings=settings)
    assert done.returncode == 1
    told = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert told["系统时钟"]["state"] == "bad"
    assert "NTP" in told["系统时钟"]["advice"]


def test_doctor_without_a_database_says_what_to_run(settings: Settings):
    done = run("doctor", settings=settings)
    assert done.returncode == 1
    assert "govdash init" in done.stdout


def test_doctor_tells_a_bad_setting(settings: Settings):
    done = run("doctor", "--json", settings=settings, GOVDASH_TIMEZONE="Mars/Olympus")
    assert done.returncode == 1
    assert "GOVDASH_TIMEZONE" in json.loads(done.stdout)["checks"][0]["said"]


def test_serving_to_the_world_is_refused(settings: Settings):
    done = run("serve", "--address", "0.0.0.0", settings=settings)
    assert done.returncode == 2
    assert "不是本机地址" in done.stderr


def test_the_server_itself_refuses_another_address_a_foreign_rule_or_no_database(
    settings: Settings,
):
    """Also when Streamlit is started by hand."""
    for address, env, words in (
        ("0.0.0.0", {}, "不是本机地址"),
        ("127.0.0.1", {"FORWARDED_ALLOW_IPS": "*"}, "FORWARDED_ALLOW_IPS"),
        ("127.0.0.1", {}, "还没有数据库"),
    ):
        options = ("--server.address", address)
        done = subprocess.run(
            [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0", *options],
            env={"PATH": "/usr/bin", "GOVDASH_VAR": str(settings.var), **env},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=60,
        )
        assert done.returncode == 2, done.stderr
        assert words in done.stderr


def test_a_taken_port_is_told_before_anything_starts(settings: Settings, sqlite_store: Store):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("serve", "--port", str(taken.getsockname()[1]), settings=settings)
    assert done.returncode == 2
    assert "换一个端口" in done.stderr


def test_a_worker_without_a_database_does_not_start(settings: Settings):
    done = run("worker", settings=settings)
    assert done.returncode == 2
    assert "govdash init" in done.stderr


def test_help_speaks_chinese_at_the_top_in_a_group_and_in_a_command(settings: Settings):
    for words in ((), ("detect",), ("detect", "score")):
        told = run(*words, "--help", settings=settings).stdout
        assert "选项" in told
        assert "显示本说明" in told
        assert "Show this message" not in told

"""A command called wrongly says in Chinese what is wrong and how to learn the right use."""

import re

import pytest
import typer
from typer._click.exceptions import UsageError

from govdash.cli import wrong_use
from govdash.core.settings import Settings
from tests.cli.command import run

ENGLISH = re.compile(r"usage|no such|missing|invalid|should|try |option|argument|error", re.I)


@pytest.mark.parametrize(
    ("words", "said", "called"),
    [
        ("zz", "没有命令“zz”。", "govdash"),
        ("docter", "没有命令“docter”，是不是“doctor”。", "govdash"),
        ("lake zz", "没有命令“zz”。", "govdash lake"),
        ("--zz", "没有选项“--zz”。", "govdash"),
        ("clock --zz", "没有选项“--zz”。", "govdash clock"),
        ("clock --stat 1", "没有选项“--stat”，是不是“--at”、“--start”。", "govdash clock"),
        ("import", "缺少参数“file”。", "govdash import"),
        ("clock", "缺少选项“--start”。", "govdash clock"),
        ("import-areas a.json --level grid", "缺少选项“--datum”，可选：", "govdash import-areas"),
        (
            "import-areas a.json --level moon --datum wgs84",
            "“--level”的值“moon”不在可选的值中，可选：city、district、street、community、grid。",
            "govdash import-areas",
        ),
        ("serve --port abc", "“--port”的值“abc”不是整数。", "govdash serve"),
        ("serve --port 0", "“--port”的值“0”应不小于 1。", "govdash serve"),
        ("serve --port 70000", "“--port”的值“70000”应不大于 65535。", "govdash serve"),
        ("simulate --rate much", "“--rate”的值“much”不是数。", "govdash simulate"),
        ("serve --port", "选项“--port”后面要有值。", "govdash"),
        ("doctor --json=1", "选项“--json”不带值。", "govdash"),
        ("doctor one two", "多出了参数“one two”。", "govdash doctor"),
    ],
)
def test_wrong_use_is_told_in_chinese(words: str, said: str, called: str, settings: Settings):
    done = run(*words.split(), settings=settings)
    assert done.returncode == 2
    assert done.stdout == ""
    told, hint = done.stderr.splitlines()
    assert told.startswith(f"用法错误：{said}")
    assert told.endswith("。")
    assert hint == f"用 {called} --help 查看用法。"
    assert not ENGLISH.search(told.replace("“--", ""))


def test_wrong_use_that_is_not_known_keeps_its_own_words():
    assert wrong_use.wrong(UsageError("Moon is full.")) == "命令的写法不对（Moon is full）"
    assert wrong_use.wrong(typer.BadParameter("too round")) == "某个选项的值不可用：too round"


@pytest.mark.parametrize("words", [(), ("lake",), ("lake", "sync")])
def test_how_to_call_is_shown_in_chinese(words: tuple[str, ...], settings: Settings):
    told = run(*words, "--help", settings=settings).stdout
    assert " ".join(["用法：govdash", *words, "[选项]"]) in told
    assert not re.search("Usage|OPTIONS|COMMAND|ARGS", told)


def test_a_group_called_alone_shows_its_help(settings: Settings):
    done = run("lake", settings=settings)
    assert done.returncode == 2
    assert "用法：govdash lake [选项] 命令" in done.stdout + done.stderr
    assert "用法错误" not in done.stderr

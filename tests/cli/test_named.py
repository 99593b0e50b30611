"""Commands in production act as a named account; only the first administrators come without one."""

from dataclasses import replace
from pathlib import Path

import pytest

from govdash.core.settings import Settings
from govdash.store import Store, journal
from tests.access.test_roles import STRONG
from tests.cli.command import run

PRODUCTION = STRONG | {"GOVDASH_MODE": "production"}


@pytest.fixture
def govdash(settings: Settings):
    """Run a command in production as somebody, or as nobody; return code and what it said."""

    def ran(*words: str, actor: str = "") -> tuple[int, str]:
        done = run(*words, settings=settings, GOVDASH_ACTOR=actor, **PRODUCTION)
        return done.returncode, done.stdout + done.stderr

    return ran


def test_the_first_accounts_are_made_as_the_handbook_says_and_then_only_by_name(
    govdash, settings: Settings, tmp_path: Path
):
    assert govdash("init")[0] == 0
    for actor, *words in (
        ("", "users", "add", "gao", "--name", "高远"),
        ("", "users", "roles", "gao", "--role", "system"),
        ("gao", "users", "add", "fang", "--name", "方正"),
        ("", "users", "roles", "fang", "--role", "security"),
        ("gao", "users", "add", "yan", "--name", "严明"),
        ("fang", "users", "roles", "yan", "--role", "auditor"),
    ):
        assert govdash(*words, actor=actor)[0] == 0, words
    for words in (("users", "add", "li", "--name", "李"), ("users", "roles", "yan")):
        code, said = govdash(*words)
        assert code != 0
        assert "请设 GOVDASH_ACTOR" in said
    code, said = govdash("backup", "--out", str(tmp_path / "b"))
    assert code != 0
    assert "正式环境的命令要以具名账号执行" in said
    code, said = govdash("users", "roles", "yan", "--role", "local_operator", actor="fang")
    assert code != 0
    assert "不能授予任何人" in said
    code, said = govdash("users", "set-password", "operator", actor="gao")
    assert code != 0
    assert "命令行的内部账号" in said
    code, said = govdash("audit", "export", "--out", str(tmp_path / "a.jsonl"), actor="gao")
    assert code != 0
    assert "没有“导出操作日志”的权限" in said
    assert govdash("audit", "export", "--out", str(tmp_path / "a.jsonl"), actor="yan")[0] == 0
    keyed = replace(settings, audit_key=STRONG["GOVDASH_AUDIT_KEY"])
    store = Store.of(keyed)
    with store.read() as session:
        told = [(x.actor, x.did, x.result.value) for x in journal.lines(session)]
    store.close()
    assert ("fang", "user.roles", "refused") in told
    assert ("gao", "user.password", "refused") in told

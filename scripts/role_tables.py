"""Writes ``docs/roles.md``: which role may open which page and address, from the code and data."""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from govdash.access import roles
from govdash.access.roles import RoleEntry
from govdash.api.surfaces import surfaces
from govdash.core.permissions import Permission
from govdash.core.settings import ROOT
from govdash.web import registry

TARGET = Path(__file__).resolve().parents[1] / "docs" / "roles.md"
YES = "●"
HEAD = """# 角色能看什么、做什么

本文由 `make docs` 从页面清单（`govdash/web/registry.py`）、地址清单
（`govdash/api/surfaces.py`）和角色（`data/roles.yaml`）生成；测试（`tests/matrix`）
在真实服务器上逐格核对菜单、直接打开的链接和接口，并核对本文。

{yes} 表示可以。空白表示不可以：菜单里没有这一页，直接打开链接会被拒绝并记入操作日志；
接口回答 403。没有登录的人打开页面先去登录，访问接口得到 401。可以打开不等于看到全部：
每个人只看到自己范围（区域、单位）内的内容，没有范围就没有一行。

三个管理员角色（系统、安全、审计）没有共同的权限，不能兼任，见[安全](security.md#账号)。
"""


def document() -> str:
    """Return the whole document."""
    held = roles.load(ROOT / "data")
    parts = [
        HEAD.format(yes=YES),
        "## 页面\n",
        _table("页面", held, ((f"{e.title} `/{e.url}`", (e.needs,)) for e in registry.PAGES)),
        "## 接口\n",
        _table("地址", held, ((f"`{s.path}`", s.needs) for s in surfaces())),
        "## 权限\n",
        _table("权限", held, ((f"`{p.value}`", (p,)) for p in Permission)),
    ]
    return "\n".join(parts)


def _table(
    what: str, held: Sequence[RoleEntry], rows: Iterable[tuple[str, tuple[Permission, ...]]]
) -> str:
    line: Callable[[Iterable[str]], str] = lambda cells: f"| {' | '.join(cells)} |\n"  # noqa: E731
    head = line([what, *(role.name for role in held)]) + line(["---", *([":-:"] * len(held))])
    return head + "".join(
        line([name, *(YES if set(needs) <= set(role.permissions) else "" for role in held)])
        for name, needs in rows
    )


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}\n")

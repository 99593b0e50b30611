"""The commands: one module per group, imported when its command is called."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer import rich_utils
from typer._click.exceptions import NoArgsIsHelpError, UsageError  # Typer has no public ones
from typer.core import TyperGroup

from govdash.cli import wrong_use
from govdash.core.errors import GovDashError


class Place(NamedTuple):
    """Where a command is: a Typer app is a group with its own help, a function one command."""

    module: str
    name: str
    help: str = ""


COMMANDS = {
    "init": Place("admin", "init", "建立或升级数据库，写入本机值班员、事部件分类和默认规则。"),
    "doctor": Place(
        "admin", "doctor", "检查设置、数据库、数据湖一致性、任务、磁盘、时钟、日志链。"
    ),
    "serve": Place("admin", "serve", "启动网页服务。"),
    "worker": Place("admin", "worker", "在单独的进程中运行定时任务。"),
    "demo": Place("demo", "demo", "建立演示城市和带标签的历史事件。"),
    "simulate": Place("demo", "simulate", "向演示城市持续送入实时事件。"),
    "import": Place("imports", "import_", "导入事件文件。"),
    "rejects": Place("imports", "rejects", "取出一次导入被拒的行（含原文，记入操作日志）。"),
    "import-areas": Place("imports", "import_areas", "导入区域边界（GeoJSON）。"),
    "export": Place("export", "app"),
    "report": Place("report", "app"),
    "lake": Place("lake", "app"),
    "keys": Place("keys", "app"),
    "users": Place("users", "app"),
    "retention": Place("retention", "app"),
    "people": Place("people", "app"),
    "devices": Place("devices", "app"),
    "detect": Place("detect", "app"),
    "rules": Place("rules", "app"),
    "dispatch": Place("dispatch", "app"),
    "notify": Place("notify", "app"),
    "audit": Place("audit", "app"),
    "backup": Place("backup", "backup", "备份：全部表的一个时刻，签名的清单；服务可以照常运行。"),
    "restore": Place("backup", "restore", "从备份恢复到一个空的数据库，并核对操作日志。"),
    "clock": Place("clock", "print_clock", "计算时限何时到期、已用多少。"),
}


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`, each imported only when it is called or listed.

    A command that needs no database answers without loading one: `govdash clock` in a third of
    the time that importing every group takes.
    """

    # Typer's context and command types are private to it, hence Any.
    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002
        """Return every command, in the order in which one meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002
        """Import and return a command; None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        place = COMMANDS[cmd_name]
        found = getattr(import_module(f"govdash.cli.{place.module}"), place.name)
        holder = typer.Typer(add_completion=False)
        if isinstance(found, typer.Typer):
            holder.add_typer(found, name=cmd_name)
        else:
            holder.command(cmd_name, help=place.help)(found)
        command = typer.main.get_group(holder).commands[cmd_name]
        _speak_chinese(command)
        return command

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401
        """Return the help option, with its text in Chinese."""
        return _chinese_help(super().get_help_option(ctx))

    def get_usage(self, ctx: Any) -> str:  # noqa: ANN401
        """Return the line that shows how to call, in Chinese."""
        return _chinese_usage(self, ctx)

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        """Read the words before the command; wrong use of them is told in Chinese."""
        with _wrong_use_in_chinese():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        """Run the command; wrong use of it is told in Chinese."""
        with _wrong_use_in_chinese():
            return super().invoke(ctx)


@contextmanager
def _wrong_use_in_chinese() -> Iterator[None]:
    try:
        yield
    except NoArgsIsHelpError:  # its message is the help
        raise
    except UsageError as error:
        wrong_use.tell(error)
        raise typer.Exit(error.exit_code) from error


def _chinese_usage(command: Any, ctx: Any) -> str:  # noqa: ANN401  # as above
    command.options_metavar = "[选项]"
    if hasattr(command, "subcommand_metavar"):
        command.subcommand_metavar = "命令 [参数]..."
    return " ".join([f"用法：{ctx.command_path}", *command.collect_usage_pieces(ctx)])


def _chinese_help(option: Any) -> Any:  # noqa: ANN401  # Typer's option type is private to it
    if option is not None:
        option.help = "显示本说明。"
    return option


def _speak_chinese(command: Any) -> None:  # noqa: ANN401  # as above
    """Give a command, and those in it, a help option and a usage line in Chinese."""
    own = command.get_help_option
    command.get_help_option = lambda ctx: _chinese_help(own(ctx))
    command.get_usage = lambda ctx: _chinese_usage(command, ctx)
    for inner in getattr(command, "commands", {}).values():
        _speak_chinese(inner)


app = typer.Typer(
    cls=LazyGroup,
    name="govdash",
    help="城市运行监测与处置闭环平台：发现 → 预警 → 处置 → 反馈。",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, which may hold person data
)


@app.callback()
def _root() -> None:
    """Keep Typer from collapsing the group into a single command."""


def main() -> None:
    """Run a command: exit 0 done, 1 done with findings or rejects, 2 wrong use or refused."""
    os.umask(0o077)  # texts of cases lie in the database; only the service account reads it
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Chinese must come out even under LANG=C
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.ABORTED_TEXT = "已中断。"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    try:
        app(prog_name="govdash")
    except GovDashError as error:
        typer.echo(f"错误（{error.code}）：{error}", err=True)
        sys.exit(2)

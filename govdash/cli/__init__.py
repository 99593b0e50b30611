"""The commands: one module per group, imported when its command is called."""

import io
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from govdash.core.errors import GovDashError

#: Command → the module and the name in it of a Typer app (a group) or a function (one command).
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("govdash.cli.admin", "init"),
    "doctor": ("govdash.cli.admin", "doctor"),
    "serve": ("govdash.cli.admin", "serve"),
    "worker": ("govdash.cli.admin", "worker"),
    "demo": ("govdash.cli.demo", "demo"),
    "simulate": ("govdash.cli.demo", "simulate"),
    "import": ("govdash.cli.imports", "import_"),
    "import-areas": ("govdash.cli.imports", "import_areas"),
    "export": ("govdash.cli.export", "app"),
    "lake": ("govdash.cli.lake", "app"),
    "detect": ("govdash.cli.detect", "app"),
    "clock": ("govdash.cli.clock", "clock"),
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
        module, name = COMMANDS[cmd_name]
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False)
            single.command(cmd_name)(found)
            found = single
        command = typer.main.get_command(found)
        command.name = cmd_name
        return command


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Chinese must come out even under LANG=C
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except GovDashError as error:
        typer.echo(f"错误（{error.code}）：{error}", err=True)
        sys.exit(2)

"""What is told, in Chinese, when a command is called wrongly."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

import typer

# Typer makes only `BadParameter` of these public.
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoSuchOption,
    UsageError,
)

# Pydantic's error types, for the types that our options have.
BAD_VALUES = {
    "int_parsing": "不是整数",
    "int_parsing_size": "这个整数太大",
    "int_from_float": "不是整数",
    "float_parsing": "不是数",
    "finite_number": "不是有限的数",
    "bool_parsing": "不是真假值",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
}

# Usage errors that have no type of their own.
UNTYPED = (
    (re.compile(r"No such command (?P<name>.+?)\.(?: Did you mean .*)?$", re.DOTALL), "command"),
    (
        re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((?P<name>.*)\)$", re.DOTALL),
        "extra",
    ),
    (re.compile(r"Missing command\.$"), "missing"),
)


def tell(error: UsageError) -> None:
    """Print what was wrong and how to learn the right use."""
    called = error.ctx.command_path if error.ctx is not None else "govdash"
    typer.echo(f"用法错误：{wrong(error)}。", err=True)
    typer.echo(f"用 {called} --help 查看用法。", err=True)


def wrong(error: UsageError) -> str:
    """Return what was wrong, without a full stop; an error we do not know keeps its own words."""
    match error:
        case MissingParameter():
            return _missing(error)
        case BadParameter():
            return _bad_value(error)
        case NoSuchOption():
            near = _quoted(sorted(error.possibilities or ()))
            return f"没有选项“{error.option_name}”" + (f"，是不是{near}" if near else "")
        case BadOptionUsage():
            takes = "不带值" if "does not take" in error.message else "后面要有值"
            return f"选项“{error.option_name}”{takes}"
        case _:
            return _untyped(error)


def _missing(error: MissingParameter) -> str:
    if error.param is None:
        return _unknown(error)
    kind = "参数" if error.param.param_type_name == "argument" else "选项"
    return f"缺少{kind}{_name(error)}" + _choices(error)


def _bad_value(error: BadParameter) -> str:
    problem = _problem(error.__cause__)
    if error.param is None or problem is None:
        return f"{_name(error)}的值不可用：{error.message.rstrip('.')}"
    value, said = problem
    said = said or ("不在可选的值中" if _choices(error) else f"不可用：{error.message.rstrip('.')}")
    return f"{_name(error)}的值“{value}”{said}" + _choices(error)


def _problem(cause: BaseException | None) -> tuple[Any, str] | None:
    """Return the value refused and why; the reason is empty when it is not one we know."""
    from pydantic import ValidationError  # loaded, like Typer does, only for a refused value

    if not isinstance(cause, ValidationError):
        return None
    first = cause.errors()[0]
    return first["input"], BAD_VALUES.get(first["type"], "").format(**first.get("ctx", {}))


def _untyped(error: UsageError) -> str:
    for pattern, kind in UNTYPED:
        found = pattern.match(error.message)
        if found is None:
            continue
        if kind == "missing":
            return "缺少命令"
        name = found["name"]
        if kind == "extra":
            return f"多出了参数“{name}”"
        name = name[1:-1]
        near = _quoted(get_close_matches(name, _commands(error.ctx)))
        return f"没有命令“{name}”" + (f"，是不是{near}" if near else "")
    return _unknown(error)


def _unknown(error: UsageError) -> str:
    return f"命令的写法不对（{error.format_message().rstrip('.')}）"


def _commands(ctx: Any) -> list[str]:  # noqa: ANN401  # Typer's context type is private to it
    return list(ctx.command.list_commands(ctx)) if ctx is not None else []


def _name(error: BadParameter) -> str:
    if error.param is None:
        return "某个选项"
    if error.param.param_type_name == "option":
        return _quoted(error.param.opts)
    return f"“{error.param.name}”"


def _choices(error: BadParameter) -> str:
    choices = error.param.type_descriptor.choices if error.param is not None else None
    if not choices:
        return ""
    return "，可选：" + "、".join(str(getattr(choice, "value", choice)) for choice in choices)


def _quoted(words: Iterable[str]) -> str:
    return "、".join(f"“{word}”" for word in words)

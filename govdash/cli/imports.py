"""`govdash import` and `govdash import-areas`: files of events and of area outlines."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govdash.cli.origin import here
from govdash.core.errors import InputError, SettingsError
from govdash.core.settings import Settings
from govdash.core.vocab import AreaLevel
from govdash.geo import Datum

if TYPE_CHECKING:
    from govdash.ingest import ImportReport, Profile
    from govdash.store import Store
    from govdash.store.imports import Progress

File = Annotated[Path, typer.Argument(help="要导入的文件。")]
GUESS = "guess"
AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 对象。")]


def import_(
    file: File,
    *,
    profile: Annotated[
        str,
        typer.Option(
            "--profile", "-p", help="导入方案名或 YAML 文件；不给则按列名自动选择，guess 为猜测。"
        ),
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查和计数，不写入。")] = False,
    as_json: AsJson = False,
) -> None:
    """Import events: CSV, TSV, XLSX, JSON, GeoJSON, Parquet. Exit 1 when rows were rejected."""
    from govdash.cli.acting import acting
    from govdash.ingest import import_file

    settings = Settings.from_environment()
    store = _store(settings)
    chosen = _profile(settings, file, profile)
    with acting(store, did="import", subject=f"file:{file.name}"[:120]) as actor:
        report = import_file(
            store,
            settings,
            file,
            profile=chosen,
            actor=actor,
            at=datetime.now(UTC),
            dry_run=dry_run,
            progress=None if as_json or not sys.stderr.isatty() else _show,
        )
    if as_json:
        told = asdict(report) | {"file": str(file), "profile": chosen.name}
        del told["rejected_rows"]
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        _print(report, file, chosen)
    raise typer.Exit(1 if report.rejected else 0)


def rejects(
    source: Annotated[str, typer.Argument(help="导入编号，或导入时列出的文件。")],
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="写到此 CSV 文件（仅本人可读）。")],
) -> None:
    """Take out the rejected rows of an import, in clear: journalled as a download."""
    from govdash.cli.acting import acting
    from govdash.core.permissions import Permission
    from govdash.ingest.rejects import FOLDER, read_rejects
    from govdash.store import imports, journal

    settings = Settings.from_environment()
    store = _store(settings)
    did, needs, what = "rejects.download", Permission.EVENT_IMPORT, "取出被拒的行"
    with acting(store, did=did, subject=f"import:{source}"[:120], needs=needs, what=what) as user:
        user.require(needs, area=None)
        path = Path(source)
        if source.isdigit():
            with store.read() as session:
                run = imports.get(session, int(source), user.scope, by=user.login)
                path = Path(run.reject_file)
        path = path.resolve()
        if not path.is_relative_to((settings.var / FOLDER).resolve()) or not path.is_file():
            raise InputError(f"{source} 没有被拒行的文件；请写导入编号，或导入时列出的文件。")
        content = read_rejects(path, store.vault)
        with store.write() as session:
            journal.record(
                session, actor=user.login, did=did, subject=f"file:{path.name}"[:120],
                at=datetime.now(UTC),
            )  # fmt: skip
    out.unlink(missing_ok=True)
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    typer.echo(f"已写到 {out}；含个人信息，改正并再导入后请删除。")


def import_areas(
    file: File,
    *,
    datum: Annotated[Datum, typer.Option("--datum", help="文件的坐标基准。")],
    level: Annotated[AreaLevel, typer.Option("--level", help="这些区域的级别。")],
    parent_path: Annotated[
        str, typer.Option("--parent-path", help="上级区域的路径，如 /310000/。")
    ] = "",
    city_name: Annotated[
        str, typer.Option("--city-name", help="市还没有时，以这些区域的并集建立它。")
    ] = "",
    name_field: Annotated[str, typer.Option("--name-field", help="名称所在的列。")] = "",
    code_field: Annotated[str, typer.Option("--code-field", help="编码所在的列。")] = "",
    as_json: AsJson = False,
) -> None:
    """Import the outlines of one level of areas from GeoJSON."""
    from govdash.cli.acting import acting
    from govdash.ingest.outlines import import_outlines

    settings = Settings.from_environment()
    store = _store(settings)
    with acting(store, did="import_areas", subject="areas") as actor, store.write() as session:
        told = import_outlines(
            session,
            file,
            datum=datum,
            level=level,
            parent_path=parent_path or None,
            city_name=city_name,
            name_field=name_field or None,
            code_field=code_field or None,
            actor=actor,
            at=datetime.now(UTC),
        )
    if as_json:
        typer.echo(json.dumps(asdict(told) | {"datum": datum.value}, ensure_ascii=False))
        return
    typer.echo(f"坐标基准：{datum.name}（库内一律为 WGS-84）")
    for note in told.notes:
        typer.echo(f"  · {note}")
    typer.echo(
        f"已导入{level.label}级区域 {told.areas} 个，上级路径 {told.parent_path or '（无）'}。"
    )
    if told.unplaced_events:
        typer.echo(
            f"库中有 {told.unplaced_events:,} 件事件有坐标但未落格；"
            "把原文件再导入一次，它们就会落入新的区域。"
        )


def _store(settings: Settings) -> "Store":
    from govdash.store import Store

    store = Store.of(settings, origin=here())
    present, newest = store.schema_version()
    if present != newest:
        raise SettingsError(
            f"数据库结构版本 {present or '（空）'}，程序需要 {newest}：请先运行 govdash init。"
        )
    return store


def _profile(settings: Settings, file: Path, name: str) -> "Profile":
    from govdash.ingest import load_profile, match_profile, preview, profiles

    if name == GUESS:
        return _guessed(file)
    if name:
        return load_profile(settings.data, name, var=settings.var)
    columns = preview(file).columns
    found = match_profile(columns, profiles(settings.data, var=settings.var))
    if found is None:
        known = "、".join(p.name for p in profiles(settings.data, var=settings.var))
        raise InputError(
            f"没有适合 {file.name} 的导入方案（列：{'、'.join(columns[:30])}）；"
            f"请用 --profile 指定（{known}；{GUESS} 为按列名猜测），或在“数据”页匹配各列。"
        )
    return found


def _guessed(file: Path) -> "Profile":
    from govdash.ingest import FIELDS, Profile, preview, profile_from_mapping

    seen = preview(file)
    mapping = Profile.guess(seen.columns)
    samples = {name: [row[n] for row in seen.rows] for n, name in enumerate(seen.columns)}
    name = "".join(c if c.isalnum() or c == "-" else "_" for c in file.stem)[:60]
    found = profile_from_mapping(name, mapping, samples)
    said = "，".join(f"{FIELDS[field][0]}←{column}" for field, column in mapping.items())
    typer.echo(f"按列名猜测的对应（来源 {name}）：{said}", err=True)
    return found


def _show(told: "Progress", fraction: float | None) -> None:
    part = "" if fraction is None else f"{fraction:4.0%} "
    typer.echo(f"\r{part}已读 {told.read:,} 行", nl=False, err=True)


def _print(report: "ImportReport", file: Path, profile: "Profile") -> None:
    if sys.stderr.isatty():
        typer.echo("\r", nl=False, err=True)
    head = "试运行（未写入）" if report.dry_run else f"导入完成（编号 {report.import_id}）"
    typer.echo(f"{head}：{file.name}，方案 {profile.name}")
    rows = (
        ("读取", report.read, ""),
        ("接受", report.accepted, f"新事件 {report.new:,}，更正 {report.corrected:,}"),
        ("拒绝", report.rejected, ""),
        ("重复", report.duplicate, "与库中某一版本相同，未改动"),
    )
    for label, count, note in rows:
        typer.echo(f"  {label}  {count:>12,}  {note if count else ''}".rstrip())
    _list("拒绝原因（一行可有多个）：", report.reasons)
    _list("提示（已接受的行）：", report.warnings)
    if report.reject_file:
        typer.echo(
            f"被拒的行：{report.reject_file}（已加密；用 govdash rejects 取出，改正后再导入即可）"
        )


def _list(title: str, counts: Mapping[str, int]) -> None:
    from govdash.ingest import in_words

    if counts:
        typer.echo(title)
    for code, count in counts.items():
        typer.echo(f"  {count:>8,}  {in_words(code)}（{code}）")

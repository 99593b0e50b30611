"""Files of a case: judged by their content, kept apart, given out as bytes to whoever sees it."""

import io
import zipfile
from dataclasses import replace

import pytest
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.permissions import Permission
from govdash.core.vocab import Shown
from govdash.store import journal
from govdash.workflow import attachments
from tests.workflow.conftest import NINE, ON_BOTH

PDF = b"%PDF-1.7\n1 0 obj\n%%EOF\n"


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600), **told) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#a50f2b").save(out, kind, **told)
    return out.getvalue()


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")


@pytest.fixture
def attach(city, operator, opened, tmp_path):
    def add(content: bytes, name: str = "现场.jpg", actor=None, shown=Shown.BEFORE):
        with city.write() as session:
            row = attachments.attach(
                session, tmp_path / "evidence", opened, shown=shown, name=name, content=content,
                actor=actor or operator, at=NINE,
            )  # fmt: skip
            return row.id, row.name, row.mime

    return add


@pytest.mark.parametrize(
    ("content", "name", "kept", "mime"),
    [
        (picture("JPEG"), "a.png", "a.jpg", attachments.JPEG),
        (picture("PNG"), "../../etc/a", "a.png", attachments.PNG),
        (picture("WEBP"), "现场 一.webp", "现场 一.webp", attachments.WEBP),
        (PDF, "C:\\报告.exe", "报告.pdf", attachments.PDF),
        (DOCX, "a<b>.docx", "ab.docx", attachments.DOCX),
        (packed("[Content_Types].xml", "xl/workbook.xml"), "", "文件.xlsx", attachments.XLSX),
    ],
)
def test_a_file_is_what_its_content_says_and_is_called_so(attach, content, name, kept, mime):
    assert attach(content, name)[1:] == (kept, mime)


def test_the_name_of_a_file_is_masked_where_it_is_shown(city, operator, opened, attach):
    attach(PDF, "张先生13800138000投诉.pdf")
    with city.read() as session:
        [row] = attachments.files(session, opened, operator.scope)
        name = attachments.name_of(row)
    assert "13800138000" not in name
    assert name.endswith("投诉.pdf")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html><script>alert(1)</script>", "只接受"),
        (b"MZ\x90\x00", "只接受"),
        (b"#!/bin/sh\n", "只接受"),
        (b"GIF89a", "只接受"),
        (b"", "只接受"),
        (b"%PDF-1.7 without an end", "只接受"),
        (picture("PNG")[:200], "已损坏"),
        (b"\xff\xd8\xff" + b"0" * 50, "已损坏"),
        (packed("a.exe"), "压缩包不能上传"),
        (packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "带有宏"),
        (b"PK\x03\x04 cut", "已损坏"),
        (DOCX.replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xdf"), "已损坏"),
        (PDF + b" " * 16_000_000, "超过 15 MB"),
    ],
)
def test_what_is_none_of_these_is_refused_whatever_it_is_called(attach, content, message):
    with pytest.raises(InputError, match=message):
        attach(content, "现场.jpg")


def test_a_small_picture_that_would_unfold_to_gigabytes_is_refused(attach):
    bomb = picture("PNG", (20_000, 5_000))
    assert len(bomb) < 1_000_000
    with pytest.raises(InputError, match="像素太多"):
        attach(bomb)


def test_a_thumbnail_is_small_and_tells_nothing_of_the_device(city, operator, attach, tmp_path):
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    number, _, _ = attach(picture("JPEG", exif=exif))
    with city.read() as session:
        small = attachments.thumbnail(session, tmp_path / "evidence", number, operator)
    assert b"SecretCamera" not in small
    with Image.open(io.BytesIO(small)) as shown:
        assert (shown.format, max(shown.size)) == ("JPEG", 360)


@ON_BOTH
def test_a_file_is_given_out_as_it_came_with_a_line_in_the_journal(
    city, operator, opened, attach, tmp_path
):
    content = picture()
    number, _, _ = attach(content)
    with city.write() as session:
        row, told = attachments.take(
            session, tmp_path / "evidence", number, actor=operator, at=NINE
        )
        assert (row.name, told) == ("现场.png", content)
    with city.read() as session:
        did = [line.did for line in journal.lines(session, subject=f"case:{opened}")]
        assert did == ["case.take_file", "case.attach", "case.open"]
    with pytest.raises(DBAPIError, match="append-only"), city.write() as session:
        session.execute(text("UPDATE case_files SET name = 'x'"))


def test_files_lie_under_their_digest_for_their_owner_alone(attach, tmp_path):
    attach(PDF, "报告.pdf")
    (kept,) = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    assert len(kept.name) == 64
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_was_changed_on_disk_or_is_gone_is_not_given_out(
    city, operator, attach, tmp_path
):
    number, _, _ = attach(PDF)
    (kept,) = [path for path in (tmp_path / "evidence").rglob("*") if path.is_file()]
    kept.write_bytes(b"%PDF-1.7 other %%EOF")
    with pytest.raises(NotFound, match="内容不符"), city.write() as session:
        attachments.take(session, tmp_path / "evidence", number, actor=operator, at=NINE)
    kept.unlink()
    with pytest.raises(NotFound, match="从备份取回"), city.write() as session:
        attachments.take(session, tmp_path / "evidence", number, actor=operator, at=NINE)


def test_the_same_file_is_kept_once_and_a_case_has_only_so_many(attach, monkeypatch, operator):
    attach(PDF)
    with pytest.raises(InputError, match="已经在案件里"):
        attach(PDF, "又一次.pdf")
    for n in range(29):
        attach(PDF + str(n).encode() + b"%%EOF")
    with pytest.raises(Refused, match="已有 30 个文件"):
        attach(picture())


def test_who_does_not_work_on_the_case_adds_nothing_and_who_does_not_see_it_gets_nothing(
    city, operator, attach, local_user, tmp_path
):
    reader = replace(operator, permissions=frozenset({Permission.CASE_READ}))
    with pytest.raises(Refused):
        attach(PDF, actor=reader)
    with pytest.raises(NotFound):
        attach(PDF, actor=local_user)
    number, _, _ = attach(PDF)
    with pytest.raises(NotFound), city.write() as session:
        attachments.take(session, tmp_path / "evidence", number, actor=local_user, at=NINE)
    nobody = replace(operator, permissions=frozenset())
    with pytest.raises(Refused), city.write() as session:
        attachments.take(session, tmp_path / "evidence", number, actor=nobody, at=NINE)

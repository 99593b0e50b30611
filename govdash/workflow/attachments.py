"""Files of a case: what was there before and after. Judged by content, kept apart, never run.

A file lies under the name of its digest in a folder of its own below ``var``, which no web server
serves; what it was called stands in the database. It is read back as bytes, never opened by name.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from PIL import Image, UnidentifiedImageError

from govdash.access import User
from govdash.core.errors import InputError, NotFound, Refused
from govdash.core.filters import Scope
from govdash.core.permissions import Permission
from govdash.core.vocab import Shown
from govdash.language.masking import mask
from govdash.store import Session
from govdash.store import evidence as rows
from govdash.store.models import CaseFile
from govdash.workflow import caselog, cases, practice

#: Who works on a case shows what was there: any of these is enough.
MAY_ADD: Final = (
    Permission.CASE_ACCEPT, Permission.CASE_DISPATCH, Permission.CASE_HANDLE,
    Permission.CASE_VERIFY,
)  # fmt: skip
#: What a file may be, by its first bytes; names and what browsers say count for nothing.
JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"
PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX: Final = {
    JPEG: ".jpg", PNG: ".png", WEBP: ".webp", PDF: ".pdf", DOCX: ".docx", XLSX: ".xlsx",
}  # fmt: skip
PICTURES: Final = (JPEG, PNG, WEBP)
_THUMB: Final = 360  # pixels: two side by side on a card
_MOST_PIXELS: Final = 60_000_000  # above any phone; a small file can unfold to gigabytes
_MOST_PARTS: Final = 2_000  # members of an office file
_MOST_UNFOLDED: Final = 200_000_000  # bytes of an office file, unpacked


def attach(
    session: Session,
    folder: Path,
    case_id: int,
    *,
    shown: Shown,
    name: str,
    content: bytes,
    actor: User,
    at: datetime,
) -> CaseFile:
    """Keep a file with a case.

    Raises
    ------
    NotFound
        When there is no such case in the actor's scope.
    Refused
        When the actor does not work on cases, or the case has as many files as it may.
    InputError
        When the file is too large, broken, or none of the kinds that are taken.
    """
    case = cases.found(session, case_id, actor)
    if not any(actor.holds(permission) for permission in MAY_ADD):
        cases.require(actor, MAY_ADD[0], case)
    rules = practice.in_force()
    if rows.n_files(session, case_id) >= rules.files:
        raise Refused(f"案件 {case.number} 已有 {rules.files} 个文件，不能再加。")
    if len(content) > rules.file_megabytes * 1_000_000:
        raise InputError(
            f"文件 {len(content) / 1e6:.1f} MB，超过 {rules.file_megabytes:g} MB；请压缩后再传。"
        )
    mime = kind_of(content)
    digest = sha256(content).hexdigest()
    if rows.has_file(session, case_id, digest):
        raise InputError("这个文件已经在案件里了。")
    _keep(folder, digest, content)
    if mime in PICTURES:
        _keep(folder, f"{digest}.thumb", _thumbnail(content))
    row = CaseFile(
        case_id=case_id, shown=shown, name=_clean(name, mime), mime=mime, size=len(content),
        sha256=digest, added_by=actor.login, added_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    caselog.record(
        session, case, "attach", actor=actor, at=at,
        detail={"file": row.id, "shown": shown.value, "mime": mime, "sha256": digest},
    )  # fmt: skip
    return row


def take(
    session: Session, folder: Path, file_id: int, *, actor: User, at: datetime
) -> tuple[CaseFile, bytes]:
    """Give a file out, with a line in the journal.

    Raises
    ------
    Refused
        When the actor may not read cases, or is a wall display.
    NotFound
        When there is no such file in the actor's scope, or it is not in its place any more.
    """
    actor.require_held(Permission.CASE_READ)
    actor.require_person()
    row = rows.file(session, file_id, actor.scope)
    case = row and rows.case_of(session, file_id, actor.scope)
    if row is None or case is None:
        raise NotFound(f"没有编号为 {file_id} 的文件，或不在您的管辖范围内。")
    content = _read(folder, row.sha256)
    if sha256(content).hexdigest() != row.sha256:
        raise NotFound(f"文件 {name_of(row)} 与登记的内容不符，已停止提供；请告知管理员。")
    caselog.record(session, case, "take_file", actor=actor, at=at, detail={"file": row.id})
    return row, content


def thumbnail(session: Session, folder: Path, file_id: int, viewer: User) -> bytes:
    """Return the small picture of a file, a JPEG of our own making.

    Raises
    ------
    Refused, NotFound
        As `take`, and when the file is no picture.
    """
    viewer.require_held(Permission.CASE_READ)
    viewer.require_person()
    row = rows.file(session, file_id, viewer.scope)
    if row is None or row.mime not in PICTURES:
        raise NotFound(f"没有编号为 {file_id} 的图片，或不在您的管辖范围内。")
    return _read(folder, f"{row.sha256}.thumb")


def files(session: Session, case_id: int, scope: Scope) -> Sequence[CaseFile]:
    """Return the files of a case inside the scope, oldest first."""
    return rows.files(session, case_id, scope)


def name_of(row: CaseFile) -> str:
    """Return what a file is called, masked: people put names and numbers into it."""
    return mask(row.name)


def kind_of(content: bytes) -> str:
    """Tell what a file is from its bytes alone.

    Raises
    ------
    InputError
        When it is broken, or none of the kinds that are taken.
    """
    if content.startswith(b"\xff\xd8\xff"):
        return _picture(content, JPEG)
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return _picture(content, PNG)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _picture(content, WEBP)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-2048:]:
        return PDF
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    raise InputError(
        "只接受 JPG、PNG、WebP 图片和 PDF、DOCX、XLSX 文件（按内容判断，与文件名无关）。"
    )


def _picture(content: bytes, mime: str) -> str:
    try:
        with Image.open(io.BytesIO(content), formats=[mime.partition("/")[2].upper()]) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise InputError("图片的像素太多；请缩小后再传。")
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise InputError("图片打不开，可能已损坏；请重新拍摄或另存后再传。") from error
    except Image.DecompressionBombError as error:
        raise InputError("图片的像素太多；请缩小后再传。") from error
    return mime


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise InputError("文件打不开，可能已损坏；请另存后再传。") from error
    names = {part.filename for part in parts}
    if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNFOLDED:
        raise InputError("文件展开后太大；请精简后再传。")
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise InputError("文件带有宏，不能上传；请另存为不含宏的 DOCX 或 XLSX。")
    for main, mime in (("word/document.xml", DOCX), ("xl/workbook.xml", XLSX)):
        if main in names and "[Content_Types].xml" in names:
            return mime
    raise InputError("压缩包不能上传；文档请用 PDF、DOCX 或 XLSX。")


def _thumbnail(content: bytes) -> bytes:
    """Draw a picture anew, small: what the file tells of place and device does not come along."""
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.thumbnail((_THUMB, _THUMB))  # first: a large one is in memory once, not twice
            small = picture.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError("图片打不开，可能已损坏；请重新拍摄或另存后再传。") from error
    out = io.BytesIO()
    small.save(out, "JPEG", quality=82)
    return out.getvalue()


def _clean(name: str, mime: str) -> str:
    """Return a name without folders and control characters, ending as its content says."""
    bare = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in bare if sign.isprintable() and sign not in '<>:"|?*')
    stem = kept.rpartition(".")[0] or kept
    return (stem.strip(" .")[:80] or "文件") + SUFFIX[mime]


def _keep(folder: Path, name: str, content: bytes) -> None:
    place = _place(folder, name)
    if place.exists():
        return
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = place.with_suffix(place.suffix + ".part")
    part.write_bytes(content)
    part.chmod(0o600)
    part.replace(place)


def files_of(folder: Path, digest: str) -> Iterator[Path]:
    """Give what is kept on disk under a digest: the file, and its small picture."""
    for name in (digest, f"{digest}.thumb"):
        if (place := _place(folder, name)).is_file():
            yield place


def _read(folder: Path, name: str) -> bytes:
    try:
        return _place(folder, name).read_bytes()
    except OSError as error:
        raise NotFound("文件不在存放的位置：或已过保存期限；可请管理员从备份取回。") from error


def _place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name

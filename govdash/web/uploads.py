"""Uploaded files on disk: written once, found again by their content, swept after a day."""

import hashlib
import os
import shutil
import time
from pathlib import Path

from streamlit.runtime.uploaded_file_manager import UploadedFile

from govdash.core.settings import Settings

FOLDER = "uploads"
PIECE = 1 << 20
KEPT_SECONDS = 24 * 3600  # an import that is looked over takes hours at most


def keep(settings: Settings, uploaded: UploadedFile) -> Path:
    """Write an upload below ``var/uploads`` under the hash of its content; return the path."""
    folder = settings.var / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(folder)
    digest = hashlib.blake2b(digest_size=12)
    uploaded.seek(0)
    while piece := uploaded.read(PIECE):
        digest.update(piece)
    path = folder / digest.hexdigest() / _safe(uploaded.name)
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        part = path.with_name(f".{os.getpid()}.part")
        uploaded.seek(0)
        with part.open("wb") as file:
            while piece := uploaded.read(PIECE):
                file.write(piece)
        part.replace(path)
    os.utime(path.parent)
    return path


def _safe(name: str) -> str:
    """Keep letters (of any script), digits and a few marks of a file name."""
    kept = "".join(c if c.isalnum() or c in "-_. ()（）" else "_" for c in Path(name).name)
    return kept.strip(" .")[-80:] or "file"


def _sweep(folder: Path) -> None:
    old = time.time() - KEPT_SECONDS
    for kept in folder.iterdir():
        if kept.is_dir() and kept.stat().st_mtime < old:
            shutil.rmtree(kept, ignore_errors=True)

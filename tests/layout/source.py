"""The project's own source, parsed once for the tests of its layout."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from govdash.core.settings import ROOT


@dataclass(frozen=True)
class Source:
    """One Python file of the project."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @property
    def room(self) -> str:
        """Where it lives: ``store`` for govdash/store/…, ``pages`` and ``app.py`` outside."""
        parts = self.path.relative_to(ROOT).parts
        return Path(parts[1]).stem if parts[0] == "govdash" else parts[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.name)

    @property
    def n_lines(self) -> int:
        return len(self.text.splitlines())

    def imported(self) -> Iterator[str]:
        """Yield the top package of everything imported, at any depth of the file."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]

    def calls(self) -> Iterator[str]:
        """Yield the dotted name of everything called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func)

    def mentions(self) -> Iterator[str]:
        """Yield every dotted name, called or not."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute | ast.Name):
                yield dotted(node)


def dotted(node: ast.AST) -> str:
    """Write ``a.b.c`` for a chain of attributes; "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


@lru_cache
def shipped() -> tuple[Source, ...]:
    """Return every Python file that ships."""
    found = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("govdash/**/*.py")]
    return tuple(Source(path) for path in sorted(found))


@lru_cache
def tracked() -> tuple[Path, ...]:
    """Return every file under version control."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return tuple(ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file())

"""Runs the notebooks and writes what they print into them: ``make docs``.

Cells run in order in one namespace, as in Jupyter: what is printed is the output, and so is the
value of an expression that ends a cell. Jupyter itself isn't needed; it opens the files as usual.
"""

import ast
import contextlib
import io
import json
from pathlib import Path
from typing import Any, Final

NOTEBOOKS: Final = Path(__file__).resolve().parents[1] / "docs" / "notebooks"


def run(notebook: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Run the code cells; return the namespace that they leave, and what each told."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    told = []
    for number, cell in enumerate(code_cells(notebook), 1):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            _run_cell("".join(cell["source"]), f"cell {number}", namespace)
        told.append(printed.getvalue())
    return namespace, told


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the cells that hold code."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def stored(notebook: dict[str, Any]) -> list[str]:
    """Return what each code cell told when the notebook was written."""
    return [
        "".join(line for out in cell["outputs"] for line in out["text"])
        for cell in code_cells(notebook)
    ]


def _run_cell(source: str, name: str, namespace: dict[str, Any]) -> None:
    tree = ast.parse(source, name)
    value = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        value = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec"), namespace)  # noqa: S102 - our own notebook
    if value is not None:
        shown = eval(compile(value, name, "eval"), namespace)  # noqa: S307 - our own notebook
        if shown is not None:
            print(shown)  # noqa: T201 - as Jupyter does


def main() -> None:
    """Run every notebook and keep its outputs."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        _, told = run(notebook)
        for number, (cell, text) in enumerate(zip(code_cells(notebook), told, strict=True), 1):
            cell["execution_count"] = number
            lines = text.splitlines(keepends=True)
            stream = {"name": "stdout", "output_type": "stream", "text": lines}
            cell["outputs"] = [stream] if lines else []
        path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

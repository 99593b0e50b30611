"""Write the transition table and the state diagram of cases into ``docs/loop.md``."""

from typing import Final

from govdash.core.settings import ROOT
from govdash.workflow import drawing

TARGET: Final = ROOT / "docs" / "loop.md"
BEGIN, END = "<!-- flow: made by scripts/loop_tables.py -->", "<!-- /flow -->"


def document() -> str:
    """Return the text of the document with table and diagram as the program has them."""
    text = TARGET.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = f"{BEGIN}\n\n{drawing.table()}\n\n```mermaid\n{drawing.diagram()}\n```\n\n{END}"
    return before + made + after


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")

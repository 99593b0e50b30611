"""Where the real data lies that benchmarks read."""

import os
from pathlib import Path
from typing import Final

#: The folder that ``GOVDASH_SHARED`` names, else the one beside the project.
SHARED: Final = Path(
    os.environ.get("GOVDASH_SHARED") or Path(__file__).resolve().parents[2] / "shared"
)

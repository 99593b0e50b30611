"""Runs every benchmark, one after the other: `make bench`, and at the end of `make test-long`.

Real data lies in the folder that ``GOVDASH_SHARED`` names, else beside the project; what needs it
says so where it is missing, and the others go on.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # they share modules of their own, named with a `_`

for path in sorted(HERE.glob("[a-z]*.py")):
    print(f"\n== {path.stem}", flush=True)
    runpy.run_path(str(path), run_name="__main__")

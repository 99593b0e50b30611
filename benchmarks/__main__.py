"""Runs benchmarks, one after the other: `make bench`, and at the end of `make test-long`.

``python -m benchmarks`` runs all, ``python -m benchmarks masking [options]`` one. Real data lies
in the folder that ``GOVDASH_SHARED`` names, else beside the project; what needs it says so where
it is missing, and the others go on.
"""

import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # they share modules of their own, named with a `_`

known = sorted(HERE.glob("[a-z]*.py"))
chosen = sys.argv[1:2]
if chosen and chosen[0] not in {path.stem for path in known}:
    sys.exit(f"没有名为 {chosen[0]} 的评测；可用：{'、'.join(path.stem for path in known)}。")
sys.argv[1:2] = []
for path in known:
    if not chosen or path.stem in chosen:
        print(f"\n== {path.stem}", flush=True)
        runpy.run_path(str(path), run_name="__main__")

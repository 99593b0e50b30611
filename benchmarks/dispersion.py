"""Measures how over-dispersed real complaints are: what `native` takes for usual in sparse series.

Run ``python benchmarks/dispersion.py [--shared FOLDER]`` (about 10 seconds). Prints mean and
variance between series of φ, sampling taken off, of series that show theirs; nothing else that is
reported is measured on these figures.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from _panel_data import Panel, boston, chicago
from _shared import SHARED

from govdash.detect.native import Native
from govdash.detect.native.outliers import sampling_variance

#: Events a day from which a series of four years shows its φ to ±0.15.
SHOWN_FROM = 0.3


def shown(panel: Panel) -> tuple[int, float, float]:
    """Return how many series show φ, its mean, and its variance between them."""
    cells = panel.counts
    n_days = len(panel.days)
    whole = cells.sum(axis=(1, 2))[:, None]
    values = np.hstack([cells.reshape(n_days, -1), cells.sum(axis=2), cells.sum(axis=1), whole])
    names = [f"s{n}" for n in range(values.shape[1])]
    parent = Native().fit(pd.DataFrame(values, index=panel.days, columns=names)).state_.parent
    mean = parent.mean(panel.days).mean(axis=0)
    told = mean >= SHOWN_FROM
    phi = parent.phi[told]
    noise = sampling_variance(phi, mean[told], n_days).mean()
    return int(told.sum()), float(phi.mean()), float(phi.var() - noise)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with data/")
    folder = parser.parse_args().shared / "data"
    if not (folder / "boston311").is_dir():
        print(f"no complaints at {folder}; not measured (--shared FOLDER)")
    else:
        print("| city | series | mean φ | variance between series |")
        print("|---|---|---|---|")
        for panel in (boston(folder), chicago(folder)):
            n, mean, variance = shown(panel)
            print(f"| {panel.city} | {n} | {mean:.2f} | {variance:.2f} |")

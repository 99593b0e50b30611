"""The scan against published programs' results on brain cancer in New Mexico, 1973-1991."""

import re

import numpy as np
import pandas as pd
import pytest

from govdash.detect.scan import MonteCarlo
from govdash.detect.scan.likelihood import log_likelihood_ratio
from govdash.detect.scan.models import ScanPlan
from govdash.detect.scan.population import permuted, share_of_bucket
from govdash.detect.scan.study import read_places, read_study
from govdash.detect.scan.table import scan_table

pytestmark = pytest.mark.shared

#: The plans of the reference's analyses; all report clusters that don't meet in space and time.
ANALYSES = {
    "retro_poisson": ScanPlan(model="poisson", windows="retrospective", secondary="centre-time"),
    "prospective_poisson": ScanPlan(model="poisson", secondary="centre-time"),
    "purely_spatial": ScanPlan(model="poisson", windows="spatial", secondary="centre-time"),
    "retro_poisson_lowhigh": ScanPlan(
        model="poisson", windows="retrospective", rates="both", secondary="centre-time"
    ),
    "retro_stp": ScanPlan(model="permutation", windows="retrospective", secondary="centre-time"),
    "prospective_stp": ScanPlan(model="permutation", secondary="centre-time"),
}


@pytest.fixture(scope="module")
def coordinates(shared_dir):
    """Each county's degrees: where a reference names it, those it names."""
    folder = shared_dir / "reference" / "scan"
    given = {}
    for path in folder.glob("*.gis.txt"):
        for line in path.read_text().splitlines():
            words = line.split()
            given[words[0]] = (words[-2], words[-3])
    data = shared_dir / "data" / "scan"
    centres = pd.read_csv(data / "scanstatistics__NM_geo.csv", dtype=str).set_index("county")
    rows = []
    for name in pd.read_csv(data / "rsatscan__NMgeo.csv")["county"]:
        centre = centres.loc[name.lower().replace("guadelupe", "guadalupe")]
        lon, lat = given.get(name, (centre["center_long"], centre["center_lat"]))
        rows.append((name, lon, lat))
    return pd.DataFrame(rows, columns=["location", "lon", "lat"])


@pytest.fixture(scope="module")
def tables(shared_dir):
    data = shared_dir / "data" / "scan"
    return {
        name: pd.read_csv(data / f"rsatscan__NM{name}.csv", dtype=str, keep_default_na=False)
        for name in ("cas", "pop")
    }


@pytest.mark.parametrize("analysis", ANALYSES)
def test_every_cluster_that_satscan_lists_is_found_with_its_figures(
    analysis, shared_dir, coordinates, tables
):
    plan = ANALYSES[analysis]
    model, windows = plan.model, plan.windows
    folder = shared_dir / "reference" / "scan"
    report = (folder / f"ref_satscan_NM_{analysis}_9999.txt").read_text()
    study = read_study(
        tables["cas"], read_places(coordinates), tables["pop"] if model == "poisson" else None
    )
    table, found = scan_table(study, plan, MonteCarlo(999, seed=1))
    listed = re.split(r"\n\d+\.Location IDs included", report.split("_" * 95)[2])[1:]
    assert len(listed) >= 2
    for text in listed:
        said = dict(re.findall(r"^ *([A-Z][^.\n:]*?)\.*: (.+)$", text, flags=re.MULTILINE))
        members = text.split(": ", 1)[1].split("Coordinates")[0].replace(",", " ").split()
        statistic = float(said.get("Log likelihood ratio") or said["Test statistic"])
        row = table.iloc[(table["statistic"] - statistic).abs().argmin()]
        assert row["statistic"] == pytest.approx(statistic, abs=6e-7)
        # a county without a single case has no part in a permutation; the reference lists it
        idle = {"Harding"} if model == "permutation" else set()
        assert set(row["members"].split(";")) - idle == set(members) - idle
        if "Time frame" in said:
            dates = re.findall(r"\d+/\d+/\d+", said["Time frame"])
            assert [row["start"], row["end"]] == list(pd.to_datetime(dates))
        assert row["observed"] == int(said["Number of cases"])
        assert row["expected"] == pytest.approx(float(said["Expected cases"]), abs=0.0051)
        if "Relative risk" in said:
            assert row["relative_risk"] == pytest.approx(float(said["Relative risk"]), abs=0.0051)
        p = float(said["P-value"])
        assert row["p_value"] == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 999) + 0.002)
        assert row["gumbel_p_value"] == pytest.approx(p, abs=0.04)
    theirs = np.loadtxt(folder / f"ref_satscan_NM_{analysis}_9999.llr.txt")
    np.testing.assert_allclose(
        np.quantile(found.maxima, [0.25, 0.5, 0.75, 0.9]),
        np.quantile(theirs, [0.25, 0.5, 0.75, 0.9]),
        rtol=0.12 if windows == "spatial" else 0.05,  # see docs/detection-scan.md
    )


WINDOWS = {
    "eb_poisson": (1986, 1989),
    "pb_poisson": (1986, 1989),
    "pb_poisson_to1989": (1973, 1989),
    "pb_poisson_1973_1991": (1973, 1991),
    "permutation": (1986, 1989),
    "permutation_1973_1991": (1973, 1991),
}


@pytest.mark.parametrize("which", WINDOWS)
def test_every_window_of_the_reference_has_its_score(which, shared_dir):
    folder = shared_dir / "reference" / "scan"
    first, last = WINDOWS[which]
    rows = pd.read_csv(folder / "ref_series_NM_popcas.csv")
    cases, people = (
        rows.pivot_table(index="county", columns="year", values=value).loc[:, first:last].to_numpy()
        for value in ("count", "population")
    )
    cases = cases.astype(np.int64)
    n = float(cases.sum())
    total = None if which == "eb_poisson" else n
    if which == "eb_poisson":
        given = pd.read_csv(folder / "ref_scan_NM_baselines_1986_1989.csv", index_col="year")
        expected = given.to_numpy().T
    elif which.startswith("pb"):
        expected = share_of_bucket(people, total=n)
    else:
        expected = permuted(cases[None])
    zones = pd.read_csv(folder / "ref_scan_NM_zones.csv", index_col="zone")["locations"]
    inside = np.zeros((len(zones), len(cases)))
    for row, text in enumerate(zones):
        inside[row, [int(n) - 1 for n in text.split(";")]] = 1
    windows = pd.read_csv(folder / f"ref_scan_NM_{which}_allwindows.csv")
    zone = zones.index.get_indexer(pd.Index(windows["zone"]))
    length = windows["duration"].to_numpy() - 1
    c, b = (
        (inside @ np.cumsum(table[:, ::-1], axis=1))[zone, length] for table in (cases, expected)
    )
    score = np.where(c > b, log_likelihood_ratio(c, b, total=total), 0.0)
    np.testing.assert_allclose(score, windows["score"], rtol=1e-9, atol=1e-9)

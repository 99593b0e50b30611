"""Measures detection on the 42 scenarios of Noufaily et al. (2013, Stat. Med. 32:1206).

Run ``python benchmarks/scenarios.py [--quick] [--seed N] [--shared DIR]`` (about 4 minutes of one
core; with ``--quick`` 20 instead of 60 series per scenario, about one). Every arm sees the same
counts, and every p-value or score goes through the same `judge`: the threshold that a share of the
ordinary weeks exceeds, then the share of outbreaks with a week beyond it. Nothing but the oracle
knows the true mean. ``--constants`` prints what down-weighting does to ordinary series,
``--calibration`` the realised rates of days and hours, ``--shift`` how fast a new level is learned.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from _shared import SHARED

from govdash.detect.classics.farrington import farrington
from govdash.detect.classics.settings import setting_named
from govdash.detect.native import Native, combine
from govdash.detect.native.outliers import trust
from govdash.detect.tails import tail_high

WEEKS = 624
FIRST = 575  # weeks 576-624 are judged
GUARD_OF_PAST = 312  # past outbreaks lie in weeks 313-575
REFIT = 7


@dataclass(frozen=True)
class Study:
    """Counts (weeks, series) without and with outbreaks, and what the oracle knows."""

    ordinary: np.ndarray
    outbreaks: np.ndarray
    extra: np.ndarray  # cases of the current outbreak in `outbreaks`
    mean: np.ndarray
    phi: np.ndarray
    scenario: np.ndarray


def simulate(scenarios: pd.DataFrame, *, per: int, seed: int) -> Study:
    """Return `per` ordinary and `per` outbreak series of every scenario.

    mean = exp(θ + βt + Σ γ1 cos + γ2 sin), harmonics of 52 weeks; negative binomial with variance
    φ mean; outbreaks of Poisson(k sd) cases, each delayed by a lognormal(0, 0.5) number of weeks.
    """
    rng = np.random.default_rng(seed)
    t = np.arange(1, WEEKS + 1)
    means, phis = [], []
    for row in scenarios.itertuples():
        season = np.zeros(WEEKS)
        for j in range(1, row.m + 1):
            angle = 2 * np.pi * j * t / 52
            season += row.gamma1 * np.cos(angle) + row.gamma2 * np.sin(angle)
        means.append(np.exp(row.theta + row.beta * t + season))
        phis.append(row.phi)
    mean, phi = np.repeat(np.column_stack(means), per, axis=1), np.repeat(phis, per)
    ordinary, baseline = draw(rng, mean, phi), draw(rng, mean, phi)
    extra, past = np.zeros_like(baseline), np.zeros_like(baseline)
    for n in range(mean.shape[1]):
        sd = np.sqrt(phi[n] * mean[:, n])
        for start in rng.choice(np.arange(GUARD_OF_PAST, FIRST), 4, replace=False):
            add_outbreak(rng, past[:, n], start, rng.uniform(2, 10) * sd[start])
        start = rng.integers(FIRST, WEEKS)
        add_outbreak(rng, extra[:, n], start, rng.uniform(1, 10) * sd[start])
    scenario = np.repeat(scenarios["scenario"].to_numpy(), per)
    return Study(ordinary, baseline + past + extra, extra, mean, phi, scenario)


def draw(rng: np.random.Generator, mean: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return negative binomial counts, Poisson where φ is 1."""
    size = mean / np.maximum(phi - 1, 1e-9)
    spread = rng.negative_binomial(size, 1 / np.maximum(phi, 1 + 1e-9))
    return np.where(phi > 1, spread, rng.poisson(mean))


def add_outbreak(rng: np.random.Generator, cases: np.ndarray, start: int, size: float) -> None:
    """Add the cases of one outbreak to the weeks they fall in."""
    weeks = start + np.floor(rng.lognormal(0, 0.5, rng.poisson(size))).astype(int)
    np.add.at(cases, weeks[weeks < WEEKS], 1)


Arm = Callable[[np.ndarray], dict[str, np.ndarray]]


def native(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Refitted every `REFIT` weeks, as `walk_forward` does."""
    frame = named(counts, "W")
    single, every = [], []
    for at in range(FIRST, WEEKS, REFIT):
        detector = Native(freq="W").fit(frame.iloc[:at])
        for scored in detector.score_buckets(frame.iloc[at : at + REFIT]):
            single.append(scored.tails.high[0])
            every.append(scored.tails.p_high)
    return {"native, 1 wk": np.array(single), "native, 1–3 wk": np.array(every)}


def classic(setting: str) -> Arm:
    """Farrington's method; weeks in which it gives no limit never alarm."""

    def score(counts: np.ndarray) -> dict[str, np.ndarray]:
        centres = np.arange(FIRST, WEEKS)[:, None] - 52 * np.arange(6)
        found = farrington(counts, centres, setting_named(setting))
        return {f"Farrington {setting}": np.where(np.isnan(found.expected), 1.0, found.p_high)}

    return score


def rolling_z(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the normal tail of z against the 52 weeks before."""
    return {"rolling z, 52 wk": _normal_tail(counts, window=52, lag=0)}


def ears_c2(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Return the normal tail of z against seven weeks, two back (Hutwagner et al. 2003)."""
    return {"EARS C2": _normal_tail(counts, window=7, lag=2)}


def _normal_tail(counts: np.ndarray, *, window: int, lag: int) -> np.ndarray:
    from scipy import stats

    frame = pd.DataFrame(counts.astype(float)).shift(1 + lag).rolling(window)
    mean, sd = frame.mean().to_numpy()[FIRST:], frame.std().to_numpy()[FIRST:]
    return stats.norm.sf((counts[FIRST:] - mean) / np.maximum(sd, 1e-3))


def oracle(study: Study) -> Arm:
    """Return an arm that knows the true mean and dispersion, with native's windows and weights."""

    def score(counts: np.ndarray) -> dict[str, np.ndarray]:
        tails = []
        for width in (1, 2, 3):
            rows = range(FIRST, WEEKS)
            y = np.stack([counts[at - width + 1 : at + 1].sum(axis=0) for at in rows])
            m = np.stack([study.mean[at - width + 1 : at + 1].sum(axis=0) for at in rows])
            tails.append(tail_high(y, m, study.phi * m))
        both = combine(np.stack(tails), np.array([1.0, 2.0, 1.0])[:, None, None])
        return {"oracle, 1 wk": tails[0], "oracle, 1–3 wk": both}

    return score


@dataclass(frozen=True)
class Judged:
    """What one arm reached; rates are shares."""

    nominal: float  # false alarms at its own 1 %
    worst: float  # of the scenario with most
    worst_scenario: int
    nominal_tenth: float  # at its own 0.1 %
    power: dict[float, float]  # by matched false-positive rate


def judge(
    ordinary: np.ndarray,
    outbreaks: np.ndarray,
    study: Study,
    *,
    rates: tuple[float, ...] = (0.01, 0.001),
) -> Judged:
    """Judge p-values (weeks judged, series): small is alarming.

    An outbreak is detected in the weeks from its first to its last case; one without a single
    case is none. The matched threshold is the largest that no more than the rate exceeds.
    """
    extra = study.extra[FIRST:] > 0
    real = extra.any(axis=0)
    since = np.cumsum(extra, axis=0) > 0
    inside = since & (np.cumsum(extra[::-1], axis=0)[::-1] > 0)
    ranked = np.sort(ordinary, axis=None)
    power = {}
    for rate in rates:
        threshold = ranked[int(rate * ranked.size)]
        power[rate] = float(((outbreaks < threshold) & inside).any(axis=0)[real].mean())
    alarms = pd.Series((ordinary <= 0.01).mean(axis=0)).groupby(study.scenario).mean()
    return Judged(
        nominal=float((ordinary <= 0.01).mean()),
        worst=float(alarms.max()),
        worst_scenario=int(alarms.idxmax()),
        nominal_tenth=float((ordinary <= 0.001).mean()),
        power=power,
    )


def constants() -> None:
    """Print mean shift and dispersion loss of ordinary series under `outliers.trust`."""
    phis, means = (1, 1.2, 1.5, 2, 3, 5, 10), (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 150)
    rng = np.random.default_rng(0)
    for phi in phis:
        row = []
        for mean in means:
            m, spread = np.full((2000, 400), float(mean)), np.full(400, float(phi))
            y = draw(rng, m, spread).astype(float)
            w = trust(y, m, spread)
            shift = np.sum(w * (m - y)) / w.sum() / np.sqrt(phi * mean)
            loss = phi * mean * w.sum() / np.sum(w * (y - m) ** 2)
            row.append(f"{shift:.3f} / {loss:.3f}")
        print(f"φ = {phi}:", "  ".join(row))


FREQS = {"D": "1D", "W": "7D", "H": "1h"}


def calibration() -> None:
    """Print the share of ordinary buckets beyond the nominal rates, four refits of 14 buckets."""
    rng = np.random.default_rng(3)
    print("| bucket | φ | mean | 1 bucket: 1 % | 0.1 % | all windows: 5 % | 1 % | 0.1 % |")
    print("|---|---|---|---|---|---|---|---|")
    for freq, n in (("D", 793), ("H", 2400)):
        t = np.arange(n)[:, None]
        year = 0.3 * np.cos(2 * np.pi * t / 365.25) - 0.3 * (t % 7 >= 5)
        shape = np.exp(year if freq == "D" else 0.6 * np.cos(2 * np.pi * t / 24))
        for phi in (1.0, 1.5, 3.0):
            for low, high in ((0.02, 0.1), (0.1, 1), (1, 10), (10, 100)):
                counts = draw(rng, np.geomspace(low, high, 200) * shape, np.full(200, phi))
                frame = named(counts, freq)
                scored = [
                    one
                    for at in range(n - 56, n, 14)
                    for one in Native(freq=freq)
                    .fit(frame.iloc[:at])
                    .score_buckets(frame.iloc[at : at + 14])
                ]
                single = np.array([one.tails.high[0] for one in scored])
                every = np.array([one.tails.p_high for one in scored])
                shares = [(single <= a).mean() for a in (0.01, 0.001)]
                shares += [(every <= a).mean() for a in (0.05, 0.01, 0.001)]
                told = " | ".join(f"{share:.2%}" for share in shares)
                print(f"| {freq} | {phi} | {low}–{high} | {told} |", flush=True)


def shift() -> None:
    """Print the share of a lasting change that is expected after so many buckets, 40 series."""
    lengths = {"D": (14, 21, 28, 35, 60, 90), "W": (8, 13, 17, 26, 52), "H": (48, 72, 96, 168, 240)}
    history = {"D": 500, "W": 312, "H": 1440}
    for freq, after in lengths.items():
        for mean, factor in ((20, 2.0), (20, 0.5), (20, 1.3), (3, 2.0)):
            learned = []
            for length in after:
                rng = np.random.default_rng(1)
                level = np.full((history[freq] + length, 40), float(mean))
                level[history[freq] :] *= factor
                counts = draw(rng, level, np.full(40, 1.5))
                state = Native(freq=freq).fit(named(counts, freq)).state_
                share = (state.level.mean[-1].mean() / mean - 1) / (factor - 1)
                learned.append(f"{length}: {share:.0%}")
            print(f"{freq}, {mean} × {factor}:", ", ".join(learned), flush=True)


def named(counts: np.ndarray, freq: str) -> pd.DataFrame:
    """Return the counts as a detector takes them."""
    buckets = pd.date_range("2010-01-04", periods=len(counts), freq=FREQS[freq])
    return pd.DataFrame(counts, index=buckets, columns=[f"s{n}" for n in range(counts.shape[1])])


def main() -> None:
    """Run every arm and print one row each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="20 series per scenario")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with reference/")
    others = {"constants": constants, "calibration": calibration, "shift": shift}
    for name in others:
        parser.add_argument(f"--{name}", action="store_true")
    given = parser.parse_args()
    chosen = [run for name, run in others.items() if getattr(given, name)]
    if chosen:
        for run in chosen:
            run()
        return
    file = given.shared / "reference" / "noufaily_scenarios.csv"
    if not file.is_file():
        print(f"no scenarios at {file}; nothing measured (--shared FOLDER)")
        return
    per = 20 if given.quick else 60
    study = simulate(pd.read_csv(file), per=per, seed=given.seed)
    arms = (native, classic("noufaily"), classic("orig"), rolling_z, ears_c2, oracle(study))
    print(f"## 42 scenarios × ({per} ordinary + {per} outbreak series), seed {given.seed}")
    print("| method | at nominal 1 % (worst) | at 0.1 % | POD at 1 % | at 0.1 % | series-weeks/s |")
    print("|---|---|---|---|---|---|")
    for arm in arms:
        begin = time.process_time()
        ordinary, outbreaks = arm(study.ordinary), arm(study.outbreaks)
        took = time.process_time() - begin
        for name, p in ordinary.items():
            told = judge(p, outbreaks[name], study)
            print(
                f"| {name} | {told.nominal:.2%} ({told.worst:.2%}, {told.worst_scenario}) "
                f"| {told.nominal_tenth:.3%} | {told.power[0.01]:.3f} | {told.power[0.001]:.3f} "
                f"| {2 * p.size / took:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()

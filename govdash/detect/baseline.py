"""The native detector: a quasi-Poisson baseline per series, negative-binomial tails.

Model: log mean = level + weekday + holiday + trend + season (see `regressors`), variance = φ mean.
Past outbreaks and outages are down-weighted twice, as in Farrington et al. (1996, JRSS A 159:547)
with the threshold of Noufaily et al. (2013), then a recent level is laid over it. All series are
fitted together, each from its own counts alone.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Self

import numpy as np
import pandas as pd
from scipy import stats
from threadpoolctl import ThreadpoolController

from govdash.detect.contract import Forecast, check_counts, check_later, score_forecast
from govdash.detect.glm import Fit, fit_batch
from govdash.detect.regressors import Regressors
from govdash.detect.tails import normal_score

#: Days beyond this many standard normal deviations lose weight (Noufaily et al. 2013).
OUTBREAK_RESIDUAL: Final = 2.58
#: Fewer events than this are never an outbreak: in a sparse series a single event has a large
#: residual, and down-weighting it would teach the baseline that nothing ever happens.
OUTBREAK_COUNT: Final = 3
#: The recent level may move the baseline by this factor and no further.
LEVEL_LIMIT: Final = 3.0
#: Prior of the level: Gamma with mean 1 and variance 1/25, so ±20 % is ordinary.
_LEVEL_PRIOR: Final = 25.0
#: A sparse series cannot show its own dispersion (that takes days with two events or more), and
#: taking 1 for it makes a clump of three a sensation. Series of 0.3-3 events a day in Chicago and
#: Boston 311 have φ 1.15-1.5, so a lower estimate is drawn to 1.2 as far as it is uncertain.
USUAL_DISPERSION: Final = 1.2
_DISPERSION_SD: Final = 0.2
#: Blocks over whose dispersions the quantile is taken: four of each weekday. The quantile is
#: between the median (resists most, but of sparse clumped series 1 % became 4 %) and the upper
#: quartile (misses outbreaks that come back).
_BLOCK_DAYS: Final = 28
_QUANTILE: Final = 0.65
#: φ above this is not noise but a model that does not fit; it only widens the interval so far.
_DISPERSION_LIMIT: Final = 100.0
#: Series fitted at once: keeps each (days, series) array near 3 MB, inside the cache.
_BLOCK: Final = 512

_THREADS: Final = ThreadpoolController()


@dataclass
class Baseline:
    """Score days against what the series itself did on such days before.

    Parameters
    ----------
    coverage : float
        Of the central prediction interval (``lower``, ``upper``).
    min_days : int
        Shortest history: every weekday four times.
    guard : int
        Last days of the history that are not learned from, so that an outbreak of up to a week
        cannot hide itself; also the longest window that can be scored at the end.
    level_half_life : float
        Days after which a day counts half for the recent level. 28: a doubling that lasts is
        learned to 46 % after 35 days, to 68 % after 50; a burst of a few days hardly at all.
    windows : tuple of int
        Lengths, in days, for which the dispersion of the summed count is learned.
    holidays : mapping of date to name, optional
        Days off, past and coming. None: no holiday effect.
    workdays : collection of date
        Weekend days that are worked (调休); expected as the mean of Monday to Friday.

    Attributes
    ----------
    learned_until_ : Timestamp
        Last day learned from.
    note_ : str
        What was simplified because the history is short; empty when nothing was.
    """

    coverage: float = 0.95
    min_days: int = 28
    guard: int = 7
    level_half_life: float = 28.0
    windows: tuple[int, ...] = (1, 3, 7)
    holidays: Mapping[date, str] | None = None
    workdays: Collection[date] = frozenset()

    learned_until_: pd.Timestamp = field(init=False, repr=False, compare=False)
    note_: str = field(init=False, repr=False, compare=False)
    _regressors: Regressors = field(init=False, repr=False, compare=False)
    _learned: pd.Index = field(init=False, repr=False, compare=False)
    _blocks: list["_Block"] = field(init=False, repr=False, compare=False)

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn from `counts` (see `contract`) up to `guard` days before their end.

        Raises
        ------
        InputError
            When the counts break the contract or hold fewer than `min_days` days.
        """
        check_counts(counts, needs=max(self.min_days, self.guard + 2))
        days = pd.DatetimeIndex(counts.index[: len(counts) - self.guard])
        self._regressors = Regressors.for_history(days, self.holidays, self.workdays)
        self._learned = counts.columns
        self.learned_until_ = days[-1]
        self.note_ = self._regressors.note
        design = self._regressors.matrix(days)
        values = counts.to_numpy(dtype=float)[: len(days)]
        # one thread: beside a busy web server two waited for each other (42 s instead of 6)
        with _THREADS.limit(limits=1, user_api="blas"):
            self._blocks = [
                self._learn(values[:, first : first + _BLOCK], design)
                for first in range(0, values.shape[1], _BLOCK)
            ]
        return self

    def score(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Return one row per series and day (`contract.SCORE_COLUMNS`) for later days."""
        check_later(counts, self._learned, self.learned_until_)
        forecast = self.forecast(pd.DatetimeIndex(counts.index), tuple(counts.columns))
        return score_forecast(counts, forecast, coverage=self.coverage)

    def forecast(self, days: pd.DatetimeIndex, series: tuple[str, ...]) -> Forecast:
        """Return the predictive distribution for `days` after `learned_until_`."""
        design = self._regressors.matrix(days)
        empty = np.empty((len(days), 0))
        log_mean = [empty, *(b.fit.log_mean(design) + np.log(b.level) for b in self._blocks)]
        log_var = [empty, *(b.fit.log_variance(design) + b.level_variance for b in self._blocks)]
        chosen = self._learned.get_indexer(pd.Index(series))
        return Forecast(
            days=days,
            series=series,
            mean=np.exp(np.concatenate(log_mean, axis=1))[:, chosen],
            log_se=np.sqrt(np.concatenate(log_var, axis=1))[:, chosen],
            dispersion={
                width: np.concatenate([np.empty(0), *(b.dispersion[width] for b in self._blocks)])[
                    chosen
                ]
                for width in {1, *self.windows}
            },
        )

    def _learn(self, counts: np.ndarray, design: np.ndarray) -> "_Block":
        prior_sd = self._regressors.prior_sd()
        weights = np.ones_like(counts)
        phi = np.ones(counts.shape[1])
        fit = None
        for last in (False, False, True):  # plain, then two rounds of down-weighting
            fit = fit_batch(
                counts,
                design,
                prior_sd=prior_sd,
                weights=weights,
                dispersion=phi,
                start=None if fit is None else fit.coefficients,
            )
            mean = np.exp(fit.log_mean(design))
            phi = cautious_dispersion(dispersion(counts, mean, parameters=design.shape[1]), mean)
            if not last:
                weights = outbreak_weights(counts, mean, phi)
        level, level_variance = recent_level(
            counts, mean, weights, phi, half_life=self.level_half_life
        )
        spread = {
            width: np.maximum(
                phi, dispersion(counts, mean, parameters=design.shape[1], width=width)
            )
            for width in {1, *self.windows}
        }
        return _Block(fit, level, level_variance, spread)


@dataclass(frozen=True)
class _Block:
    fit: Fit
    level: np.ndarray
    level_variance: np.ndarray
    dispersion: dict[int, np.ndarray]


def dispersion(
    counts: np.ndarray, mean: np.ndarray, *, parameters: int, width: int = 1
) -> np.ndarray:
    """Return φ per series, at least 1: a high quantile of four-weekly Pearson dispersions.

    In each block of four weeks φ_b = mean of R² / M, with R and M the sums of y - m and of m over
    each `width` consecutive days. If φ_b is φ χ²(k) / k, with k the independent sums in a block
    (days / `width`), its 65 % quantile over the blocks is φ q(k) / k; so φ is that quantile times
    k / q(k), times N / (N - p) for the p parameters. Outbreaks that lie in less than a third of
    the blocks move it little. The mean over all days does not: a street with five fortnights of
    stalls in two years hid the sixth (φ of weekly sums 9.4; so 1.5). For sums φ grows with the
    correlation of neighbouring days.
    """
    days = len(counts)
    terms = _rolling_sum(counts - mean, width) ** 2 / _rolling_sum(mean, width)
    blocks = max(len(terms) // _BLOCK_DAYS, 1)
    edges = np.linspace(0, len(terms), blocks + 1).astype(int)
    in_block = np.add.reduceat(terms, edges[:-1], axis=0) / np.diff(edges)[:, None]
    independent = len(terms) / blocks / width
    reach = stats.chi2.ppf(_QUANTILE, independent) / independent
    found = np.quantile(in_block, _QUANTILE, axis=0) / reach * days / max(days - parameters, 1)
    return np.clip(found, 1.0, _DISPERSION_LIMIT)


def cautious_dispersion(phi: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return φ drawn up to `USUAL_DISPERSION` as far as its own estimate is uncertain.

    A Pearson term (y - m)² / m has variance 2 + 1/m under Poisson, so a prior with standard
    deviation 0.2 counts as (2 + 1/m) / 0.2² days. An estimate above the usual stays as it is.
    """
    days = len(mean)
    prior_days = (2.0 + 1.0 / mean.mean(axis=0)) / _DISPERSION_SD**2
    drawn = (days * phi + prior_days * USUAL_DISPERSION) / (days + prior_days)
    return np.maximum(phi, drawn)


def outbreak_weights(counts: np.ndarray, mean: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Return each day's weight: (c/|z|)⁴ where its normal score z goes beyond c = 2.58.

    The weight falls continuously from 1, on both sides (an outage is no more normal than an
    outbreak). The fourth power makes the pull of a day (weight × deviation) fall with its size;
    with Farrington's square six days of 5 times the usual still raised the expectation a month
    later by 19 %, with the fourth by 3 %, and a lasting shift was learned as fast. The Anscombe
    residual
    3/2 (y^(2/3) - m^(2/3)) / (m^(1/6) sqrt(φ)) only picks the candidates, cheaply; it overstates
    single events of sparse series, so the negative-binomial tail decides.
    """
    s = 1.5 * (np.cbrt(counts) ** 2 - np.cbrt(mean) ** 2) / np.cbrt(np.sqrt(mean)) / np.sqrt(phi)
    day, series = np.nonzero(
        (np.abs(s) > OUTBREAK_RESIDUAL) & ((s < 0) | (counts >= OUTBREAK_COUNT))
    )
    m = mean[day, series]
    z = np.abs(normal_score(counts[day, series], m, phi[series] * m))
    weights = np.ones_like(mean)
    weights[day, series] = (OUTBREAK_RESIDUAL / np.maximum(z, OUTBREAK_RESIDUAL)) ** 4
    return weights


def recent_level(
    counts: np.ndarray,
    mean: np.ndarray,
    weights: np.ndarray,
    phi: np.ndarray,
    *,
    half_life: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the factor of the last weeks over the fitted mean, and the variance of its log.

    Gamma-Poisson with discount: (a + Σ d ω y / φ) / (a + Σ d ω m / φ), d = 1/2 per `half_life`,
    a = 25; variance 1 / (a + Σ d ω m / φ). A series of few events stays near 1.
    """
    age = np.arange(len(counts) - 1, -1, -1.0)[:, None]
    trust = weights * 0.5 ** (age / half_life) / phi
    seen = _LEVEL_PRIOR + np.sum(trust * counts, axis=0)
    due = _LEVEL_PRIOR + np.sum(trust * mean, axis=0)
    return np.clip(seen / due, 1.0 / LEVEL_LIMIT, LEVEL_LIMIT), 1.0 / due


def _rolling_sum(values: np.ndarray, width: int) -> np.ndarray:
    if width == 1:
        return values
    summed = np.cumsum(values, axis=0)
    summed[width:] -= summed[:-width].copy()
    return summed[width - 1 :]

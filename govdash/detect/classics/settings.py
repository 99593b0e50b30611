"""The four settings of Farrington's method that are in use, and how they differ."""

from dataclasses import dataclass
from typing import Final, Literal

from govdash.core.errors import InputError

#: How the upper limit is found: normal on the 2/3 power, or a quantile of the negative binomial
#: with the mean plugged in, or with the upper confidence limit of the mean.
Limit = Literal["two-thirds", "plug-in", "upper-mean"]


@dataclass(frozen=True)
class Setting:
    """One setting.

    Parameters
    ----------
    alpha : float
        One-sided rate of false alarms.
    years : int
        Former years looked back on.
    seasons : int
        1: only the same time of former years. 10: all the time since, in ten seasons.
    excluded_weeks : int
        Weeks directly before that are left out where all the time since is used.
    reweight_from : float
        Anscombe residual beyond which a former bucket loses weight.
    trend_p : float
        A trend is kept where its p-value lies below.
    limit : Limit
    """

    alpha: float
    years: int
    seasons: int
    excluded_weeks: int
    reweight_from: float
    trend_p: float
    limit: Limit


#: ``orig``: Farrington et al. (1996), J. R. Stat. Soc. A 159:547. ``flexdefault``: the same, with
#: the threshold of Noufaily et al. (2013), Stat. Med. 32:1206, and five years; ``noufaily``: all
#: of their changes; ``muan``: the same with the limit of Salmon et al. (2016), J. Stat. Softw.
#: 70(10), section 2.2, which carries the error of the estimated mean.
SETTINGS: Final[dict[str, Setting]] = {
    "orig": Setting(0.05, 3, 1, 3, 1.0, 0.05, "two-thirds"),
    "flexdefault": Setting(0.05, 5, 1, 3, 2.58, 0.05, "two-thirds"),
    "noufaily": Setting(0.01, 5, 10, 26, 2.58, 1.0, "plug-in"),
    "muan": Setting(0.01, 5, 10, 26, 2.58, 1.0, "upper-mean"),
}


def setting_named(name: str) -> Setting:
    """Return the setting called `name`, or raise `InputError` with those there are."""
    try:
        return SETTINGS[name]
    except KeyError:
        known = "、".join(SETTINGS)
        raise InputError(f"没有名为“{name}”的 Farrington 设定；可用：{known}。") from None

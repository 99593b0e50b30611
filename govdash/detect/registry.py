"""The detectors by name: what commands, rules and the contract test choose from."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from govdash.core.errors import InputError
from govdash.detect.classics.detectors import Cusum, Farrington, GlrNegbin
from govdash.detect.classics.ears import ALPHA, Ears
from govdash.detect.classics.settings import setting_named
from govdash.detect.contract import Detector
from govdash.detect.native import Native
from govdash.detect.rolling import RollingZ

#: Every detector; a new one is one line here and passes the contract test.
DETECTORS: Final[dict[str, Callable[..., Detector]]] = {
    "native": Native,
    "farrington": Farrington,
    "ears-c1": partial(Ears, variant="C1"),
    "ears-c2": partial(Ears, variant="C2"),
    "ears-c3": partial(Ears, variant="C3"),
    "cusum": Cusum,
    "glr-nb": GlrNegbin,
    "rolling-z": RollingZ,
}

#: One-sided rate of false alarms where none is told, of the methods that take one; the charts
#: (``cusum``, ``glr-nb``) have limits of their own. Farrington's is its setting's.
_ALPHA: Final = {
    "native": 0.01,
    "ears-c1": ALPHA["C1"],
    "ears-c2": ALPHA["C2"],
    "ears-c3": ALPHA["C3"],
    "rolling-z": 0.01,
}


def make_detector(name: str, /, **parameters: Any) -> Detector:  # noqa: ANN401 - each its own
    """Return a fresh detector with `parameters`.

    Raises
    ------
    InputError
        When no detector has this name, or it has no such parameter.
    """
    factory = _factory(name)
    try:
        return factory(**parameters)
    except TypeError:
        raise InputError(f"检测方法“{name}”没有这样的参数：{'、'.join(parameters)}。") from None


def takes(name: str, parameter: str) -> bool:
    """Whether the detector called `name` has this parameter."""
    return parameter in inspect.signature(_factory(name)).parameters


def default_alpha(name: str, *, setting: str = "noufaily") -> float | None:
    """Return the rate of false alarms a method is set to; None for the charts."""
    _factory(name)
    return setting_named(setting).alpha if name == "farrington" else _ALPHA.get(name)


def _factory(name: str) -> Callable[..., Detector]:
    try:
        return DETECTORS[name]
    except KeyError:
        known = "、".join(DETECTORS)
        raise InputError(f"没有名为“{name}”的检测方法；可用：{known}。") from None

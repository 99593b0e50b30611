"""The detectors by name: what commands, rules and the contract test choose from."""

from collections.abc import Callable
from typing import Any, Final

from govdash.core.errors import InputError
from govdash.detect.baseline import Baseline
from govdash.detect.contract import Detector
from govdash.detect.rolling import RollingZ

#: Every detector; a new one is one line here and passes the contract test.
DETECTORS: Final[dict[str, Callable[..., Detector]]] = {
    "native": Baseline,
    "rolling-z": RollingZ,
}


def make_detector(name: str, /, **parameters: Any) -> Detector:  # noqa: ANN401 - each its own
    """Return a fresh detector with `parameters`.

    Raises
    ------
    InputError
        When no detector has this name, or it has no such parameter.
    """
    try:
        factory = DETECTORS[name]
    except KeyError:
        known = "、".join(DETECTORS)
        raise InputError(f"没有名为“{name}”的检测方法；可用：{known}。") from None
    try:
        return factory(**parameters)
    except TypeError:
        raise InputError(f"检测方法“{name}”没有这样的参数：{'、'.join(parameters)}。") from None

"""Texts that people typed: masked when they are read, for screens and exports alike."""

from typing import Any, Final, cast

import pandas as pd

from govdash.language.masking import mask, mask_series

#: The columns of the boards that hold what somebody typed.
TYPED: Final = (
    "title", "description", "address", "result", "register_condition", "close_condition",
    "handler", "verifier", "note",
)  # fmt: skip


def masked(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with typed texts masked, and those in its ``detail``, if it has one."""
    told = table.copy()
    for name in TYPED:
        if name in told:
            texts = told[name].astype("object")
            told[name] = mask_series(texts.astype("str").where(texts.notna(), None)).astype(
                "object"
            )
            told[name] = told[name].where(texts.notna(), None)
    if "detail" in told:
        told["detail"] = pd.Series(
            [masked_detail(detail) for detail in told["detail"]], index=told.index, dtype="object"
        )
    return told


def masked_detail(detail: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Return JSON with every text in it masked."""
    if isinstance(detail, str):
        return mask(detail)
    if isinstance(detail, dict):
        known = cast("dict[str, Any]", detail)
        return {name: masked_detail(value) for name, value in known.items()}
    if isinstance(detail, list):
        return [masked_detail(value) for value in cast("list[Any]", detail)]
    return detail

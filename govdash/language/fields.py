"""How fields that are known to be personal are shown: masked by what they are, not by guessing."""

from collections.abc import Callable, Mapping
from typing import Final

from govdash.language.homes import below_street
from govdash.language.masking import mask
from govdash.language.surnames import DOUBLE


def name(text: str) -> str:
    """Show the family name only."""
    told = text.strip()
    kept = 2 if told[:2] in DOUBLE else 1
    return told[:kept] + "*" * max(0, len(told) - kept)


def contact(text: str) -> str:
    """Show a telephone number by its ends; of anything else its first character."""
    told = text.strip()
    masked = mask(told)
    if masked != told:
        return masked
    if len(told) >= 7:
        return f"{told[:3]}****{told[-2:]}"
    return told[:1] + "***" if told else ""


def identity(text: str) -> str:
    """Show the first six and the last four characters of a number, of a short one the last."""
    told = "".join(text.split())
    if len(told) >= 15:
        return f"{told[:6]}********{told[-4:]}"
    return f"****{told[-4:]}" if len(told) > 4 else "*" * len(told)


#: Field of the person table → how it is shown.
SHOWN: Final[Mapping[str, Callable[[str], str]]] = {
    "reporter_name": name,
    "reporter_contact": contact,
    "reporter_identity": identity,
    "reporter_address": below_street,
}


def shown(field: str, text: str) -> str:
    """Show a field of a source's row: by its kind when it is a person's, else masked as text."""
    return SHOWN.get(field, mask)(text)

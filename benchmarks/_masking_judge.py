"""Judges finders of personal data on the hard set: what leaked, what was hidden in vain."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from _masking_set import Text

#: (kind, start, end) of what a finder would hide.
Span = tuple[str, int, int]
Finder = Callable[[str], Iterable[Span]]


@dataclass
class Judged:
    """The counts of one finder over one set."""

    secrets: Counter[str] = field(default_factory=Counter[str])
    hidden: Counter[str] = field(default_factory=Counter[str])
    found: Counter[str] = field(default_factory=Counter[str])
    right: Counter[str] = field(default_factory=Counter[str])
    leaks: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    vain: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))

    def recall(self, kind: str) -> float:
        """Share of the secrets of a kind of which nothing was left to read."""
        return self.hidden[kind] / max(1, self.secrets[kind])

    def precision(self, kind: str) -> float:
        """Share of what was hidden as a kind that touches a secret and no decoy."""
        return self.right[kind] / max(1, self.found[kind])


def judge(texts: Sequence[Text], finder: Finder) -> Judged:
    """Run a finder over a set. A secret counts as hidden only when all its characters are."""
    told = Judged()
    for t in texts:
        spans = list(finder(t.text))
        covered = {k for _, start, end in spans for k in range(start, end)}
        places = {k for _, _, parts in t.secrets for a, b in parts for k in range(a, b)}
        for kind, disguise, parts in t.secrets:
            told.secrets[kind] += 1
            if all(k in covered for a, b in parts for k in range(a, b)):
                told.hidden[kind] += 1
            else:
                told.leaks[kind, disguise].append(t.text)
        for kind, start, end in spans:
            told.found[kind] += 1
            reach = set(range(start, end))
            touched = [name for name, (a, b) in t.decoys if reach & set(range(a, b))]
            if reach & places and not touched:
                told.right[kind] += 1
            else:
                told.vain[kind, touched[0] if touched else "plain text"].append(
                    f"{t.text}  ⟨{t.text[start:end]}⟩"
                )
    return told

"""Draws names for the demo city from pools of words that ship in ``data/demo/names.yaml``."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from govdash.core.errors import InputError


class Words:
    """The word pools; lists are given out in a random order without repeats."""

    def __init__(self, data_dir: Path, seed: int) -> None:
        file = data_dir / "demo" / "names.yaml"
        if not file.is_file():
            raise InputError(f"找不到文件 {file}；请检查数据目录（GOVDASH_DATA）。")
        self._pools: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        self._rng = np.random.default_rng([seed, 3])
        self._decks: dict[str, list[str]] = {}

    def all(self, pool: str) -> list[str]:
        """Return every word of a pool; a pool of two lists gives every pair."""
        words = self._pools[pool]
        if isinstance(words, str):
            return words.split()
        if words and isinstance(words[0], list):
            first, second = words
            return [a + b for a in first for b in second]
        return list(words)

    def draw(self, pool: str) -> str:
        """Return a word not given out before; a second round gets 东, 西, 南 … before it."""
        deck = self._decks.setdefault(pool, [])
        if not deck:
            rounds = self._decks.setdefault(pool + "#", [])
            sides = ["", "东", "西", "南", "北", "上", "下", "新", "老"]
            side = sides[len(rounds) % len(sides)]
            rounds.append(side)
            words = self.all(pool)
            deck.extend(side + words[i] for i in self._rng.permutation(len(words)))
        return deck.pop()

    def some(self, pool: str, n: int) -> list[str]:
        """Return `n` words of a pool, repeats allowed."""
        words = self.all(pool)
        return [words[i] for i in self._rng.integers(len(words), size=n)]

    def ending(self, setting: str) -> str:
        """Return an ending for a small road's name."""
        endings = self._pools["road_endings"]
        choice = endings.get(setting, endings["other"])
        return choice[int(self._rng.integers(len(choice)))]

"""The demo city with everything that its events are made of."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pandas as pd

from govdash.demo.addresses import make_addresses
from govdash.demo.geography import City, make_city
from govdash.demo.mix import Mix, load_mix
from govdash.demo.names import Words
from govdash.demo.texts import Phrases
from govdash.demo.units import Units
from govdash.taxonomy import Taxonomy


@dataclass(frozen=True)
class World:
    """The city with everything that events are made of."""

    seed: int
    city: City
    addresses: pd.DataFrame
    units: Units
    taxonomy: Taxonomy
    mix: Mix
    phrases: Phrases
    words: Words


@lru_cache(maxsize=2)
def make_world(data_dir: Path, seed: int) -> World:
    """Make the city of `seed` and all that goes with it; about 3 s, kept for the process."""
    taxonomy = Taxonomy.load(data_dir)
    city = make_city(data_dir, seed=seed)
    words = Words(data_dir, seed)
    return World(
        seed=seed,
        city=city,
        addresses=make_addresses(city, words, seed=seed),
        units=Units(city, data_dir),
        taxonomy=taxonomy,
        mix=load_mix(data_dir, taxonomy, city, seed=seed),
        phrases=Phrases(data_dir, taxonomy),
        words=words,
    )

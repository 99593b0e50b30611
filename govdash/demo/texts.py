"""Writes titles, descriptions and people for events of the demo city, column by column."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from govdash.core.errors import InputError
from govdash.core.vocab import Channel, Facet, Sentiment
from govdash.demo.geography import City
from govdash.demo.names import Words
from govdash.taxonomy import Taxonomy

Objects = NDArray[np.object_]
Ints = NDArray[np.intp]

_SLOT: Final = re.compile(r"\{(\w+)\}")
#: People who report, per grid; the few first ones report most.
_PEOPLE: Final = 160
#: Telephone numbers begin with a block that is not given to anybody.
_PHONE_BLOCK: Final = 16_400_000_000
_HUMAN: Final = (Channel.HOTLINE.value, Channel.APP.value)


class Phrases:
    """The sentences of ``data/demo/phrases.yaml``."""

    def __init__(self, data_dir: Path, taxonomy: Taxonomy) -> None:
        file = data_dir / "demo" / "phrases.yaml"
        if not file.is_file():
            raise InputError(f"找不到文件 {file}；请检查数据目录（GOVDASH_DATA）。")
        self.pool: Mapping[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        self._taxonomy = taxonomy

    def short(self, key: str) -> str:
        """Name of a category without 异常: what is wrong with, not that it is."""
        return self._taxonomy.get(key).name.removesuffix("异常")

    def what(self, key: str) -> list[str]:
        """Say of a category what people say of it."""
        said = self.pool["what"].get(key) or self.pool["what"].get("A" + key[1:])
        if said:
            return said
        thing = key[0] == "P" or (key[0] == "A" and key[2:4] < "06")
        return [self.short(key) + end for end in self.pool["any_thing" if thing else "any_affair"]]

    def effect(self, key: str) -> list[str]:
        """Say what follows from it."""
        return self.pool["effect"].get(key[:4]) or self.pool["effect"]["any"]

    def device(self, key: str) -> tuple[str, list[str]]:
        """Name the device that measures it, and what it says."""
        return tuple(self.pool["sensor"].get(key, self.pool["sensor_any"]))  # type: ignore[return-value]  # two items, by the file's layout

    def seen(self, key: str) -> str:
        """Name what a picture of it shows."""
        return self.pool["camera"].get(key, self.short(key))


def write(
    core: pd.DataFrame,
    *,
    city: City,
    addresses: pd.DataFrame,
    phrases: Phrases,
    words: Words,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return the written columns of events.

    Parameters
    ----------
    core : DataFrame with ``key``, ``channel``, ``grid``, ``address`` (row of `addresses`),
        ``occurred`` (naive local) and ``delay`` (hours until reported).

    Returns
    -------
    DataFrame with ``title``, ``text``, ``address_text``, ``reporter_name``,
    ``reporter_contact``, ``reporter_address``, ``sentiment`` (None from machines) and
    ``facet_override``
    """
    n = len(core)
    channel = core["channel"].to_numpy(dtype=object)
    human = np.isin(channel, _HUMAN)
    place = addresses.iloc[core["address"].to_numpy()]
    road, number = place["road"].to_numpy(dtype=object), place["number"].astype(str)
    spot = place["place"].to_numpy(dtype=object)
    near = _pick(phrases.pool["near"], n, rng)
    front = road + number.to_numpy(dtype=object) + "号"
    street = city.grids["street"].to_numpy(dtype=object)[core["grid"]]
    form = rng.integers(0, 5, n)
    where = np.select(
        [form == 0, form == 1, form == 2, form == 3],
        [spot + near, front + spot + near, street + spot + near, road + spot + near],
        default=front + near,
    )  # fmt: skip
    again = np.where(human, _pick(phrases.pool["again"], n, rng), "")
    person = _people(core["grid"].to_numpy(), words, rng, street)
    occurred = pd.DatetimeIndex(core["occurred"])
    slots: dict[str, Callable[[Ints], Objects]] = {
        "where": lambda i: where[i],
        "again": lambda i: again[i],
        "who": lambda i: person["polite"][i],
        "when": lambda i: _when(phrases, occurred[i], core["delay"].to_numpy()[i], rng),
        "what": lambda i: _by_key(core["key"].to_numpy()[i], phrases.what, rng),
        "effect": lambda i: _by_key(core["key"].to_numpy()[i], phrases.effect, rng),
        "seen": lambda i: _by_key(core["key"].to_numpy()[i], lambda k: [phrases.seen(k)], rng),
        "device": lambda i: _by_key(
            core["key"].to_numpy()[i], lambda k: [phrases.device(k)[0]], rng
        ),
        "measured": lambda i: _by_key(
            core["key"].to_numpy()[i], lambda k: phrases.device(k)[1], rng
        ),
        "ask": lambda i: _pick(phrases.pool["ask"], len(i), rng),
        "extent": lambda i: _pick(phrases.pool["extent"], len(i), rng),
        "inspector": lambda i: _pick(words.all("surnames")[:40], len(i), rng) + "师傅",
        "community": lambda i: city.grids["community"].to_numpy(dtype=object)[
            core["grid"].to_numpy()[i]
        ],
        "serial": lambda i: _serials(core["address"].to_numpy()[i], core["key"].to_numpy()[i]),
        "score": lambda i: _pick([f"{s / 100:.2f}" for s in range(71, 100)], len(i), rng),
        "clock": lambda i: occurred[i].strftime("%H:%M").to_numpy(dtype=object),
    }
    text = np.empty(n, dtype=object)
    for name, frames in phrases.pool["frames"].items():
        mine = np.flatnonzero(channel == name)
        choice = rng.integers(len(frames), size=len(mine))
        for k, frame in enumerate(frames):
            rows = mine[choice == k]
            if len(rows):
                text[rows] = _fill(frame, slots, rows)
    thanks = human & (rng.random(n) < 0.025) & (again == "")
    text = np.where(thanks, text + _pick(phrases.pool["thanks"], n, rng), text)
    told = np.flatnonzero(human & (rng.random(n) < np.where(channel == "hotline", 0.16, 0.05)))
    choice = rng.integers(len(phrases.pool["contact"]), size=len(told))
    who = {"full": lambda i: person["name"][i], "phone": lambda i: person["phone"][i]}
    for k, frame in enumerate(phrases.pool["contact"]):
        rows = told[choice == k]
        text[rows] = text[rows] + _fill(frame, who, rows)
    parking = np.flatnonzero((core["key"] == "A-09009") & human & (rng.random(n) < 0.2))
    text[parking] = text[parking] + "车牌号" + _plates(len(parking), rng) + "。"
    angry = human & ((again != "") | (rng.random(n) < 0.33))
    mood = np.where(
        angry, Sentiment.NEGATIVE.value,
        np.where(thanks, Sentiment.POSITIVE.value, Sentiment.NEUTRAL.value),
    )  # fmt: skip
    machine = np.isin(channel, (Channel.SENSOR.value, Channel.CAMERA.value))
    named = human & (rng.random(n) < np.where(channel == "hotline", 0.97, 0.7))
    return pd.DataFrame(
        {
            "title": _titles(core, channel, road, spot, phrases, rng),
            "text": text,
            "address_text": place["address"].to_numpy(dtype=object)
            + np.where(rng.random(n) < 0.6, "（" + spot + "）", ""),
            "reporter_name": np.where(named, person["name"], ""),
            "reporter_contact": np.where(named, person["phone"], ""),
            "reporter_address": np.where(named & (channel == "hotline"), person["home"], ""),
            "sentiment": pd.Series(mood, dtype=object).mask(machine, None),
            "facet_override": np.where(
                (again != "") & (rng.random(n) < 0.12), Facet.SENTIMENT.value, ""
            ),
        }
    )


def _titles(
    core: pd.DataFrame,
    channel: Objects,
    road: Objects,
    spot: Objects,
    phrases: Phrases,
    rng: np.random.Generator,
) -> Objects:
    short = _by_key(core["key"].to_numpy(), lambda k: [phrases.short(k)], rng)
    thing = core["key"].str.match(r"P-|A-0[1-5]").to_numpy()
    short = np.where(thing, short + _pick(["问题", "破损", "异常", "故障"], len(core), rng), short)
    form = rng.integers(0, 3, len(core))
    titles = np.select(
        [form == 0, form == 1],
        [road + short, spot + short],
        default="关于" + road + short + "的反映",
    )  # fmt: skip
    titles = np.where(channel == "sensor", short + "告警·" + road, titles)
    titles = np.where(channel == "camera", "视频识别·" + short + "·" + road, titles)
    return np.where(channel == "grid", short + "（" + spot + "）", titles)


def _fill(frame: str, slots: Mapping[str, Callable[[Ints], Objects]], rows: Ints) -> Objects:
    """Put the slots of one frame together for all its rows at once."""
    out: Any = np.full(len(rows), "", dtype=object)
    for k, part in enumerate(_SLOT.split(frame)):
        out = out + (slots[part](rows) if k % 2 else part)
    return out


def _pick(pool: list[str], n: int, rng: np.random.Generator) -> Objects:
    return np.array(pool, dtype=object)[rng.integers(len(pool), size=n)]


def _by_key(keys: Objects, pool: Callable[[str], list[str]], rng: np.random.Generator) -> Objects:
    """Pick for each row out of the pool of its category."""
    codes, names = pd.factorize(keys)
    pools = [pool(str(name)) for name in names]
    sizes = np.array([len(p) for p in pools])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    flat = np.array([phrase for p in pools for phrase in p], dtype=object)
    return flat[starts[codes] + (rng.random(len(codes)) * sizes[codes]).astype(int)]


def _when(
    phrases: Phrases, occurred: pd.DatetimeIndex, delay: NDArray[Any], rng: np.random.Generator
) -> Objects:
    pool = phrases.pool["when"]
    hour = occurred.hour.to_numpy()
    kind = np.select(
        [delay > 9, delay < 0.25, hour < 6, hour < 11, hour < 14, hour < 18, hour < 22],
        ["older", "now", "night", "morning", "noon", "afternoon", "evening"],
        default="night",
    )
    return _by_key(kind.astype(object), lambda name: pool[name], rng)


def _people(
    grid: Ints, words: Words, rng: np.random.Generator, street: Objects
) -> dict[str, Objects]:
    """Give each event a person living in its grid: name, polite form, telephone and home."""
    surnames, given = words.all("surnames"), words.all("given")
    rank = np.minimum((_PEOPLE * rng.random(len(grid)) ** 2.6).astype(int), _PEOPLE - 1)
    number = grid.astype(np.int64) * _PEOPLE + rank
    mixed = (number * 2_654_435_761) % (1 << 32)  # Knuth's hash: neighbours get unlike names
    family = np.array(surnames, dtype=object)[mixed % len(surnames)]
    first = np.array(given, dtype=object)[(mixed >> 8) % len(given)]
    polite = np.array(["先生", "女士"], dtype=object)[(mixed >> 16) % 2]
    phone = (_PHONE_BLOCK + mixed % 100_000_000).astype(str).astype(object)
    home = street + _text(mixed % 30 + 1) + "号楼" + _text(mixed % 4 + 1) + "单元"
    home = home + _text((mixed >> 5) % 18 + 1) + "0" + _text((mixed >> 3) % 4 + 1) + "室"
    return {"name": family + first, "polite": family + polite, "phone": phone, "home": home}


def _text(numbers: NDArray[np.int64]) -> Objects:
    return numbers.astype(str).astype(object)


def _plates(n: int, rng: np.random.Generator) -> Objects:
    """Make number plates of a series that is not issued (京Z)."""
    letters = np.array(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), dtype=object)
    digits = rng.integers(1000, 9999, n).astype(str).astype(object)
    plates = "京Z" + letters[rng.integers(len(letters), size=n)] + digits
    return plates.astype(object)


def _serials(address: Ints, keys: Objects) -> Objects:
    """Give its serial to the device at an address: the same place has the same device."""
    codes = np.array([sum(map(ord, key)) % 90 + 10 for key in keys], dtype=np.int64)
    return (codes * 100_000 + address).astype(str).astype(object)

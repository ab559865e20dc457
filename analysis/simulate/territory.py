"""The invented territory: municipalities of an invented region with people by sex and age band, and the city's quarters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import truth as truths
from analysis.simulate.write import stream


def municipalities(truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """One row per invented municipality; the first is the study's city. Population columns sum to its people."""
    rng = stream(seed, "territory")
    p, names = truth["territory"], catalogue["territory"]
    counts = np.asarray(p["municipalities"])
    province = np.repeat(np.arange(len(counts)), counts)
    capital = np.concatenate([[0], np.cumsum(counts)[:-1]])
    angle = 2 * np.pi * (np.arange(len(counts)) + 0.2) / len(counts)
    centre = p["spread_degrees"] * np.stack([np.cos(angle), 0.8 * np.sin(angle)], axis=1)
    distance = 0.9 * p["spread_degrees"] * np.sqrt(rng.random(len(province)))
    distance[capital] = 0.0
    turn = 2 * np.pi * rng.random(len(province))
    place = centre[province] + distance[:, None] * np.stack([np.cos(turn), 0.8 * np.sin(turn)], axis=1)
    size = np.exp(
        p["log_size_mean"]
        - 0.8 * distance / p["spread_degrees"]
        + p["log_size_sd"] * rng.standard_normal(len(province))
    )
    size[capital] = p["capital_populations"]
    ageing = p["ageing_per_distance"] * distance / p["spread_degrees"] + p["ageing_sd"] * rng.standard_normal(
        len(province)
    )
    ageing[capital] = 0.0
    density = truths.age_density(truth, ageing)
    banded = np.stack(
        [density[..., low : high + 1].sum(axis=-1) for low, high in truths.BANDS.values()], axis=-1
    )
    shares = banded.reshape(len(province), -1)
    people = rng.multinomial(np.rint(size).astype(np.int64), shares / shares.sum(axis=1, keepdims=True))
    per_km2 = np.exp(p["density_log_mean"] + p["density_log_sd"] * rng.standard_normal(len(province)))
    area = size / per_km2
    area[0] = sum(truth["quarters"]["area_km2"])
    numbers = np.arange(len(province)) - capital[province] + 1
    frame = pd.DataFrame(
        {
            "code": [f"V{province:02d}{number:03d}" for province, number in zip(province + 1, numbers)],
            "name": _names(names, rng, capital, len(province)),
            "province": np.asarray(names["provinces"])[province],
            "region": names["region"],
            "lon": np.round(p["centre_lon"] + place[:, 0] / np.cos(np.deg2rad(p["centre_lat"])), 4),
            "lat": np.round(p["centre_lat"] + place[:, 1], 4),
            "area_km2": np.round(area, 2),
        }
    )
    columns = [f"{sex}_{band}" for sex in truths.SEXES for band in truths.BANDS]
    return pd.concat([frame, pd.DataFrame(people, columns=columns)], axis=1)


def _names(names: Mapping[str, Any], rng: np.random.Generator, capital: np.ndarray, n: int) -> list[str]:
    made = sorted(
        {first + last for first in names["first"] for last in names["last"]} - set(names["provinces"])
    )
    drawn = [made[i] for i in rng.permutation(len(made))[:n]]
    for position, name in zip(capital, names["provinces"]):
        drawn[position] = name
    return drawn


def inhabitants(frame: pd.DataFrame) -> pd.Series:
    """People of each municipality: the sum of its sex and age columns."""
    return frame.filter(regex=r"^[fm]_").sum(axis=1)


def quarters(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], population: int, source: str
) -> pd.DataFrame:
    """The city and its quarters as the `places` table; the quarters' people sum to the city's."""
    p = truth["quarters"]
    edges = np.rint(population * np.append(0.0, np.cumsum(p["shares"]) / np.sum(p["shares"]))).astype(int)
    people = np.diff(edges)
    city = catalogue["territory"]["provinces"][0]
    return pd.DataFrame(
        {
            "place": ["city", *(f"q{i}" for i in range(1, len(people) + 1))],
            "name_it": [city, *p["names"]],
            "name_en": [city, *p["names"]],
            "kind": ["city", *["district"] * len(people)],
            "population": [population, *people],
            "date": pd.Timestamp("2016-01-01"),
            "area_km2": [round(sum(p["area_km2"]), 2), *p["area_km2"]],
            "source": source,
            "url": None,
        }
    )

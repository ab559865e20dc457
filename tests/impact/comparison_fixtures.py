"""Panels and groups with answers that can be worked out by hand, for the tests of comparison designs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.evidence import columns
from analysis.evidence.words import LANGUAGES, Words

OWN = tomllib.loads(Path(__file__).with_name("comparison_words.toml").read_text(encoding="utf-8"))["words"]


def words() -> dict[str, Words]:
    return {language: Words(language, OWN, {}, "impact") for language in LANGUAGES}


def resolves(frame: pd.DataFrame) -> None:
    """The table says what each of its columns is."""
    columns.resolve(frame, None, "test", None)


def mpdta(folder: Path) -> pd.DataFrame:
    raw = pd.read_csv(folder / "oracles" / "mpdta.csv")
    return pd.DataFrame(
        {
            "unit": raw["countyreal"].astype(str),
            "indicator": "lemp",
            "semester": raw["year"],
            "adopted": raw["first.treat"].where(raw["first.treat"] > 0),
            "value": raw["lemp"],
        }
    )


def panel(
    sizes: tuple[int, ...] = (6, 6),
    never: int = 8,
    periods: int = 6,
    effect: float = 1.0,
    seed: int = 1,
    noise: float = 0.3,
) -> pd.DataFrame:
    """Groups that adopt in semesters 3, 4, …; never-adopters; the same effect ever after."""
    rng = np.random.Generator(np.random.PCG64(seed))
    adopted = np.concatenate(
        [*(np.full(size, 3 + k) for k, size in enumerate(sizes)), np.zeros(never, dtype=int)]
    )
    n, t = len(adopted), np.arange(1, periods + 1)
    value = rng.normal(size=(n, 1)) + 0.1 * t + noise * rng.normal(size=(n, periods))
    value = value + effect * ((adopted[:, None] > 0) & (t >= adopted[:, None]))
    return pd.DataFrame(
        {
            "unit": np.repeat([f"u{k:02d}" for k in range(n)], periods),
            "cluster": pd.Series([None] * (n * periods), dtype="str"),
            "indicator": "score",
            "semester": np.tile(t, n),
            "adopted": pd.array(np.repeat(adopted, periods), dtype="Int64"),
            "value": value.ravel(),
            "n": 10,
        }
    ).assign(adopted=lambda f: f["adopted"].mask(f["adopted"] == 0))


def persons(
    clusters: int = 12, treated: int = 6, each: int = 20, effect: float = 0.5, seed: int = 2
) -> pd.DataFrame:
    """Persons in clusters before and after, rows of cluster, treated, after, y and a covariate."""
    rng = np.random.Generator(np.random.PCG64(seed))
    frame = pd.DataFrame(
        {
            "cluster": np.repeat(np.arange(clusters), 2 * each),
            "after": np.tile(np.repeat([0, 1], each), clusters),
        }
    )
    frame["treated"] = (frame["cluster"] < treated).astype(int)
    frame["age"] = rng.normal(45, 10, len(frame))
    level = rng.normal(size=(clusters, 2))[frame["cluster"], frame["after"]] * 0.3
    frame["y"] = (
        level + 0.02 * frame["age"] + effect * frame["treated"] * frame["after"] + rng.normal(size=len(frame))
    )
    return frame.assign(cluster=frame["cluster"].map("c{:02d}".format))


def petersen() -> pd.DataFrame:
    import statsmodels

    path = Path(statsmodels.__file__).parent / "stats" / "tests" / "test_data.txt"
    return pd.DataFrame(np.genfromtxt(path), columns=["firm", "year", "x", "y"])


def nhefs() -> tuple[pd.DataFrame, list[str]]:
    """The complete cases of Hernán and Robins, chapter 12, with their covariates."""
    from causaldata import nhefs_complete

    frame = nhefs_complete.load_pandas().data
    squared = ["age", "wt71", "smokeintensity", "smokeyrs"]
    kinds = ["education", "exercise", "active", "sex", "race"]
    frame = frame.assign(
        **{f"{name}2": frame[name] ** 2 for name in squared},
        **{name: frame[name].astype("category") for name in kinds},
    )
    return frame, [*kinds, *squared, *(f"{name}2" for name in squared)]

"""The true parameters of the simulator, and what they imply exactly for what a survey observes.

`truth.toml` holds them, each section with its assumption in words. The functions below compute the expected
values of the *observed* (rounded, bounded) scores, so that a test can compare an estimate with its truth.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import Fault, ParameterError, say

SEXES = ("f", "m")
CARE = ("none", "children", "relatives", "both")
WOULD_WORK = ("childcare", "elder_care", "flexible_hours", "part_time", "remote_work", "nothing")
AGES = np.arange(101)
BANDS = {
    "00_02": (0, 2), "03_05": (3, 5), "06_13": (6, 13), "14": (14, 14), "15_17": (15, 17), "18_24": (18, 24),
    "25_34": (25, 34), "35_44": (35, 44), "45_54": (45, 54), "55_64": (55, 64), "65_74": (65, 74),
    "75_79": (75, 79), "80_plus": (80, 100),
}  # fmt: skip


def load(overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The parameters as a nested dict, with `overrides` laid over them.

    Raises ParameterError naming every unknown key (with the nearest known one) and every value of another type
    or another length than the default.
    """
    text = Path(__file__).with_name("truth.toml").read_text(encoding="utf-8")
    truth = tomllib.loads(text)
    faults: list[Fault] = []
    _lay(truth, overrides or {}, "", faults)
    if faults:
        raise ParameterError(faults)
    return truth


def _lay(base: dict[str, Any], over: Mapping[str, Any], path: str, faults: list[Fault]) -> None:
    for key, value in over.items():
        where = f"{path}{key}"
        if key not in base:
            near = difflib.get_close_matches(key, base, n=1)
            faults.append(
                Fault(
                    say("parametro del simulatore sconosciuto", "unknown parameter of the simulator"),
                    where,
                    ", ".join(base),
                    say(f"Forse «{near[0]}»?", f"Perhaps `{near[0]}`?") if near else "",
                )
            )
        elif isinstance(base[key], dict) and isinstance(value, Mapping):
            _lay(base[key], value, f"{where}.", faults)
        elif not _alike(base[key], value):
            faults.append(
                Fault(
                    say(
                        f"il valore {value!r} non ha la forma di quello previsto",
                        f"the value {value!r} has not the form of the default",
                    ),
                    where,
                    repr(base[key]),
                )
            )
        else:
            base[key] = value


def _alike(old: Any, new: Any) -> bool:
    if isinstance(old, list):
        return isinstance(new, list) and len(old) == len(new) and all(map(_alike, old, new))
    if isinstance(old, int | float) and not isinstance(old, bool):
        return isinstance(new, int | float) and not isinstance(new, bool)
    return type(old) is type(new)


def listing(truth: Mapping[str, Any]) -> pd.DataFrame:
    """Every parameter in one tidy table: parameter (dotted name), value (as text), assumption (its section's words)."""
    rows: list[tuple[str, str, str]] = []

    def walk(node: Mapping[str, Any], path: str, assumption: str) -> None:
        assumption = node.get("assumption", assumption)
        for key, value in node.items():
            if isinstance(value, Mapping):
                walk(value, f"{path}{key}.", assumption)
            elif key != "assumption":
                rows.append((f"{path}{key}", str(value), assumption))

    walk(truth, "", "")
    return pd.DataFrame(rows, columns=["parameter", "value", "assumption"])


def age_density(truth: Mapping[str, Any], ageing: np.ndarray | float = 0.0) -> np.ndarray:
    """Shares of people by sex and single year of age 0–100: shape (…, 2, 101), summing to 1 over the last two axes.

    `ageing` (any shape) tilts the shares: log odds per year of age over 40.
    """
    ages = truth["ages"]
    base = np.stack([np.interp(AGES, ages["knots"], ages[sex]) for sex in SEXES])
    tilt = np.exp(np.asarray(ageing)[..., None, None] * (AGES - 40.0))
    density = base * tilt
    return density / density.sum(axis=(-2, -1), keepdims=True)


def by_age(values: list[float], starts: list[int], ages: np.ndarray) -> np.ndarray:
    """The value of the age class in which each age falls; classes start at `starts`."""
    return np.asarray(values, dtype=float)[np.searchsorted(starts, ages, side="right") - 1]


def care_probabilities(
    truth: Mapping[str, Any], sex: np.ndarray, ages: np.ndarray, shift: np.ndarray | float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """(children, relatives): probability of each care load for persons of `sex` (0 = f, 1 = m) and `ages`, shifted in log odds."""
    care = truth["care"]
    out = []
    for load in ("children", "relatives"):
        table = np.stack([by_age(care[load][s], care["age_from"], np.arange(18, 101)) for s in SEXES])
        out.append(special.expit(special.logit(table[sex, ages - 18]) + shift))
    return out[0], out[1]


def prevalence(
    truth: Mapping[str, Any], low: int = 18, high: int = 80, sexes: tuple[str, ...] = SEXES
) -> dict[str, float]:
    """True shares of people of the city aged `low`–`high` by care load: none, children, relatives, both (they sum to 1)."""
    ages = np.arange(low, high + 1)
    rows = [SEXES.index(sex) for sex in sexes]
    weight = age_density(truth)[rows, low : high + 1]
    weight = weight / weight.sum()
    quarters = truth["quarters"]
    both = children = relatives = 0.0
    for share, shift in zip(quarters["shares"], quarters["care_shift"]):
        for row, sex in enumerate(rows):
            c, r = care_probabilities(truth, np.full(len(ages), sex), ages, shift)
            children += share * float(weight[row] @ (c * (1 - r)))
            relatives += share * float(weight[row] @ (r * (1 - c)))
            both += share * float(weight[row] @ (c * r))
    return {
        "none": 1 - children - relatives - both,
        "children": children,
        "relatives": relatives,
        "both": both,
    }


def latent_means(truth: Mapping[str, Any], scale: str) -> pd.DataFrame:
    """Latent mean of conflict by gender, care_load, flexible_hours; `scale` is "wfc" or "fwc". Columns: …, latent."""
    p = truth["conflict"][scale]
    index = pd.MultiIndex.from_product(
        [SEXES, CARE, ("no", "yes")], names=["gender", "care_load", "flexible_hours"]
    )
    cells = index.to_frame(index=False)
    woman = cells["gender"].eq("f")
    loaded = cells["care_load"].ne("none")
    cells["latent"] = (
        p["grand"]
        + p["women_minus_men"] * woman
        + cells["care_load"].map(p["care"])
        + p["women_more_with_care"] * (woman & loaded)
        + p["flexible"] * cells["flexible_hours"].eq("yes")
    )
    return cells


def expected_items(latent: np.ndarray, p: Mapping[str, Any], low: int, high: int) -> np.ndarray:
    """Expected rounded, bounded answer to each item for people whose latent mean is `latent`: shape (cells, items).

    E[x] = low + sum over c of P(x >= c), a normal probability at each threshold c − 0.5.
    """
    loadings = np.asarray(p["loadings"])
    middle = item_middle(p, low, high)
    mean = middle + loadings * (np.asarray(latent)[:, None] - middle)
    sd = np.sqrt((loadings * p["person_sd"]) ** 2 + p["item_sd"] ** 2)
    cuts = np.arange(low + 1, high + 1) - 0.5
    return low + special.ndtr((mean[..., None] - cuts) / sd[:, None]).sum(axis=-1)


def item_middle(p: Mapping[str, Any], low: int, high: int) -> float:
    """The latent value at which items of different loadings have equal means: the scale's `grand`, within the range."""
    return float(np.clip(p["grand"], low, high))


def expected_scores(truth: Mapping[str, Any], scale: str, wave: int = 1) -> pd.DataFrame:
    """Exact expected mean score (1–7) by gender, care_load, flexible_hours. Columns: …, latent, score."""
    p = truth["conflict"][scale]
    cells = latent_means(truth, scale)
    latent = cells["latent"].to_numpy(dtype=float)
    if wave == 2:
        latent = latent + p["change"] + p["change_if_flexible"] * cells["flexible_hours"].eq("yes").to_numpy()
    cells["score"] = expected_items(latent, p, 1, 7).mean(axis=1)
    return cells


def expected_alpha(
    p: Mapping[str, Any], latent: np.ndarray, weight: np.ndarray, low: int, high: int
) -> float:
    """Cronbach's alpha in the population: a mixture of cells with latent means `latent` and shares `weight`.

    Items are independent given a person's latent value, so the covariances come from Gauss–Hermite quadrature.
    """
    nodes, mass = np.polynomial.hermite_e.hermegauss(41)
    person = np.asarray(latent)[:, None] + p["person_sd"] * nodes
    share = (np.asarray(weight) / np.sum(weight))[:, None] * (mass / mass.sum())
    loadings, middle = np.asarray(p["loadings"]), item_middle(p, low, high)
    mean = middle + loadings * (person[..., None] - middle)
    cuts = np.arange(low + 1, high + 1) - 0.5
    above = special.ndtr((mean[..., None] - cuts) / p["item_sd"])
    first = low + above.sum(axis=-1)
    second = low**2 + (above * (2 * np.arange(low + 1, high + 1) - 1)).sum(axis=-1)
    grand = (share[..., None] * first).sum(axis=(0, 1))
    centred = (first - grand).reshape(-1, len(loadings))
    covariance = centred.T @ (centred * share.reshape(-1, 1))
    np.fill_diagonal(covariance, (share[..., None] * second).sum(axis=(0, 1)) - grand**2)
    k = len(loadings)
    return float(k / (k - 1) * (1 - np.trace(covariance) / covariance.sum()))


def expected_community(truth: Mapping[str, Any]) -> dict[str, float]:
    """Expected number of different actors that take part at all in each phase; the two facilitating bodies always do (nearly)."""
    reach = truth["community"]["reach"]
    number = {kind: truth["actors"][kind] - 2 * (kind == "nonprofit") for kind in reach}
    return {
        phase: 2 + sum(number[kind] * reach[kind][phase] for kind in reach)
        for phase in truth["community"]["events"]
    }


def to_raise(truth: Mapping[str, Any]) -> float:
    """What is to be raised besides the lead funder, in euros: the planned cost of the programme less what the lead funder pledges."""
    return max(0, truth["fundraising"]["total_cost"] - sum(truth["money"]["lead_funder"]))


def panel_effect(truth: Mapping[str, Any], adopted: np.ndarray, semester: np.ndarray) -> np.ndarray:
    """True effect of adoption in each `semester` on a company that adopted in semester `adopted` (0 = never): broadcast, 0 before."""
    p = truth["panel"]
    exposure = np.asarray(semester) - np.asarray(adopted)
    effect = p["effect"] + p["effect_per_semester"] * exposure
    return np.where((np.asarray(adopted) > 0) & (exposure >= 0), effect, 0.0)


def panel_noise(truth: Mapping[str, Any]) -> np.ndarray:
    """Covariance of a company's noise over the semesters: first-order autoregressive, of constant variance."""
    p = truth["panel"]
    semester = np.arange(len(p["semester"]))
    return p["noise_sd"] ** 2 * p["noise_correlation"] ** np.abs(semester[:, None] - semester)


def group_time_effects(truth: Mapping[str, Any]) -> pd.DataFrame:
    """True ATT(g, t) of the panel for every group g and semester t ≥ g. Columns: group, semester, exposure, companies, effect."""
    p = truth["panel"]
    groups = pd.DataFrame({"group": p["adopted"], "companies": p["adopters"]})
    cells = groups.merge(pd.Series(np.arange(1, len(p["semester"]) + 1), name="semester"), how="cross")
    cells = cells.loc[cells["semester"] >= cells["group"]].reset_index(drop=True)
    cells["exposure"] = cells["semester"] - cells["group"]
    cells["effect"] = panel_effect(truth, cells["group"].to_numpy(), cells["semester"].to_numpy())
    return cells[["group", "semester", "exposure", "companies", "effect"]]


def aggregate_effects(truth: Mapping[str, Any]) -> tuple[float, pd.Series]:
    """(simple, event) of the true ATT(g, t): mean over all cells, and by semesters since adoption; each weighted by the group's companies."""
    cells = group_time_effects(truth)
    weighted = cells["effect"] * cells["companies"]
    simple = float(weighted.sum() / cells["companies"].sum())
    by = cells["exposure"]
    return simple, weighted.groupby(by).sum() / cells["companies"].groupby(by).sum()


def opposite() -> dict[str, Any]:
    """Overrides that turn the main signs of the defaults around: a study whose statements must come out the other way.

    Men carry more care and more conflict; flexible hours raise conflict; conflict grows between the waves; men rather
    than women are kept from work by care; the design community widens from phase to phase.
    """
    base = load()
    phases = list(base["community"]["events"])
    turned = {
        scale: {
            key: -base["conflict"][scale][key]
            for key in ("women_minus_men", "women_more_with_care", "flexible", "change", "change_if_flexible")
        }
        for scale in ("wfc", "fwc")
    }
    return {
        "care": {load: _swapped(base["care"][load]) for load in ("children", "relatives")},
        "employment": {
            "women_minus_men": -base["employment"]["women_minus_men"],
            "care_penalty": _swapped(base["employment"]["care_penalty"]),
            "reason_care": _swapped(base["employment"]["reason_care"]),
        },
        "work": {"reduced_for_care": _swapped(base["work"]["reduced_for_care"])},
        "conflict": turned,
        "community": {
            "reach": {
                kind: dict(zip(phases, [reach[phase] for phase in reversed(phases)]))
                for kind, reach in base["community"]["reach"].items()
            }
        },
    }


def _swapped(by_sex: Mapping[str, Any]) -> dict[str, Any]:
    return {"f": by_sex["m"], "m": by_sex["f"]}

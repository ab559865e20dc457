"""How far income hangs on few funders: Herfindahl–Hirschman index, effective number of funders, share of the largest, and what its loss would do.

HHI = Σ s², s the share of each funder (Hirschman 1964, The paternity of an index; of non-profit income, Chang and Tuckman 1994, Voluntas 5:273); 1/HHI is the
number of funders of equal size that would give the same index. It works on any amounts by name, grant lists too. A line that adds many givers together (citizens) counts as one funder: the index is then an upper bound.
Complete counts of the funders on record: no interval.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, TooFewError, say
from analysis.resources.ledger import LEAD, check
from analysis.resources.registers import refuse
from analysis.resources.sustain import Reserve, Runway
from analysis.rows import required

OTHERS = "others"
STATES = ("with", "without")


@dataclass(frozen=True)
class Concentration:
    """Funders with a positive sum, largest first, and their sums, shape (F,); `entries`: rows added together; `idle`: funders whose sum is nought, left out."""

    funders: tuple[str, ...]
    sums: np.ndarray
    entries: int
    idle: int = 0

    @property
    def total(self) -> float:
        return float(self.sums.sum())

    @property
    def shares(self) -> np.ndarray:
        """Share of each funder, shape (F,)."""
        return self.sums / self.sums.sum()

    @property
    def hhi(self) -> float:
        """Σ s²: from 1/F, all funders alike, to 1, a single funder."""
        return float(np.sum(self.shares**2))

    @property
    def effective(self) -> float:
        return 1.0 / self.hhi

    @property
    def largest(self) -> float:
        return float(self.shares[0])

    def rest(self) -> Concentration | None:
        """The same without the largest; None where nobody remains."""
        if len(self.funders) == 1:
            return None
        return Concentration(self.funders[1:], self.sums[1:], self.entries, self.idle)

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks of funders: the share of the largest and the index."""
        return {"largest_share": self.largest, "hhi": self.hhi}

    def table(self) -> pd.DataFrame:
        """One row: funders, total, share of the largest, index, effective number of funders."""
        frame = pd.DataFrame(
            {
                "funders": [len(self.funders)],
                "total": [self.total],
                "largest_share": [self.largest],
                "hhi": [self.hhi],
                "effective": [self.effective],
            }
        )
        frame.attrs["columns"] = {
            "funders": {"counts": "things"},
            "total": {"unit": "euro", "n": "funders"},
            "largest_share": {"unit": "share", "n": "funders"},
            "hhi": {"unit": "index", "digits": 3, "n": "funders"},
            "effective": {"unit": "number", "digits": 1, "n": "funders"},
        }
        return frame

    def ranked(self, most: int = 15, shown: Collection[str] | None = None) -> pd.DataFrame:
        """One row a funder, largest first, up to `most`; then one for all others together: rank, funder, funders, amount, share, cumulative share.

        `shown`: the names that may be told (`nameable`); the others have an empty cell. Without it all are told.
        """
        if most < 1:
            raise ParameterError(Fault(f"most = {most}", "ranked", "≥ 1"))
        first = min(most, len(self.funders))
        rest = len(self.funders) - first
        told = pd.Series(self.funders[:first], dtype=object)
        told = told if shown is None else told.where(told.isin(list(shown)), None)
        names = [*told, *([OTHERS] if rest else [])]
        sums = np.concatenate([self.sums[:first], [self.sums[first:].sum()] if rest else []])
        frame = pd.DataFrame(
            {
                "rank": np.arange(1, len(names) + 1),
                "funder": names,
                "funders": [1] * first + ([rest] if rest else []),
                "amount": sums,
                "share": sums / self.total,
                "cumulative": np.minimum(np.cumsum(sums) / self.total, 1.0),
            }
        )
        frame.attrs["columns"] = {
            "rank": {"unit": "position", "digits": 0},
            "funder": {"labels": "funder"},
            "funders": {"counts": "things"},
            "amount": {"unit": "euro", "n": "funders"},
            "share": {"unit": "share", "n": "funders"},
            "cumulative": {"unit": "share", "n": "funders"},
        }
        return frame


def concentration(funders: Sequence[str] | pd.Series, amounts: Sequence[float] | pd.Series | np.ndarray, where: str = "funders") -> Concentration:  # fmt: skip
    """The concentration of `amounts` (one currency) by funder, rows of one funder added together.

    Refused, with rows: no row, as many names as amounts lacking, a funder or amount missing or infinite, a negative amount, a total of nought.
    """
    names, values = pd.Series(list(funders), dtype=object), pd.to_numeric(pd.Series(list(amounts)), errors="coerce").astype(float)  # fmt: skip
    if len(names) != len(values) or not len(names):
        what = say(
            f"{len(names)} nomi e {len(values)} importi", f"{len(names)} names and {len(values)} amounts"
        )
        raise EstimateError(Fault(what, where, say("almeno uno, altrettanti", "at least one, as many")))
    refuse(where, [
        (names.isna(), say("manca il finanziatore", "the funder is missing"), ""),
        (~np.isfinite(values), say("importo mancante o infinito", "an amount missing or infinite"), say("un numero", "a number")),
        (values < 0, say("importo negativo", "a negative amount"), say("da 0 in su", "from 0")),
    ])  # fmt: skip
    sums = values.groupby(names.astype(str)).sum()
    if not sums.sum() > 0:
        what = say("il totale è zero", "the total is zero")
        raise TooFewError(Fault(what, where, say("un totale positivo", "a positive total")))
    given = sums[sums > 0].sort_index().sort_values(ascending=False, kind="stable")
    return Concentration(tuple(given.index), given.to_numpy(), len(values), int((sums <= 0).sum()))


def nameable(actors: pd.DataFrame) -> list[str]:
    """The names of the bodies that chose to appear by their name, citizens never. `actors`: name, type, publish_name."""
    required("actors", actors, ("name", "type", "publish_name"))
    chose = actors["publish_name"].astype("string").eq("yes").fillna(False) & (actors["type"] != "citizen")
    return actors.loc[chose, "name"].astype(str).tolist()


def of_money(money: pd.DataFrame, status: str = "received", without: Collection[str] = ()) -> Concentration:
    """The concentration of what the sources of the register gave (or, with `status` "pledged", promised), in euros of every form.

    `without`: kinds of source left out, such as "own". Refused: what `ledger.check` and `concentration` refuse.
    """
    own = _income(money, status, without)
    return concentration(own["source"], own["amount"], "money")


def _income(money: pd.DataFrame, status: str, without: Collection[str]) -> pd.DataFrame:
    entries = check(money).entries
    own = entries[(entries["status"] == status) & entries["amount"].notna()]
    return own[~own["source_kind"].isin(list(without))]


@dataclass(frozen=True)
class Loss:
    """What the loss of the largest funder would do, the rest unchanged: values with and without it, shape (2,), missing where they are none; `runways`: the same, or none asked for."""

    income: np.ndarray
    others_share: np.ndarray
    hhi: np.ndarray
    effective: np.ndarray
    entries: np.ndarray
    runways: tuple[Runway, ...]
    share: float
    is_lead: bool

    def table(self) -> pd.DataFrame:
        """Two rows, with the largest funder and without it: income, share of others than the lead funder, HHI, effective funders, runway in months (empty where infinite: see state)."""
        names = ["income", "others_share", "hhi", "effective"]
        frame = pd.DataFrame({"largest": list(STATES), **{name: getattr(self, name) for name in names}})
        if self.runways:
            months = np.array([each.months for each in self.runways])
            frame["runway"] = np.where(np.isfinite(months), months, np.nan)
            frame["state"] = [each.state for each in self.runways]
        frame["entries"] = self.entries
        frame.attrs["columns"] = {
            "largest": {"labels": "largest"},
            "income": {"unit": "euro", "n": "entries"},
            "others_share": {"unit": "share", "n": "entries"},
            "hhi": {"unit": "index", "digits": 3, "n": "entries"},
            "effective": {"unit": "number", "digits": 1, "n": "entries"},
            "entries": {"counts": "things"},
        }
        if self.runways:
            frame.attrs["columns"] |= {
                "runway": {"unit": "months", "n": "entries"},
                "state": {"labels": "runway_state"},
            }
        return frame


def loss(
    money: pd.DataFrame, without: Collection[str] = (), reserve: Reserve | None = None, window: int = 6, lead: str = LEAD
) -> Loss:  # fmt: skip
    """With and without the source that gave most euros: income received, co-funding, concentration of the rest, and with `reserve` the runway.

    What the largest gave stays in the reserve; its cash stops coming in the months that the runway averages. Arithmetic on what was received, not a forecast:
    the others are held as they are. Refused: what `of_money` refuses.
    """
    own = _income(money, "received", without)
    found = concentration(own["source"], own["amount"], "money")
    rest = found.rest()
    gone = own["source"] == found.funders[0]
    sums = np.array([own["amount"].sum(), own.loc[~gone, "amount"].sum()])
    known = own["source_kind"].notna().all()
    led = np.array([own.loc[own["source_kind"] == lead, "amount"].sum(), own.loc[~gone & (own["source_kind"] == lead), "amount"].sum()])  # fmt: skip
    others = np.divide(sums - led, sums, out=np.full(2, np.nan), where=(sums > 0) & known)
    left_out: tuple[tuple[str, ...], ...] = ((), (found.funders[0],))
    runways = (
        tuple(reserve.runway(window, without=names) for names in left_out) if reserve is not None else ()
    )
    return Loss(
        sums, others,
        np.array([found.hhi, rest.hhi if rest else np.nan]),
        np.array([found.effective, rest.effective if rest else np.nan]),
        np.array([len(own), int((~gone).sum())]), runways, found.largest,
        bool((own.loc[gone, "source_kind"] == lead).any()),
    )  # fmt: skip

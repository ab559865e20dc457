"""What it costs to raise a euro: cost over money raised and return on cost, by campaign and by kind of campaign, with intervals where they can be had.

Definitions, which differ between authors and therefore stand in the tables: cost to raise a euro = cost / raised; gross return = raised / cost; net return =
(raised − cost) / cost. Of a kind: ratio of sums. Intervals take the cost as given. Where the register of gifts accounts for what was raised, donors are resampled
with Poisson weights (their number varies as well), the same weight for all gifts of a donor: what another response of the same public would have raised. Else the
campaigns of the kind are what varies: jackknife of the logarithm of the ratio, Student's t; one campaign alone has no interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.plan import as_text, bilingual
from analysis.resources.proposals import CURRENCY, foreign
from analysis.resources.registers import codes, numbers
from analysis.rows import required, where

TOLERANCE = 0.01  # share of what was raised that gifts may miss or exceed
LEAST_DONORS = 10
DRAWS = 2_000
LEAST_DRAWS = 200
BLOCK = 8_000_000  # weights held in memory at once
DONORS, CAMPAIGNS, NONE = "donors", "campaigns", "none"
MISSING = {"it": "raccolto non registrato", "en": "amount raised not recorded"}
NEGATIVE = {"it": "raccolto negativo: fuori anche dalle somme", "en": "negative amount raised: left out of the sums too"}  # fmt: skip
NOTHING = {"it": "nulla raccolto: nessun rapporto", "en": "nothing raised: no ratio"}
FREE = {"it": "nessun costo registrato: nessun rendimento", "en": "no cost recorded: no return"}
APART = {"it": "le donazioni non danno il raccolto: nessun intervallo", "en": "gifts do not add up to the amount raised: no interval"}  # fmt: skip
ALONE = {"it": "una sola campagna: nessun intervallo", "en": "one campaign alone: no interval"}
FEW = {"it": "pochi donatori o nessuna donazione registrata: nessun intervallo", "en": "few donors or no gifts recorded: no interval"}  # fmt: skip
LITTLE = {"it": "tolta una campagna, restano costi o raccolto a zero: nessun intervallo", "en": "one campaign less leaves no cost or nothing raised: no interval"}  # fmt: skip
HEADERS = {
    "cost_per_euro": {"it": "costo per euro raccolto (costo / raccolto)", "en": "cost to raise a euro (cost / raised)"},
    "gross_return": {"it": "rendimento lordo (raccolto / costo)", "en": "gross return (raised / cost)"},
    "net_return": {"it": "rendimento netto ((raccolto − costo) / costo)", "en": "net return ((raised − cost) / cost)"},
}  # fmt: skip


@dataclass(frozen=True)
class Efficiency:
    """One row a campaign in `rows`: campaign, name, kind, cost, raised, declared (donors), counted (donors with a gift), given (sum of gifts), sums (whether it enters sums),
    agree (whether gifts account for what was raised). `drawn`: raised in each resampling of donors, (draws, C), missing where gifts do not account for it."""

    rows: pd.DataFrame
    drawn: np.ndarray
    donors_of: dict[str, int]

    def _ratios(self) -> pd.DataFrame:
        cost, raised = self.rows["cost"].to_numpy(), self.rows["raised"].to_numpy()
        good = raised > 0
        return _returns(cost, np.where(good, raised, np.nan))

    def table(self) -> pd.DataFrame:
        """One row a campaign: kind, donors, cost and raised (euro), cost_per_euro with its interval, gross_return, net_return, reason (what is missing and why)."""
        rows, ratios = self.rows, self._ratios()
        bounds = np.array([self._by_donors(np.array([k])) for k in range(len(rows))]).reshape(-1, 2)
        frame = pd.DataFrame(
            {
                "campaign": rows["campaign"],
                "name": rows["name"],
                "kind": rows["kind"],
                "donors": rows["counted"].where(rows["counted"] > 0, rows["declared"]).astype(float),
                "cost": rows["cost"],
                "raised": rows["raised"],
                "cost_per_euro": ratios["cost_per_euro"],
                "low": bounds[:, 0],
                "high": bounds[:, 1],
                "gross_return": ratios["gross_return"],
                "net_return": ratios["net_return"],
                "reason": self._reasons(bounds[:, 0]),
                "campaigns": 1,
            }
        )
        frame.attrs["columns"] = {
            **as_text(frame["name"]),
            "kind": {"labels": "campaign_kind"},
            "donors": {"counts": "persons"},
            "cost": {"unit": "euro", "n": "campaigns"},
            **_columns("donors"),
            "reason": {"text": True},
            "campaigns": {"counts": "things", "hidden": True},
        }
        return frame

    def _reasons(self, low: np.ndarray) -> np.ndarray:
        rows = self.rows
        raised, counted = rows["raised"], rows["counted"].to_numpy()
        cases = [
            (raised.isna(), MISSING),
            (raised < 0, NEGATIVE),
            (raised == 0, NOTHING),
            (rows["cost"] == 0, FREE),
            (~rows["agree"] & (rows["given"] > 0), APART),
            (np.isnan(low) & (counted < LEAST_DONORS), FEW),
        ]
        reason = np.full(len(rows), None, dtype=object)
        for mask, text in reversed(cases):
            reason[np.asarray(mask, dtype=bool)] = text
        return reason

    def _by_donors(self, places: np.ndarray) -> tuple[float, float]:
        """Interval of the ratio of sums of some campaigns, by resampled donors; missing unless gifts account for all of them and donors are at least LEAST_DONORS."""
        resampled = self._resampled(places)
        return intervals.percentiles(resampled) if resampled is not None else (float("nan"), float("nan"))

    def _resampled(self, places: np.ndarray) -> np.ndarray | None:
        rows = self.rows.iloc[places]
        if not rows["agree"].all() or rows["counted"].max() < LEAST_DONORS:
            return None
        raised = self.drawn[:, places].sum(axis=1)
        return rows["cost"].sum() / np.where(raised > 0, raised, np.nan)

    def places(self, kind: str) -> np.ndarray:
        """Places of the campaigns of a kind that enter its sums. Refused: a kind that has none."""
        found = np.flatnonzero((self.rows["kind"] == kind) & self.rows["sums"])
        if not len(found):
            what = say(f"nessuna campagna di tipo «{kind}»", f"no campaign of kind '{kind}'")
            raise EstimateError(Fault(what, "campaigns", ", ".join(sorted(set(self.rows["kind"])))))
        return found

    def by_kind(self) -> pd.DataFrame:
        """One row a kind of campaign: campaigns, donors, cost and raised (euro, sums), cost_per_euro (ratio of sums) with its interval, the two returns, basis (what the
        interval resamples: donors, campaigns, none), reason. Campaigns that raised nothing count in the sums; those with a negative or unknown amount do not."""
        parts = []
        for kind in sorted(set(self.rows.loc[self.rows["sums"], "kind"])):
            places = self.places(kind)
            own = self.rows.iloc[places]
            low, high, basis, reason = self._interval(places)
            counted, declared = self.donors_of.get(kind, 0), own["declared"].sum(min_count=1)
            parts.append(
                {
                    "kind": kind,
                    "campaigns": len(own),
                    "donors": float(counted) if own["agree"].all() and counted else float(declared),
                    "cost": own["cost"].sum(),
                    "raised": own["raised"].sum(),
                    "low": low,
                    "high": high,
                    "basis": basis,
                    "reason": reason,
                }
            )
        names = ["kind", "campaigns", "donors", "cost", "raised", "low", "high", "basis", "reason"]
        frame = pd.DataFrame(parts, columns=names)
        raised = frame["raised"].to_numpy(dtype=float)
        ratios = _returns(frame["cost"].to_numpy(dtype=float), np.where(raised > 0, raised, np.nan))
        frame.insert(5, "cost_per_euro", ratios["cost_per_euro"])
        frame.insert(8, "gross_return", ratios["gross_return"])
        frame.insert(9, "net_return", ratios["net_return"])
        frame.attrs["columns"] = {
            "kind": {"labels": "campaign_kind"},
            "campaigns": {"counts": "things"},
            "donors": {"counts": "persons"},
            "cost": {"unit": "euro", "n": "campaigns"},
            **_columns("donors"),
            "basis": {"labels": "interval_basis"},
            "reason": {"text": True},
        }
        return frame

    def _interval(self, places: np.ndarray) -> tuple[float, float, str, dict[str, str] | None]:
        low, high = self._by_donors(places)
        if np.isfinite(low):
            return low, high, DONORS, None
        if len(places) == 1:
            return low, high, NONE, ALONE
        own = self.rows.iloc[places]
        low, high = intervals.ratio_interval(own["cost"].to_numpy(), own["raised"].to_numpy())
        return (low, high, CAMPAIGNS, None) if np.isfinite(low) else (low, high, NONE, LITTLE)

    def overall(self) -> tuple[float, float, float, int]:
        """Cost to raise a euro over all campaigns (ratio of sums) with its interval by jackknife of campaigns, and how many they are. Refused: fewer than two, which have no interval; nothing raised."""
        own = self.rows[self.rows["sums"]]
        cost, raised = own["cost"].to_numpy(dtype=float), own["raised"].to_numpy(dtype=float)
        if len(own) < 2 or not raised.sum() > 0:
            what = say(
                "meno di due campagne, o nulla raccolto", "fewer than two campaigns, or nothing raised"
            )
            raise TooFewError(Fault(what, "campaigns"))
        return float(cost.sum() / raised.sum()), *intervals.ratio_interval(cost, raised), len(own)

    def register(self) -> pd.DataFrame:
        """One row a campaign whose record and gifts can be compared: raised, given (sum of its gifts), difference (euro), donors declared and counted, agrees (yes, no)."""
        rows = self.rows[(self.rows["counted"] > 0) & self.rows["raised"].notna()].reset_index(drop=True)
        declared = rows["declared"].to_numpy(dtype=float)
        differ = ~rows["agree"] | (~np.isnan(declared) & (declared != rows["counted"]))
        frame = pd.DataFrame(
            {
                "campaign": rows["campaign"],
                "name": rows["name"],
                "raised": rows["raised"],
                "given": rows["given"],
                "difference": rows["given"] - rows["raised"],
                "declared": declared,
                "counted": rows["counted"],
                "agrees": np.where(differ, "no", "yes").astype(object),
            }
        )
        euro = {"unit": "euro", "n": "counted"}
        frame.attrs["columns"] = {
            **as_text(frame["name"]),
            "raised": euro,
            "given": euro,
            "difference": euro,
            "declared": {"counts": "persons"},
            "counted": {"counts": "persons"},
            "agrees": {"labels": "agrees"},
        }
        return frame


def _returns(cost: np.ndarray, raised: np.ndarray) -> dict[str, np.ndarray]:
    spent = np.where(cost > 0, cost, np.nan)
    return {
        "cost_per_euro": cost / raised,
        "gross_return": raised / spent,
        "net_return": (raised - spent) / spent,
    }


def _columns(n: str) -> dict[str, dict[str, object]]:
    ratio: dict[str, dict[str, object]] = {
        name: {"unit": "ratio", "n": n, "header": header} for name, header in HEADERS.items()
    }
    bounds: dict[str, dict[str, object]] = {
        "low": {"low_of": "cost_per_euro"},
        "high": {"high_of": "cost_per_euro"},
    }
    return {"raised": {"unit": "euro", "n": n}, **ratio, **bounds}


def efficiency(
    campaigns: pd.DataFrame, gifts: pd.DataFrame | None = None, draws: int = DRAWS, seed: int = 1
) -> Efficiency:
    """Costs and money raised of campaigns (campaign, name, kind, cost, raised, donors; name_en: the name in English), with the gifts (donor, amount, currency, campaign) where they are recorded.

    Refused, all at once with their rows: columns missing, a campaign twice, a cost missing or negative; a gift in another currency, not above 0, without a donor, or to a
    campaign that is not there. Flagged, in the table and with its reason: an amount raised that is zero, negative or missing; gifts that do not add up to it.
    """
    required("campaigns", campaigns, ("campaign", "cost", "raised"))
    table = campaigns.reset_index(drop=True)
    cost, raised, declared = (numbers(table, name) for name in ("cost", "raised", "donors"))
    to = _gifts(gifts, table["campaign"])
    checks = [
        (table["campaign"].isna() | table.duplicated("campaign"), say("campagna senza nome o ripetuta", "a campaign without a name or twice"), ""),
        (~(cost >= 0), say("costo mancante o negativo", "cost missing or negative"), "≥ 0"),
    ]  # fmt: skip
    faults = [Fault(what, where("campaigns", mask), allowed) for mask, what, allowed in checks if mask.any()]
    faults += _gift_faults(gifts, table["campaign"])
    if draws < LEAST_DRAWS:
        faults.append(Fault(f"draws = {draws}", "campaigns", f"≥ {LEAST_DRAWS}"))
    if faults:
        raise EstimateError(faults)
    row, donor = pd.Index(table["campaign"]).get_indexer(to["campaign"]), pd.factorize(to["donor"])[0]
    sums = np.zeros((donor.max() + 1 if len(donor) else 0, len(table)))
    np.add.at(sums, (donor, row), to["amount"].to_numpy(dtype=float))
    given, counted = sums.sum(axis=0), (sums > 0).sum(axis=0)
    agree = (raised >= 0) & (np.abs(given - raised) <= TOLERANCE * raised)
    names = table.get("name", table["campaign"])
    rows = pd.DataFrame(
        {
            "campaign": table["campaign"],
            "name": bilingual(table.assign(name=names.where(names.notna(), table["campaign"])), "name"),
            "kind": codes(table, "kind").astype(object),
            "cost": cost,
            "raised": raised,
            "declared": declared,
            "counted": counted,
            "given": given,
            "sums": raised >= 0,
            "agree": agree,
        }
    )
    scale = np.where(agree, raised / np.where(given > 0, given, 1.0), np.nan)  # 0 where nothing was raised
    drawn = resample(sums, draws, seed) * scale
    by_kind = {kind: int((sums[:, (rows["kind"] == kind).to_numpy()] > 0).any(axis=1).sum())
               for kind in set(rows["kind"])}  # fmt: skip
    return Efficiency(rows, drawn, by_kind)


def _gifts(gifts: pd.DataFrame | None, campaigns: pd.Series) -> pd.DataFrame:
    """The gifts that were made to a campaign, amounts as numbers."""
    if gifts is None or not len(gifts):
        return pd.DataFrame({"donor": [], "amount": [], "campaign": []})
    required("gifts", gifts, ("donor", "amount", "campaign"))
    table = gifts.assign(amount=numbers(gifts, "amount"))
    return table[table["campaign"].isin(campaigns.dropna())]


def _gift_faults(gifts: pd.DataFrame | None, campaigns: pd.Series) -> list[Fault]:
    if gifts is None or not len(gifts):
        return []
    amount = numbers(gifts, "amount")
    lost = gifts["campaign"].notna() & ~gifts["campaign"].isin(campaigns.dropna())
    checks = [
        (foreign(gifts), say("altra valuta", "another currency"), CURRENCY),
        (~(amount > 0), say("importo mancante o non positivo", "amount missing or not above 0"), "> 0"),
        (gifts["donor"].isna(), say("manca il donatore", "the donor is missing"), ""),
        (lost, say("campagna sconosciuta", "unknown campaign"), "campaigns"),
    ]
    return [Fault(what, where("gifts", mask), allowed) for mask, what, allowed in checks if mask.any()]


def resample(sums: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Sums by campaign, (draws, C), of gifts by donor and campaign, (D, C), each donor with a Poisson weight of mean 1."""
    rng = np.random.Generator(np.random.PCG64(seed))
    size = max(1, BLOCK // max(1, len(sums)))
    blocks = [min(size, draws - start) for start in range(0, draws, size)]
    return np.concatenate([rng.poisson(1.0, (count, len(sums))) @ sums for count in blocks])


@dataclass(frozen=True)
class Comparison:
    """Cost to raise a euro of one kind of campaign minus that of another, with its interval; `n` campaigns or donors behind it, `cells` of each kind; `basis`: what varies."""

    one: str
    other: str
    estimate: float
    low: float
    high: float
    n: int
    cells: tuple[int, int]
    basis: str

    def table(self) -> pd.DataFrame:
        """One row: the two kinds, difference with its interval, n, basis."""
        counted = "persons" if self.basis == DONORS else "things"
        frame = pd.DataFrame(
            {"one": [self.one], "other": [self.other], "difference": [self.estimate], "low": [self.low],
             "high": [self.high], "n": [self.n], "basis": [self.basis]}
        )  # fmt: skip
        frame.attrs["columns"] = {
            "one": {"labels": "campaign_kind"},
            "other": {"labels": "campaign_kind"},
            "difference": {"unit": "ratio", "n": "n"},
            "low": {"low_of": "difference"},
            "high": {"high_of": "difference"},
            "n": {"counts": counted},
            "basis": {"labels": "interval_basis"},
        }
        return frame


def compare(found: Efficiency, one: str, other: str) -> Comparison:
    """Difference of the cost to raise a euro between two kinds of campaign, `one` minus `other`.

    Interval: resampled donors where gifts account for both kinds (a donor to both has one weight); else the jackknife variances of the two ratios and Student's t with
    the degrees of freedom of Welch and Satterthwaite; missing where either kind has one campaign. Refused: the same kind twice, a kind without campaigns or
    that raised nothing.
    """
    from scipy import stats

    if one == other:
        raise EstimateError(Fault(say(f"«{one}» con sé stesso", f"'{one}' with itself"), "campaigns"))
    pair = [found.places(kind) for kind in (one, other)]
    own = [found.rows.iloc[places] for places in pair]
    idle = [kind for kind, rows in zip((one, other), own) if not rows["raised"].sum() > 0]
    if idle:
        names = ", ".join(idle)
        raise EstimateError(Fault(say(f"«{names}»: nulla raccolto", f"'{names}': nothing raised"), "campaigns", "> 0"))  # fmt: skip
    ratios = [float(rows["cost"].sum() / rows["raised"].sum()) for rows in own]
    estimate = ratios[0] - ratios[1]
    drawn = [found._resampled(places) for places in pair]
    if drawn[0] is not None and drawn[1] is not None:
        low, high = intervals.percentiles(drawn[0] - drawn[1])
        cells = (found.donors_of[one], found.donors_of[other])
        return Comparison(one, other, estimate, low, high, sum(cells), cells, DONORS)
    logs = [intervals.log_jackknife(rows["cost"].to_numpy(), rows["raised"].to_numpy()) for rows in own]
    variance = np.array([ratio**2 * log[1] for ratio, log in zip(ratios, logs)])
    cells = (len(own[0]), len(own[1]))
    if np.isnan(variance).any() or not variance.sum() > 0:
        return Comparison(one, other, estimate, float("nan"), float("nan"), sum(cells), cells, NONE)
    free = variance.sum() ** 2 / (variance**2 / (np.array(cells) - 1)).sum()
    reach = float(stats.t.ppf((1 + intervals.LEVEL) / 2, free) * np.sqrt(variance.sum()))
    return Comparison(one, other, estimate, estimate - reach, estimate + reach, sum(cells), cells, CAMPAIGNS)

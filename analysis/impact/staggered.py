"""Effects of an intervention that units take up at different times: by group and time, their means, event study and test of trends before.

ATT(g, t) and its analytic error come from diff-diff (Callaway & Sant'Anna 2021; outcome regression, no covariates, base period g − 1, before adoption t − 1).
influence.py gives what the package does not: the covariance of all effects, hence means by calendar and over groups, and the joint test; every fit
holds the two computations against each other. Assumed: without the intervention treated units would have changed as the controls did, and none reacted before.
Errors are the analytic ones; intervals are from t with as many degrees of freedom as the smaller side has clusters, less one, since that side's mean is
what is least known (with the normal law 95 % intervals of a dozen treated units hold the truth in some 92 % of panels). A row to which fewer
than `effect.LEAST` treated or control clusters contribute keeps its estimate and loses error, interval and p value.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.impact import effect as effects
from analysis.impact import influence, regression
from analysis.impact.effect import Clusters, Effect
from analysis.impact.influence import Cells
from analysis.impact.panel import Panel, read

AGGREGATES = ("simple", "event", "group", "calendar")
MANY = 20  # treated clusters in the smallest group from which the chi-squared law of the joint test is near enough (size .07 at .05 there, .20 with 10, .50 with 4)
SAME = 1e-8


@dataclass(frozen=True)
class PreTrend:
    """Joint Wald test that the effects before adoption are zero. law: "chi2", or "f" (Hotelling). p_value is None where it cannot be relied on."""

    test: str
    law: str
    statistic: float
    df: int
    p_value: float | None


@dataclass(frozen=True, eq=False)
class Staggered:
    """Group-time effects of one indicator. agreement: greatest difference between the package's estimates and errors and those of influence.py."""

    panel: Panel = field(repr=False)
    cells: Cells = field(repr=False)
    control: str
    engine: str
    agreement: float

    @property
    def cautions(self) -> tuple[str, ...]:
        """Codes: those of the clusters (effect.py), treated_from_start and incomplete_units where units were left out, not_estimable where effects lack controls."""
        left = set(self.panel.left_out["reason"])
        found = [code for code in ("treated_from_start", "incomplete_units") if code in left]
        return (*self.clusters.cautions, *found, *["not_estimable"] * bool(self.not_estimable))

    @cached_property
    def clusters(self) -> Clusters:
        return self._clusters(np.unique(self.panel.adopted[self.panel.adopted > 0]))

    @property
    def not_estimable(self) -> tuple[tuple[int, int], ...]:
        """Group and period of the effects that have no controls."""
        have = set(zip(self.cells.group.tolist(), self.cells.time.tolist()))
        every = [
            (int(g), int(t))
            for g in np.unique(self.panel.adopted[self.panel.adopted > 0])
            for t in self.panel.periods[1:]
        ]
        return tuple(pair for pair in every if pair not in have)

    def covariance(self, values: np.ndarray) -> np.ndarray:
        """Covariance of effects from their influence values, between clusters where the panel names them."""
        return influence.covariance(values, self.panel.cluster)

    def overall(self, kind: str = "simple") -> Effect:
        """One mean of the effects after adoption: simple (all, by size of group), event (mean over periods since adoption), group, calendar."""
        if kind not in AGGREGATES:
            what = say(f"media «{kind}» sconosciuta", f"unknown mean '{kind}'")
            raise EstimateError(Fault(what, "kind", ", ".join(AGGREGATES)))
        if kind == "simple":
            estimate, values = influence.simple(self.cells)
        elif kind == "group":
            estimate, values = influence.over_groups(self.cells)
        else:
            labels, several, each = (
                influence.event(self.cells) if kind == "event" else influence.calendar(self.cells)
            )
            after = labels >= 0 if kind == "event" else np.ones(len(labels), dtype=bool)
            estimate, values = several[after].mean(), each[:, after].mean(axis=1)
        se = float(np.sqrt(self.covariance(values[:, None])[0, 0]))
        used = self.cells.since >= 0
        clusters = self._clusters(np.unique(self.cells.group[used]))
        return effects.effect(
            f"staggered_{kind}", float(estimate), se, self._df(clusters), self._n(used), clusters,
            "influence", persons=self.panel.persons is not None, cautions=[c for c in self.cautions if c not in clusters.cautions],
        )  # fmt: skip

    def aggregates(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a kind of mean, as `overall`: design, estimate, se, low, high, p, n, clusters, treated_clusters."""
        return effects.stack([self.overall(kind) for kind in AGGREGATES], unit, digits)

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row an effect: adopted, semester, since, estimate, se, low, high, p, n, treated, controls, treated_clusters."""
        c = self.cells
        sets = [np.array([k]) for k in range(len(c.effect))]
        labels = {"adopted": c.group, "semester": c.time, "since": c.since}
        return self._frame(labels, c.effect, c.values, sets, unit, digits)

    def event(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a number of semesters since adoption, negative before: since, estimate, se, low, high, p, n, treated, controls, treated_clusters."""
        labels, estimate, values = influence.event(self.cells)
        sets = [np.flatnonzero(self.cells.since == label) for label in labels]
        return self._frame({"since": labels}, estimate, values, sets, unit, digits)

    def by_group(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a semester of adoption, the mean of its effects: adopted, estimate … as `table`."""
        labels, estimate, values = influence.groups(self.cells)
        sets = [np.flatnonzero((self.cells.group == g) & (self.cells.since >= 0)) for g in labels]
        return self._frame({"adopted": labels}, estimate, values, sets, unit, digits)

    def by_calendar(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a semester, the mean effect on the groups treated by then: semester, estimate … as `table`."""
        labels, estimate, values = influence.calendar(self.cells)
        sets = [np.flatnonzero((self.cells.time == t) & (self.cells.since >= 0)) for t in labels]
        return self._frame({"semester": labels}, estimate, values, sets, unit, digits)

    def cohorts(self) -> pd.DataFrame:
        """One row a semester of adoption (missing: not within the panel): adopted, units, clusters, n (fewest persons behind its values in a semester)."""
        labels = np.unique(self.panel.adopted)
        inside = [self.panel.adopted == g for g in labels]
        frame = pd.DataFrame(
            {
                "adopted": [str(g) if g else "never" for g in labels],
                "units": [int(mask.sum()) for mask in inside],
                "clusters": [len(np.unique(self._codes[mask])) for mask in inside],
            }
        )
        columns: dict[str, Any] = {
            "adopted": {"labels": "adopted"},
            "units": {"counts": "things"},
            "clusters": {"counts": "things"},
        }
        if self.panel.persons is not None:
            frame["n"] = [int(self.panel.persons[mask].sum(axis=0).min()) for mask in inside]
            columns["n"] = {"counts": "persons"}
        frame.attrs["columns"] = columns
        return frame

    def pretrends(self) -> tuple[PreTrend, PreTrend]:
        """Joint tests over all effects before adoption (chi-squared, as R's `did` prints it) and over their means by periods since adoption (F).

        The first needs many units in each group: its p value is None where the smallest has fewer than MANY clusters. The second
        puts W(m − q)/(q(m − 1)) to F(q, m − q), m the clusters of the smaller side, q its effects; None where m ≤ q or the clusters cannot bear it.
        Not rejecting is no proof of parallel trends. Refused: a panel without effects before adoption.
        """
        from scipy import stats

        before = np.flatnonzero(self.cells.since < 0)
        if not len(before):
            what = say(
                "nessun semestre prima dell'adozione, oltre alla base",
                "no semester before adoption, besides the base",
            )
            raise TooFewError(
                Fault(
                    what, "panel", say("adozione dal terzo semestre", "adoption from the third semester on")
                )
            )
        effect, values = self.cells.effect[before], self.cells.values[:, before]
        wald, q = self._wald(effect, values)
        smallest = min(self._clusters(np.array([g])).treated for g in np.unique(self.cells.group[before]))
        sure = smallest >= MANY and self.clusters.bear and np.isfinite(wald)
        cells = PreTrend("cells", "chi2", wald, q, float(stats.chi2.sf(wald, q)) if sure else None)
        labels, leads, several = influence.event(self.cells)
        wald, q = self._wald(leads[labels < 0], several[:, labels < 0])
        part = self._clusters(np.unique(self.cells.group[before]))
        m = min(part.treated, part.comparison)
        sure = m > q and part.bear and np.isfinite(wald)
        scaled = wald * (m - q) / (q * (m - 1)) if m > 1 else np.nan
        return cells, PreTrend("leads", "f", scaled, q, float(stats.f.sf(scaled, q, m - q)) if sure else None)

    def pretrend_table(self) -> pd.DataFrame:
        """One row a test: test, law, statistic, df (effects tested), p, n."""
        tests = self.pretrends()
        n = self._n(self.cells.since < 0)
        frame = pd.DataFrame(
            {
                "test": [one.test for one in tests],
                "law": [one.law for one in tests],
                "statistic": [one.statistic for one in tests],
                "df": [one.df for one in tests],
                "p": [np.nan if one.p_value is None else one.p_value for one in tests],
                "n": n,
            }
        )
        frame.attrs["columns"] = {
            "test": {"labels": "pretrend_test"},
            "law": {"labels": "law"},
            "statistic": {"unit": "number", "digits": 2, "n": "n"},
            "df": {"counts": "things"},
            "p": {"unit": "p", "n": "n"},
            "n": {"counts": self._counts},
        }
        return frame

    def two_way(self) -> Effect:
        """The coefficient of two-way fixed effects, shown only to say why not: with effects that differ by group or grow over time it
        weighs some of them negatively (Goodman-Bacon 2021). Errors by unit, or by the panel's clusters."""
        y, periods = self.panel.y, self.panel.periods
        treated = ((self.panel.adopted[:, None] <= periods) & (self.panel.adopted[:, None] > 0)).astype(float)
        left = [x - x.mean(axis=1, keepdims=True) - x.mean(axis=0) + x.mean() for x in (y, treated)]
        frame = pd.DataFrame(
            {"y": left[0].ravel(), "treated": left[1].ravel(), "cluster": np.repeat(self._codes, y.shape[1])}
        )
        found = regression.fit(frame, "y", ["treated"], "cluster", "cluster", "panel")
        estimate, se = found.at("treated")
        se *= float(
            np.sqrt((y.size - 2) / (y.size - y.shape[0] - y.shape[1]))
        )  # the units' and periods' own levels are coefficients too
        return effects.effect(
            "two_way", estimate, se, found.df, self._n(np.ones(len(self.cells.group), dtype=bool)), self.clusters, "cluster",
            persons=self.panel.persons is not None, cautions=("why_not",),
        )  # fmt: skip

    @property
    def _codes(self) -> np.ndarray:
        return np.arange(len(self.panel.units)) if self.panel.cluster is None else self.panel.cluster

    @property
    def _counts(self) -> str:
        return "persons" if self.panel.persons is not None else "things"

    def _clusters(self, groups: np.ndarray) -> Clusters:
        """Clusters of the units that adopted in `groups` and of the units that serve as controls."""
        adopted, codes = self.panel.adopted, self._codes
        treated = len(np.unique(codes[np.isin(adopted, groups)]))
        controls = adopted == 0
        if self.control == "not_yet" and len(groups):
            controls |= adopted > groups.min()
        return Clusters(len(np.unique(codes)), treated, len(np.unique(codes[controls])))

    def _df(self, clusters: Clusters) -> float:
        return float(max(min(clusters.treated, clusters.comparison) - 1, 1))

    def _n(self, chosen: np.ndarray) -> int:
        """Fewest persons behind any mean that enters the chosen effects; units treated where the panel does not say persons."""
        c, p = self.cells, self.panel
        if p.persons is None:
            return int(np.isin(p.adopted, c.group[chosen]).sum())
        treated = [p.persons[p.adopted == g].sum(axis=0) for g in np.unique(c.group[chosen])]
        controls = p.persons[
            (p.adopted == 0) if (p.adopted == 0).any() else p.adopted == p.adopted.max()
        ].sum(axis=0)
        return int(min(totals.min() for totals in (*treated, controls)))

    def _wald(self, effect: np.ndarray, values: np.ndarray) -> tuple[float, int]:
        matrix = self.covariance(values)
        if np.linalg.matrix_rank(matrix, hermitian=True) < len(effect):
            return float("nan"), len(effect)
        return float(effect @ np.linalg.solve(matrix, effect)), len(effect)

    def _frame(
        self, labels: dict[str, np.ndarray], estimate: np.ndarray, values: np.ndarray, sets: Sequence[np.ndarray], unit: str, digits: int | None
    ) -> pd.DataFrame:  # fmt: skip
        errors = np.sqrt(np.diag(self.covariance(values)))
        rows = []
        for value, se, chosen in zip(estimate, errors, sets):
            clusters = self._clusters(np.unique(self.cells.group[chosen]))
            n = self._n(np.isin(np.arange(len(self.cells.group)), chosen))
            one = effects.effect("staggered", value, float(se), self._df(clusters), n, clusters, "influence")
            treated = int(np.isin(self.panel.adopted, self.cells.group[chosen]).sum())
            rows.append((one, treated, int(self.cells.controls[chosen].min())))
        frame = effects.stack([one for one, *_ in rows], unit, digits)[
            ["estimate", "se", "low", "high", "p", "n", "treated_clusters"]
        ]
        frame = pd.DataFrame({**{name: values.astype(int) for name, values in labels.items()}, **frame})
        frame.insert(len(labels) + 6, "treated", [treated for _, treated, _ in rows])
        frame.insert(len(labels) + 7, "controls", [controls for *_, controls in rows])
        known = effects.specification(unit, digits, self._counts)
        frame.attrs["columns"] = {
            **{name: {"unit": "position", "digits": 0} for name in labels},
            **{name: known[name] for name in frame.columns if name in known},
            "treated": {"counts": "things"},
            "controls": {"counts": "things"},
        }
        return frame


def fit(panel: pd.DataFrame, indicator: str, control: str = "never", table: str = "panel") -> Staggered:
    """The group-time effects of `indicator` from rows of unit, cluster (may be missing), indicator, semester, adopted (missing: never), value, n (may be missing).

    Units that adopted in the first semester or before, and units without a value in every semester, are left out and listed. Units count alike,
    whatever the persons behind them. control: "never" (units that do not adopt within the panel) or "not_yet" (also those that adopt later).
    Refused: what `panel.read` refuses, an unknown control, no unit of the kind of control asked for.
    """
    found = read(panel, indicator, table)
    if control not in influence.CONTROLS:
        what = say(f"confronto «{control}» sconosciuto", f"unknown control '{control}'")
        raise EstimateError(Fault(what, "control", ", ".join(influence.CONTROLS)))
    if control == "never" and not (found.adopted == 0).any():
        what = say("nessuna unità che non adotta", "no unit that does not adopt")
        step = say("Usate control=\"not_yet\": il confronto è con chi adotta dopo.", "Use control=\"not_yet\": the comparison is with those that adopt later.")  # fmt: skip
        raise EstimateError(Fault(what, f"{table}, adopted", next_step=step))
    if len(np.unique(found.adopted)) < 2:
        what = say("tutte le unità adottano nello stesso semestre", "all units adopt in the same semester")
        step = say("Senza confronto resta la variazione (change.paired), che non è un effetto.", "Without a comparison there is change (change.paired), which is no effect.")  # fmt: skip
        raise TooFewError(Fault(what, f"{table}, adopted", next_step=step))
    cells = influence.cells(found.y, found.periods, found.adopted, control)
    engine, estimates = _engine(found, control)
    errors = np.sqrt(np.diag(influence.covariance(cells.values, found.cluster)))
    other = np.array([estimates[g, t] for g, t in zip(cells.group.tolist(), cells.time.tolist())])
    apart = float(np.abs(other - np.column_stack([cells.effect, errors])).max())
    if not apart <= SAME * max(1.0, float(np.abs(found.y).max())):
        what = say(f"le due stime differiscono di {apart:.2g}", f"the two estimates differ by {apart:.2g}")
        raise EstimateError(Fault(what, f"{table}, {indicator}, {engine}", f"≤ {SAME:g}"))
    return Staggered(found, cells, control, engine, apart)


def _engine(
    panel: Panel, control: str, base: str = "varying"
) -> tuple[str, dict[tuple[int, int], tuple[float, float]]]:
    """Name and version of the package, and its estimate and error of each effect."""
    found = package_fit(panel, control, base)
    from diff_diff import __version__

    return f"diff-diff {__version__}", {
        (int(g), int(t)): (float(cell["effect"]), float(cell["se"]))
        for (g, t), cell in found.group_time_effects.items()
    }


def package_fit(panel: Panel, control: str, base: str) -> Any:
    """The fit of diff-diff for this panel. Its warning of effects without controls is ours to tell (`Staggered.not_estimable`)."""
    from diff_diff import CallawaySantAnna

    n, periods = panel.y.shape
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), periods),
            "semester": np.tile(panel.periods, n),
            "value": panel.y.ravel(),
            "adopted": np.repeat(panel.adopted, periods),
            "cluster": np.repeat(panel.cluster if panel.cluster is not None else np.arange(n), periods),
        }
    )
    engine = CallawaySantAnna(
        control_group={"never": "never_treated", "not_yet": "not_yet_treated"}[control], estimation_method="reg",
        base_period=base, cluster=None if panel.cluster is None else "cluster",
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*cell\(s\) could not be estimated", UserWarning)
        return engine.fit(frame, outcome="value", unit="unit", time="semester", first_treat="adopted")

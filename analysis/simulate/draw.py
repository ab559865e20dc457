"""Drawing a whole study from known truth: pure tables first, then a folder that keeps every contract."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import Fault, ParameterError, say
from analysis.simulate import (
    codebook,
    declare,
    evaluation,
    giving,
    means,
    network,
    progress,
    respondents,
    results,
    territory,
    write,
)
from analysis.simulate import truth as truths
from analysis.simulate.calendar import Calendar

DEFAULT_SEED = 42


@dataclass(frozen=True)
class Drawn:
    """A study drawn from known truth: its tables by name, and its survey by wave (as written, with missing codes)."""

    seed: int
    scale: float
    truth: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    waves: dict[int, pd.DataFrame]
    companies: pd.DataFrame


def catalogue() -> dict[str, Any]:
    """The invented names and texts."""
    return tomllib.loads(Path(__file__).with_name("catalogue.toml").read_text(encoding="utf-8"))


def scenarios() -> str:
    """The text of scenarios.toml: take-up and cost of the invented method, the same in every draw."""
    return Path(__file__).with_name("scenarios.toml").read_text(encoding="utf-8")


def draw(seed: int = DEFAULT_SEED, scale: float = 1.0, truth: Mapping[str, Any] | None = None) -> Drawn:
    """Every table and both waves of a study, from one seed. `truth` overrides parameters (see `truth.toml`); `scale` multiplies respondents."""
    _check(seed, scale)
    p, texts, when = truths.load(truth), catalogue(), Calendar()
    source = texts["texts"]["row_source"].format(seed=seed)
    neutral = texts["texts"]["neutral_source"].format(seed=seed)
    valued = texts["texts"]["value_source"].format(source=neutral)
    quarters = list(p["quarters"]["names"])
    towns = territory.municipalities(p, texts, seed)
    population = int(territory.inhabitants(towns).iloc[0])
    people = network.actors(p, texts, seed, quarters)
    offices = network.units(p, texts, seed, people, source)
    meetings = network.events(p, texts, seed, when, people, source)
    came = network.attendance(p, seed, people, meetings)
    people.insert(8, "joined", network.joining(seed, people, meetings, came, when))
    people["source"] = source
    mediated = network.mediation(p, texts, seed, when, people, meetings, came)
    demand = progress.needs(p, texts, seed, when, quarters, source)
    supply = progress.assets(p, texts, seed, when, people)
    history, ideas = progress.ideas(p, texts, seed, when, people)
    offers = progress.services(seed, when, people, history, ideas, source)
    listed = results.statements(texts, source)
    asked = means.campaigns(p, texts, seed, when)
    users = results.served(p, seed, when, offers)
    cases = evaluation.caseload(p, seed, when, offers, users)
    once = results.reached(p, seed, source)
    firms = evaluation.panel(p, seed, people, _counted(texts, "panel"))
    companies = sampled_companies(p, seed, people)
    first, latent = respondents.wave_one(p, seed, companies, population, scale)
    waves = {1: first, 2: respondents.wave_two(p, seed, first, latent)}
    tables = {
        "actors": people,
        "units": offices,
        "practices": results.practices(texts, seed, source),
        "events": meetings,
        "participation": network.participation(p, seed, people, offices, meetings, came),
        "mediation": mediated,
        "needs": demand,
        "assets": supply,
        "matches": progress.matches(p, seed, when, demand, supply, mediated),
        "ideas": history,
        "services": offers,
        "statements": listed,
        "votes": results.votes(p, texts, seed, listed),
        "roles": network.roles(p, seed, when, people),
        "ties": network.ties(p, seed, when, people, meetings, came, mediated),
        "money": means.money(p, texts, seed, when, people),
        "actions": means.actions(p, texts, seed, when, people),
        "people": means.volunteers(p, seed, when),
        "campaigns": asked,
        "proposals": giving.proposals(p, texts, seed, when, people),
        "gifts": giving.gifts(p, seed, asked),
        "shifts": means.shifts(p, seed, when, offers),
        "wages": means.wages(p, texts, neutral),
        "call_rules": giving.call_rules(p, texts, neutral),
        "panel": firms,
        "caseload": cases,
        "outcome_values": evaluation.outcome_values(
            p, texts, offers, cases, int(once["persons"].sum()), valued
        ),
        "logframe": results.logframe(texts),
        "costs": means.costs(p, seed, when, offers),
        "maturity": results.maturity(p, texts, seed),
        "reached": once,
        "territory": towns,
        "places": territory.quarters(p, texts, population, texts["texts"]["benchmark_source"]),
        "benchmarks": results.benchmarks(p, texts, when.start.year + 1),
    }
    surveys = {
        "conflict": _conflict(p, waves),
        "panel": evaluation.panel_means(firms, when),
        "recommends": evaluation.recommends(p, seed, when, cases),
    }
    values = results.outcomes(texts, when, tables, users, surveys)
    tables["outcomes"] = values
    tables["indicators"] = results.indicators(p, texts, when, values, source)
    return Drawn(seed, scale, p, tables, waves, companies)


def _counted(texts: Mapping[str, Any], how: str) -> str:
    """The indicator of the catalogue that is counted in this way."""
    return next(entry["indicator"] for entry in texts["indicators"] if entry["how"] == how)


def sampled_companies(truth: Mapping[str, Any], seed: int, people: pd.DataFrame) -> pd.DataFrame:
    """The companies whose workers are surveyed: company, stratum (size), employees, in_frame (companies of that size in the frame)."""
    rng = write.stream(seed, "companies")
    wanted, bounds = truth["sample"]["sampled_companies"], truth["sample"]["employees"]
    firms = people.loc[
        people["size"].isin(list(wanted)) & people["type"].eq("profit"), ["actor", "size"]
    ].reset_index(drop=True)
    low, high = np.array([bounds[size] for size in firms["size"]], dtype=float).T
    firms["employees"] = np.rint(
        np.exp(np.log(low) + (np.log(high) - np.log(low)) * rng.random(len(firms)))
    ).astype(int)
    firms["in_frame"] = firms.groupby("size")["actor"].transform("size")
    firms["luck"] = rng.random(len(firms))
    firms["rank"] = firms.groupby("size")["luck"].rank()
    chosen = firms.loc[firms["rank"] <= firms["size"].map(wanted)].sort_values("actor", ignore_index=True)
    return chosen.rename(columns={"actor": "company", "size": "stratum"})[
        ["company", "stratum", "employees", "in_frame"]
    ]


def _conflict(truth: Mapping[str, Any], waves: Mapping[int, pd.DataFrame]) -> pd.DataFrame:
    """Mean work-to-family conflict of the employed users in each wave: date, value, n."""
    items = [f"wfc{i}" for i in range(1, len(truth["conflict"]["wfc"]["loadings"]) + 1)]
    rows = []
    for number, frame in waves.items():
        answers = frame.loc[frame["frame"].eq("users"), items].to_numpy(dtype=float, na_value=np.nan)
        scores = pd.DataFrame(answers).where(answers <= 7).mean(axis=1)
        rows.append(
            (
                pd.Timestamp(truth["waves"]["dates"][number - 1]),
                round(float(scores.mean()), 3),
                int(scores.count()),
            )
        )
    return pd.DataFrame(rows, columns=["date", "value", "n"])


def draw_study(
    folder: Path | str,
    seed: int = DEFAULT_SEED,
    scale: float = 1.0,
    truth: Mapping[str, Any] | None = None,
    replace: bool = False,
) -> Drawn:
    """Draw a study and write it to `folder`: study.toml, every table as CSV, survey/, scenarios.toml, README.md.

    Returns what was drawn.

    A folder that holds anything is refused, unless `replace` and what it holds is itself a simulated study: then the
    files drawn here are written anew and others (such as texts/) are left alone.
    """
    folder = Path(folder)
    _check(seed, scale)
    _may_write(folder, replace)
    drawn = draw(seed, scale, truth)
    texts, when = catalogue(), Calendar()
    identifier = _identifier(folder.resolve().name)
    written = {
        "study.toml": declare.study(drawn.truth, texts, identifier, seed, when),
        "survey/codebook.toml": codebook.codebook(drawn.truth, seed, drawn.companies),
        "scenarios.toml": scenarios(),
        "README.md": declare.readme(drawn.truth, texts, identifier, seed, scale),
    }
    (folder / "survey").mkdir(parents=True, exist_ok=True)
    for name, frame in drawn.tables.items():
        write.table(folder / f"{name}.csv", frame)
    for number, frame in drawn.waves.items():
        write.table(folder / "survey" / f"wave{number}.csv", frame)
    for name, text in written.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return drawn


def _check(seed: int, scale: float) -> None:
    faults = []
    if not isinstance(seed, int) or seed < 0:
        faults.append(
            Fault(
                say(f"{seed!r} non va bene", f"{seed!r} will not do"),
                "seed",
                say("un intero da 0 in su", "an integer from 0 up"),
            )
        )
    if not 0.05 <= scale <= 5000:
        faults.append(
            Fault(
                say(f"{scale!r} non va bene", f"{scale!r} will not do"),
                "scale",
                say("da 0,05 a 5000", "from 0.05 to 5000"),
            )
        )
    if faults:
        raise ParameterError(faults)


def _may_write(folder: Path, replace: bool) -> None:
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    settings = folder / "study.toml"
    simulated = (
        settings.is_file()
        and tomllib.loads(settings.read_text(encoding="utf-8")).get("provenance") == "simulated"
    )
    if replace and simulated:
        return
    raise ParameterError(
        Fault(
            say("la cartella non è vuota", "the folder is not empty"),
            folder.name,
            say("una cartella nuova o vuota", "a new or empty folder"),
            say(
                "Scegliete una cartella nuova; da Python, replace=True riscrive uno studio simulato.",
                "Choose a new folder; from Python, replace=True writes a simulated study anew.",
            ),
        )
    )


def _identifier(name: str) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name.lower()).strip("-_")
    return kept or "simulated"

"""How the groups of respondents came into a survey, as study.toml says in `[sampling.…]`."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import say
from analysis.study.contracts import Label
from analysis.study.declared import Section

SAMPLINGS = ("probability", "census", "volunteer")


@dataclass(frozen=True)
class Sampling:
    """How one group of respondents came into the survey; strata (one variable, or several to be crossed), cluster, weight and fpc (how many
    clusters the population of the stratum has) name variables of the codebook; lonely: what becomes of a stratum with one
    cluster; later: the variables of later stages, each with cluster, fpc, strata."""

    kind: str
    frame: Label | None = None
    population: Label | None = None
    response_rate: float | None = None
    strata: str | tuple[str, ...] = ""
    cluster: str = ""
    weight: str = ""
    fpc: str = ""
    lonely: str = ""
    later: tuple[dict[str, str], ...] = ()

    def variables(self) -> list[tuple[str, str]]:
        """The variables of the design: what each is for, its name."""
        strata = [self.strata] if isinstance(self.strata, str) else self.strata
        own = [("strata", name) for name in strata] + [
            ("cluster", self.cluster),
            ("weight", self.weight),
            ("fpc", self.fpc),
        ]
        return [*own, *((f"later.{key}", name) for stage in self.later for key, name in stage.items())]


def samplings(top: Section) -> list[tuple[str, Sampling]]:
    found = []
    for name, item in top.sections("sampling"):
        kind = item.text("kind", required=True, choices=SAMPLINGS)
        found.append((name, Sampling(
            kind, item.label("frame", required=True), item.label("population", required=True), _response_rate(item),
            _strata(item), item.text("cluster"), item.text("weight"), item.text("fpc"),
            item.text("lonely", choices=("error", "adjust")), tuple(_later(item)),
        )))  # fmt: skip
        if kind == "volunteer" and found[-1][1].weight:
            item.break_(
                "weight",
                say(
                    "chi risponde di propria iniziativa non ha un peso di campionamento",
                    "volunteers have no sampling weight",
                ),
            )
        item.close()
    return found


def _strata(item: Section) -> str | tuple[str, ...]:
    names = item.texts("strata")
    return tuple(names) if len(names) > 1 else "".join(names)


def _later(item: Section) -> list[dict[str, str]]:
    found = []
    for _, stage in item.sections("later"):
        named = {
            "cluster": stage.text("cluster", required=True),
            "fpc": stage.text("fpc"),
            "strata": stage.text("strata"),
        }
        stage.close()
        found.append({key: name for key, name in named.items() if name})
    return found


def _response_rate(item: Section) -> float | None:
    kind = say('una quota fra 0 e 1, oppure "unknown"', 'a share from 0 to 1, or "unknown"')
    value = item.raw("response_rate", (int, float, str), kind, required=True)
    if value is None or value == "unknown":
        return None
    if isinstance(value, str) or not 0 < value <= 1:
        item.break_("response_rate", say(f"«{value}» non va bene", f"“{value}” will not do"), kind)
        return None
    return float(value)

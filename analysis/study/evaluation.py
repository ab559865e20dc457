"""What a study declares for its evaluation: `[fundraising]` and `[[comparisons]]` of study.toml.

What belongs here: the entries, checked for their form. What does not: which rows a comparison takes and what it finds (analysis.impact).
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import say
from analysis.study.contracts import Label
from analysis.study.declared import Section

DESIGNS = ("change", "difference", "weighting", "staggered")
LEAST_COMPARED = ("difference", "weighting")
CHOOSERS = ("units", "others")
SELF_SELECTED = ("weighting", "staggered")


@dataclass(frozen=True)
class Fundraising:
    """Cost of the whole programme, what is to be raised besides the lead funder and the cash at the start, in euros; the agreement with the funder, if named.

    edition: the edition of the call (table call_rules) under which the agreement was signed; 0 where the study does not say.
    """

    total_cost: float | None = None
    target: float | None = None
    reserve: float = 0.0
    agreement: Label | None = None
    edition: int = 0


@dataclass(frozen=True)
class Comparison:
    """One comparison that the study declares, by its design.

    outcome: a scale or variable of the survey or, for `staggered`, an indicator of the table panel; variable: the variable of the survey
    that tells the groups apart, with its codes in treated and comparison; cluster: the variable of the survey whose values were assigned
    together; covariates: variables of the survey measured before; reason: why units came to be treated; chosen_by: who decided it, the units
    themselves or others.
    """

    id: str
    design: str
    outcome: str
    title: Label
    reason: Label | None = None
    variable: str = ""
    treated: tuple[str, ...] = ()
    comparison: tuple[str, ...] = ()
    cluster: str = ""
    covariates: tuple[str, ...] = ()
    chosen_by: str = ""

    @property
    def self_selected(self) -> bool:
        """Whether the treated chose it themselves; where the study does not say, so it is held of weighting and staggered adoption."""
        return self.chosen_by == "units" or (not self.chosen_by and self.design in SELF_SELECTED)


def fundraising(top: Section) -> Fundraising | None:
    """The `[fundraising]` section."""
    section = top.section("fundraising")
    if section is None:
        return None
    total, target, reserve = (section.number(key, low=0) for key in ("total_cost", "target", "reserve"))
    agreement, edition = section.label("agreement"), section.number("edition", low=1)
    if edition is not None and edition != int(edition):
        what = say(f"{edition} non è intero", f"{edition} is not whole")
        section.break_("edition", what, say("un numero intero", "a whole number"))
    if edition is not None and agreement is None:
        what = say("manca la convenzione", "the agreement is missing")
        step = say("Le regole si verificano soltanto se lo studio nomina la sua convenzione.", "Rules are judged only where the study names its agreement.")  # fmt: skip
        section.break_("agreement", what, '{ it = "…", en = "…" }', step)
    section.close()
    return Fundraising(total, target, reserve or 0.0, agreement, int(edition or 0))


def comparisons(top: Section) -> tuple[Comparison, ...]:
    """The `[[comparisons]]` of study.toml, in order."""
    found: list[Comparison] = []
    for _, item in top.sections("comparisons"):
        entry = Comparison(
            id=item.text("id", required=True),
            design=item.text("design", required=True, choices=DESIGNS),
            outcome=item.text("outcome", required=True),
            title=item.label("title", required=True) or {"it": "", "en": ""},
            reason=item.label("reason"),
            variable=item.text("variable"),
            treated=tuple(item.texts("treated")),
            comparison=tuple(item.texts("comparison")),
            cluster=item.text("cluster"),
            covariates=tuple(item.texts("covariates")),
            chosen_by=item.text("chosen_by", choices=CHOOSERS),
        )
        if entry.design in LEAST_COMPARED:
            for key in ("variable", "treated", "comparison"):
                if not getattr(entry, key):
                    item.break_(key, say(f"manca, e «{entry.design}» ne ha bisogno", f"is missing, and “{entry.design}” needs it"))  # fmt: skip
        both = sorted(set(entry.treated) & set(entry.comparison))
        if both:
            what = say(f"{', '.join(both)}: in entrambi i gruppi", f"{', '.join(both)}: in both groups")
            item.break_("comparison", what, say("codici diversi da quelli di treated", "codes other than those of treated"))  # fmt: skip
        if entry.id and entry.id in {other.id for other in found}:
            item.break_("id", say(f"«{entry.id}» ripetuto", f"“{entry.id}” repeated"))
        item.close()
        found.append(entry)
    return tuple(found)

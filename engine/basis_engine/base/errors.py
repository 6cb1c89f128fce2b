"""The one exception a user's mistake raises; the command line turns it into one sentence and exit code 2."""

import re


class InputError(ValueError):
    """What was given, where, what is allowed and what to do, in one sentence.

    Words of more than 200 letters, which a mistaken file or value may hold, are cut, then sentences of more than 500,
    of which such a value is many words: they would hide the rest.
    """

    def __init__(self, sentence: str = "") -> None:
        words = re.sub(r"(\S{80})\S{81,}(\S{40})", r"\1...\2", sentence)
        super().__init__(re.sub(r"(?s)^(.{240}).{21,}(.{239})$", r"\1...\2", words))

"""The one exception a user's mistake raises; the command line turns it into one sentence and exit code 2."""


class InputError(ValueError):
    """What was given, where, what is allowed and what to do, in one sentence."""

"""What a user is told instead of a traceback."""


class UsageError(Exception):
    """One line; the program ends with exit code 2."""

"""With what a measuring verb ends, so that scripts can tell."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """0 to 3; each verb's --help has them."""

    FINE = 0
    NOT_FINE = 1
    """It was measured, and is not as it should be."""
    USAGE = 2
    NOT_MEASURED = 3
    """This host let nothing be sent, or there was nobody to send it to."""

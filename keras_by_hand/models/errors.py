"""What is said where a model, or a file, cannot be run."""

import functools


class CannotRun(ValueError):
    """A model, or a file, that cannot be run; the message is one line."""


class CannotRunLayer(CannotRun):
    """The same, of a layer that the message names."""


def first_line(error):
    """Return what an exception says, in a line; its class where it is mute."""
    return (str(error) or type(error).__name__).splitlines()[0]


def refusing(function):
    """Return a function of the library that raises CannotRun where it refuses
    what it is given. Any other exception is a defect of its own, and stays."""

    @functools.wraps(function)
    def refuse(*args, **keywords):
        try:
            return function(*args, **keywords)
        except CannotRun:
            raise
        except NotImplementedError as error:
            raise CannotRun(f"{error}: not known here") from None
        except (ArithmeticError, IndexError, TypeError, ValueError) as error:
            why = first_line(error)
            raise CannotRun(f"its input or weights do not fit: {why}") from None

    return refuse

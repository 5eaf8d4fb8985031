"""What is said where a model, or a file, cannot be run."""

import contextlib
import functools

from keras_by_hand.tracing.tape import NoGradient

LONGEST = 2000  # characters of a message
MOST = 10  # reasons in it


def shown(text):
    """Return a text in one line that is safe to print: what moves the cursor,
    turns text around or cannot be seen is written as an escape. Of a long one,
    the middle is left out."""
    text, half = str(text), LONGEST // 2
    if len(text) > LONGEST:
        text = f"{text[:half]} ... {text[-half:]}"
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode()
        for c in text
    )


class CannotRun(ValueError):
    """A model, or a file, that cannot be run; the message is one line."""

    def __init__(self, message):
        super().__init__(shown(message))


class CannotRunLayer(CannotRun):
    """The same, of layers that the message names.

    reasons: a line for each; then: what it says after them.
    """

    def __init__(self, *reasons, then=""):
        self.reasons = reasons
        said = [*reasons[:MOST]]
        if len(reasons) > MOST:
            said.append(f"and {len(reasons) - MOST} more")
        super().__init__("; ".join(said) + then)


def first_line(error):
    """Return what an exception says, in a line; its class where it is mute."""
    return (str(error) or type(error).__name__).splitlines()[0]


@functools.cache
def refusing(function):
    """Return a function of the library that raises CannotRun where it refuses
    what it is given. Any other exception is a defect of its own, and stays."""

    @functools.wraps(function)
    def refuse(*args, **keywords):
        try:
            return function(*args, **keywords)
        except (CannotRun, NoGradient):
            raise
        except (ArithmeticError, IndexError, TypeError, ValueError) as error:
            why = first_line(error)
            raise CannotRun(
                f"its input, weights or config do not fit: {why}"
            ) from None

    return refuse


@contextlib.contextmanager
def refusing_config(path):
    """Raise CannotRun, with the path of a file, for whatever goes wrong with
    its config."""
    try:
        yield
    except CannotRun as error:
        raise CannotRun(f"{path}: {error}") from None
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        RecursionError,
        TypeError,
        ValueError,
    ) as error:
        why = f"{type(error).__name__} {first_line(error)}"
        raise CannotRun(
            f"{path}: config.json does not tell of a model: {why}"
        ) from None

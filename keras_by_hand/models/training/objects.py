"""Objects of Keras as a file has them: what compile is told, by names, and by
classes with their configs."""

from typing import Any

from keras_by_hand.models.config import of_class


def saved_form(module: str, given: Any) -> Any:
    """Return losses, metrics or an optimizer, in lists and dicts, as
    compile_config has them.

    given: a name, such as "adam", stays; so does a dict with a class_name; a
    pair of a class and a config, ("Adam", {"learning_rate": 0.1}), becomes one.
    """
    if _is_pair(given):
        return of_class(module, *given)
    if isinstance(given, list | tuple):
        return [saved_form(module, part) for part in given]
    if isinstance(given, dict) and "class_name" not in given:
        return {key: saved_form(module, part) for key, part in given.items()}
    return given


def _is_pair(given):
    """Whether it is a class with its config."""
    return (
        isinstance(given, tuple)
        and len(given) == 2
        and isinstance(given[0], str)
        and isinstance(given[1], dict)
    )

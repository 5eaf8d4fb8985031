"""The names of Keras itself, and what each can be told."""

import keras

from gallery.keras_names import arguments, named


def check(covers):
    """Raise ValueError where Keras has nothing of the name that a fault covers."""
    name, _, part = covers.partition(".")
    places = [*named().values(), vars(keras), vars(keras.random), vars(keras.utils)]
    places += [vars(keras.models), vars(keras.quantizers), vars(keras.optimizers)]
    owner = next((place[name] for place in places if name in place), None)
    if owner is None:
        raise ValueError(f"{covers}: Keras has no {name}")
    if part and part not in arguments(owner) and not hasattr(owner, part):
        raise ValueError(f"{covers}: {name} has neither argument nor method {part}")

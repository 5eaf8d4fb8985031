"""What there is to cover: the names of Keras itself, and what each can be told."""

import keras

from gallery.keras_names import arguments, named


def find(covers):
    """Return what a fault covers, as (object, name of a part or None).

    Raises ValueError where Keras has no such name.
    """
    name, _, part = covers.partition(".")
    places = [*named().values(), vars(keras), vars(keras.random), vars(keras.utils)]
    places += [vars(keras.models), vars(keras.quantizers), vars(keras.optimizers)]
    owner = next((place[name] for place in places if name in place), None)
    if owner is None:
        raise ValueError(f"{covers}: Keras has no {name}")
    if part and part not in arguments(owner) and not hasattr(owner, part):
        raise ValueError(f"{covers}: {name} has neither argument nor method {part}")
    return owner, part or None

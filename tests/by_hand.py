"""The public functions of keras_by_hand by their names alone, wherever they stand: no name
stands for two.
"""

import importlib
import pkgutil

import keras_by_hand

for _found in pkgutil.walk_packages(keras_by_hand.__path__, "keras_by_hand."):
    _module = importlib.import_module(_found.name)
    globals().update(
        (name, thing)
        for name, thing in vars(_module).items()
        if getattr(thing, "__module__", "") == _found.name and not name.startswith("_")
    )

"""Write a model as a .keras file, which Keras 3 loads."""

import io
import json
import zipfile

import numpy as np

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.legacy.hard_sigmoid import HARD_SIGMOID

WRITTEN_AS = "3.15.1"  # the Keras whose form the file has
FIRST_DATE = 1980, 1, 1, 0, 0, 0  # of each member: files alike have equal bytes


def write_keras(file, config, weights):
    """Write a model to an open file, as read_file has it.

    config: as config.json of today; weights: a dict as nested as the groups of
    model.weights.h5, with "vars" a list of arrays. Raises CannotRun for what
    has no place in it.
    """
    import h5py  # here, as nothing else needs it

    check_of_today(config)

    held = io.BytesIO()
    with h5py.File(held, "w") as weights_file:
        write_group(weights_file, weights)
    members = {
        "metadata.json": json.dumps({"keras_version": WRITTEN_AS}),
        "config.json": json.dumps(config),
        "model.weights.h5": held.getvalue(),
    }
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, FIRST_DATE), data)


def check_of_today(saved):
    """Raise CannotRun for what only an older Keras loads, anywhere in a config:
    convert says it otherwise."""
    if isinstance(saved, list):
        for part in saved:
            check_of_today(part)
        return
    if not isinstance(saved, dict):
        return
    why, config = None, saved.get("config")
    if HARD_SIGMOID in saved.values():
        why = "hard_sigmoid has another slope since Keras 3"
    elif isinstance(config, dict) and "class_name" in saved:
        if "/" in str(config.get("name")):
            why = f"Keras 3 allows no / in a name, as in {config['name']}"
        elif isinstance(config.get("function"), list):
            why = f"Keras 3 loads no Lambda of Keras 2, as {config.get('name')}"
    if why:
        raise CannotRun(
            f"{why}: run keras-by-hand convert old.h5 new.keras first, and "
            "take the new file"
        )
    for part in saved.values():
        check_of_today(part)


def write_group(group, weights):
    """Write nested weights to a group of an HDF5 file."""
    for name, inner in weights.items():
        if name == "vocabulary":
            raise CannotRun("a vocabulary that adapt() learned is not written")
        if isinstance(inner, list):
            inner = {str(number): array for number, array in enumerate(inner)}
        if isinstance(inner, dict):
            write_group(group.create_group(name), inner)
        else:
            group[name] = np.asarray(inner)

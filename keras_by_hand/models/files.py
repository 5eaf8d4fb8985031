"""Read what the file of a model holds, whichever Keras wrote it."""

import contextlib
import io
import json
import os
import re
import zipfile
from typing import NamedTuple

from keras_by_hand.models.archives import (
    DAMAGED,
    damaged,
    identify_file,
    open_file,
    take_member,
)
from keras_by_hand.models.budget import Budget
from keras_by_hand.models.errors import CannotRun, first_line
from keras_by_hand.models.hdf5 import (
    read_attributes,
    read_group,
    read_optimizer_group,
)
from keras_by_hand.models.legacy.calls import has_old_calls
from keras_by_hand.models.legacy.models import (
    Writer,
    find_writer,
    groups_of_today,
    model_of_today,
    weights_of_today,
)
from keras_by_hand.models.tensorflow_js import (
    find_topology,
    read_manifest,
    weights_by_layer,
)

COPIES = 5  # of a text in memory: its bytes, and up to four for a character
LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # as str.splitlines has it
WEIGHTS = "model.weights.h5"  # in a .keras file
OF_TENSORFLOW = (
    "{} is {}, which holds a graph of TensorFlow: load it with the TensorFlow "
    'that wrote it, then model.save("model.h5")'
)


class Saved(NamedTuple):
    """A model as config.json of today has it, and its weights: a dict as nested
    as the groups of model.weights.h5, with "vars" a list of arrays; writer:
    which Keras wrote the file; notes: what differs since then; training: what
    it was compiled with, as an older Keras saved that, or None."""

    config: dict
    weights: dict
    writer: Writer
    notes: tuple = ()
    training: dict | None = None


class Found(NamedTuple):
    """What a file has: a config or None; weights, as groups of today, listed
    for each layer, [(name, arrays)], or by their own names, [(name, array)], or
    None; what else it tells."""

    config: dict | None
    groups: dict | None = None
    listed: list | None = None
    named: list | None = None
    told: dict = {}


def read_file(path, weights=None):
    """Return what a file holds of a model, a Saved.

    weights: the file that has its weights, where that is another one. Only what
    the files really hold is read: no other file, and no size that they claim.
    Raises CannotRun.
    """
    try:
        import h5py  # here, as nothing else needs it
    except ImportError:
        raise CannotRun(
            f"{path}: to read it needs h5py: pip install h5py"
        ) from None

    found = find_parts(path, h5py)
    held = found if weights is None else find_parts(weights, h5py)
    if found.config is None:
        raise CannotRun(
            f"{path} has weights alone: give the file of the model, too, as in "
            'load_model("model.json", weights="model.weights.h5")'
        )
    if held.groups is None and held.listed is None and held.named is None:
        raise CannotRun(
            f"{weights or path} has no weights: give the file that has, as in "
            'load_model("model.json", weights="model.weights.h5")'
        )
    try:
        return in_form_of_today(found, held)
    except CannotRun as error:
        raise CannotRun(f"{path}: {error}") from None
    except (*DAMAGED, ArithmeticError, AttributeError, LookupError) as error:
        raise CannotRun(
            f"{path}: its config does not tell of a model: "
            f"{type(error).__name__} {first_line(error)}"
        ) from None


def in_form_of_today(found, held):
    """Return a Saved of what two files have, or one: a model and weights."""
    notes, config, groups = [], found.config, held.groups
    training = found.told.get("training_config")
    writer = find_writer(config, found.told)
    is_old = (
        writer.is_before_3
        or found.listed is not None
        or found.named is not None
        or has_old_calls(config["config"])
    )
    if is_old:
        training = training or config.get("compile_config")
        config = model_of_today(config, writer, notes)
    if held.listed is not None:
        writer_of_weights = find_writer({}, held.told)
        groups = weights_of_today(config, held.listed, writer_of_weights)
    elif held.named is not None:
        groups = weights_by_layer(config, held.named, writer)
    elif is_old:
        groups = groups_of_today(config, groups)
    return Saved(config, groups, writer, tuple(notes), training)


def read_keras(file):
    """Return what an open .keras file of today holds, a Saved."""
    import h5py

    size = file.seek(0, io.SEEK_END)
    found = read_zip(file, Budget(size), h5py)
    return in_form_of_today(found, found)


def find_parts(path, h5py):
    """Return what a file has, a Found."""
    if os.path.exists(os.path.join(path, "saved_model.pb")):
        raise CannotRun(OF_TENSORFLOW.format(path, "a SavedModel"))
    if os.fspath(path).endswith((".index", ".ckpt", ".meta", ".pb")):
        raise CannotRun(OF_TENSORFLOW.format(path, "of a checkpoint"))
    file, budget = open_file(path)
    with file, refusing_damage(path):
        begin = file.read(16)
        file.seek(0)
        if begin.startswith(b"\x89HDF"):
            return read_hdf5(path, file, budget, h5py)
        if begin.lstrip()[:1] in (b"{", b'"'):
            return read_text(path, file, budget)
        return read_zip(file, budget, h5py)


@contextlib.contextmanager
def refusing_damage(path):
    """Raise CannotRun, with the path of a file, for whatever it has that cannot
    be read."""
    try:
        yield
    except CannotRun as error:
        raise CannotRun(f"{path}: {error}") from None
    except zipfile.BadZipFile as error:
        raise CannotRun(
            f"{path} is no .keras file, or damaged ({error}); write one by "
            "model.save()"
        ) from None
    except KeyError as missing:
        raise CannotRun(f"{path}: {missing.args[0]}") from None
    except (OSError, *DAMAGED) as error:  # OSError: so does HDF5 say it
        raise damaged(path, error) from None


def read_optimizer(path, identity):
    """Return the arrays of optimizer/vars of a .keras file, in order; an empty
    list where there are none.

    identity: that of the file when its model was read, by identify_file. Raises
    CannotRun where it is another one by now, and where it is damaged.
    """
    import h5py

    file, budget = open_file(path)
    with file, refusing_damage(path):
        if identify_file(file.fileno()) != identity:
            raise CannotRun(
                "it was written anew since its model was loaded: load it again"
            )
        with zipfile.ZipFile(file) as archive:
            data = archive.read(take_member(archive, WEIGHTS, budget))
        with h5py.File(io.BytesIO(data)) as weights_file:
            return read_optimizer_group(weights_file, budget, h5py)


# -- .keras


def read_zip(file, budget, h5py):
    """Return what a .keras file has."""
    with zipfile.ZipFile(file) as archive:
        told = {"keras_version": "3"}
        config = read_json(archive, "config.json", budget)
        if "metadata.json" in archive.namelist():
            metadata = read_json(archive, "metadata.json", budget)
            known = metadata if isinstance(metadata, dict) else {}
            told["keras_version"] = str(known.get("keras_version", "3"))
        member = take_member(archive, WEIGHTS, budget)
        with h5py.File(io.BytesIO(archive.read(member))) as weights_file:
            weights = read_group(weights_file, budget, set(), h5py)
        read_vocabularies(archive, weights, budget)
        return Found(config, groups=weights, told=told)


def read_json(archive, name, budget):
    """Return what a member of a zip file holds."""
    data = archive.read(take_member(archive, name, budget, COPIES))
    return parse_json(data, name, budget)


def parse_json(data, name, budget):
    """Return what JSON holds; its values are counted before any is made."""
    budget.take(name, nodes=sum(map(data.count, (b",", b"[", b"{"))))
    return json.loads(data)


def read_vocabularies(archive, weights, budget):
    """Put the vocabularies that lookups have learned beside the weights of
    their layers, as lists under the name "vocabulary"."""
    for name in archive.namelist():
        if re.fullmatch(r"assets/(layers/\w+/)+vocabulary\.txt", name):
            member = take_member(archive, name, budget, COPIES)
            group = weights
            for part in name.split("/")[1:-1]:
                group = group.setdefault(part, {})
                if not isinstance(group, dict):
                    raise CannotRun(f"{name}: it has no place in the file")
            text = archive.read(member).decode()
            budget.take(name, nodes=sum(map(text.count, LINE_ENDS)))
            group["vocabulary"] = text.splitlines()


# -- .h5 and .json


def read_text(path, file, budget):
    """Return what a .json file has: a config, or that in a text; or a layers
    model of TensorFlow.js."""
    data = file.read()
    budget.take("its text", bytes=COPIES * len(data))
    config = parse_json(data, "its text", budget)
    if isinstance(config, str):
        config = parse_json(config.encode(), "its text", budget)
    if isinstance(config, dict) and "modelTopology" in config:
        manifest = config.get("weightsManifest")
        config, told = find_topology(config)
        named = read_manifest(path, manifest) if manifest else None
        return Found(config, named=named, told=told)
    if not isinstance(config, dict) or "class_name" not in config:
        raise CannotRun("it holds no model: write it by model.to_json()")
    told = {k: config[k] for k in ("keras_version", "backend") if k in config}
    return Found(config, told=told)


def read_hdf5(path, file, budget, h5py):
    """Return what an .h5 file has: a model, or weights alone."""
    size = os.fstat(file.fileno()).st_size
    told = read_attributes(path, size, budget)
    if told.get("top"):
        raise CannotRun(
            "it has weights of the model itself, which only its code knows"
        )
    for key in {"model_config", "training_config"} & told.keys():
        data = told[key].encode()
        budget.take(key, bytes=COPIES * len(data))
        told[key] = parse_json(data, key, budget)
    config = told.get("model_config")
    with h5py.File(file) as held:
        group = held
        if told["is_whole"]:
            link = held.get("model_weights", getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise CannotRun("its weights link to another place")
            group = held["model_weights"]
        groups = read_group(group, budget, set(), h5py)
    if told["layers"] is None:
        return Found(config, groups=groups, told=told)
    listed = [
        (name, [find_array(groups, f"{name}/{inner}") for inner in names])
        for name, names in told["layers"]
    ]
    return Found(config, listed=listed, told=told)


def find_array(groups, path):
    """Return the array at a path of groups."""
    for name in path.split("/"):
        groups = groups.get(name) if isinstance(groups, dict) else None
    if groups is None or isinstance(groups, dict | list):
        raise CannotRun(f"weights {path} are not in the file")
    return groups

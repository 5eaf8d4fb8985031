"""Read what a .keras file holds."""

import io
import json
import math
import re
import zipfile

from keras_by_hand.models.archives import (
    DAMAGED,
    damaged,
    open_file,
    take_member,
)
from keras_by_hand.models.config import NUMBERS
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.legacy import is_of_keras_2, translated

COPIES = 5  # of a text in memory: its bytes, and up to four for a character
OBJECT = 25  # nodes; to look at an object of HDF5 takes as long as so many
LINE_ENDS = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # as str.splitlines has it


def read_file(path):
    """Return the config of a .keras file and its weights: a dict as nested as
    the groups of model.weights.h5, with "vars" a list of arrays.

    Only what the file really holds is read: no other file, and no size that it
    claims. Raises CannotRun.
    """
    try:
        import h5py  # here, as nothing else needs it
    except ImportError:
        raise CannotRun(
            f"{path}: to read it needs h5py: pip install h5py"
        ) from None

    file, budget = open_file(path)
    with file:
        check_kind(path, file)
        try:
            with zipfile.ZipFile(file) as archive:
                config = read_config(archive, budget)
                member = take_member(archive, "model.weights.h5", budget)
                with h5py.File(
                    io.BytesIO(archive.read(member))
                ) as weights_file:
                    weights = read_group(weights_file, budget, set(), h5py)
                read_vocabularies(archive, weights, budget)
                return config, weights
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


def check_kind(path, file):
    """Raise CannotRun for a model in another format than .keras."""
    if file.read(4) == b"\x89HDF":
        raise CannotRun(
            f"{path} is an HDF5 file, not a .keras file: load it with Keras, "
            'then model.save("model.keras"); of weights alone, build the model '
            "first"
        )


def read_config(archive, budget):
    """Return what config.json holds, in the words of today."""
    config = read_json(archive, "config.json", budget)
    if "metadata.json" in archive.namelist():
        metadata = read_json(archive, "metadata.json", budget)
        if is_of_keras_2(metadata):
            return translated(config)
    return config


def read_json(archive, name, budget):
    """Return what a member of a zip file holds; its values are counted before
    any is made."""
    data = archive.read(take_member(archive, name, budget, COPIES))
    budget.take(name, nodes=sum(map(data.count, (b",", b"[", b"{"))))
    return json.loads(data)


def read_group(group, budget, seen, h5py):
    """Return what a group of an HDF5 file holds, as read_file does.

    seen: where the objects are that were read, as one may have many names.
    """
    budget.take(group.name, nodes=OBJECT * len(group))
    found = {}
    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise CannotRun(
                f"weights {group.name}/{name} link to another place"
            )
        if group.name == "/" and name == "optimizer":
            continue  # of no use here, and often larger than all the others
        thing = group[name]
        address = h5py.h5o.get_info(thing.id).addr
        if address in seen:
            raise CannotRun(f"weights {thing.name} have another name, too")
        seen.add(address)
        if isinstance(thing, h5py.Group):
            found[name] = read_group(thing, budget, seen, h5py)
        elif isinstance(thing, h5py.Dataset):
            found[name] = read_array(thing, budget, h5py)
        else:
            raise CannotRun(f"weights {thing.name} are no array")
    if group.name.endswith("/vars") and all(map(str.isdigit, found)):
        numbers = [str(number) for number in range(len(found))]
        if set(found) != set(numbers):
            raise CannotRun(
                f"weights {group.name} are numbered {', '.join(sorted(found))}"
            )
        return [found[number] for number in numbers]
    return found


def read_array(dataset, budget, h5py):
    """Return the numbers of a dataset of HDF5, as Keras writes it: in one
    piece, which is in the file."""
    dtype, form = dataset.dtype, dataset.id.get_create_plist()
    size = math.prod(dataset.shape or ()) * dtype.itemsize
    if (
        form.get_layout() not in (h5py.h5d.COMPACT, h5py.h5d.CONTIGUOUS)
        or form.get_external_count()
        or dataset.id.get_storage_size() < size
    ):
        raise CannotRun(
            f"weights {dataset.name}: their numbers are not in the file, or "
            "not in one piece"
        )
    is_bfloat16 = dtype == "V2" and dataset.attrs.get("dtype") == "bfloat16"
    if dataset.shape is None or not (is_bfloat16 or dtype.name in NUMBERS):
        raise CannotRun(
            f"weights {dataset.name}: {dtype} is no dtype of weights"
        )
    budget.take(f"weights {dataset.name}", bytes=size)
    if not is_bfloat16:
        return dataset[()]
    budget.take(f"weights {dataset.name}", bytes=2 * size)
    halves = dataset[()].view("uint16").astype("uint32")
    return (halves << 16).view("float32")  # of which they are the upper half


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


def count_numbers(weights):
    """Return how many numbers there are in what read_file found for a layer."""
    if not isinstance(weights, dict | list):
        return getattr(weights, "size", 0)  # 0 for a token of a vocabulary
    inner = weights.values() if isinstance(weights, dict) else weights
    return sum(map(count_numbers, inner))

"""Files, written without Keras, that ask for more time or memory than they are worth:
each in some kilobytes, with what is said of it.

A function takes a folder, writes model.keras into it, and x.npy if the model needs
another input than ones, (1, 4).
"""

import io
import json
import zipfile
import zlib

import h5py
import numpy as np

LARGE = 10**9


def input_layer(*shape, dtype="float32"):
    return saved("InputLayer", "x", batch_shape=[None, *shape], dtype=dtype)


def saved(kind, name="layer", **config):
    """Return a layer as config.json has it."""
    config = {"name": name, **config}
    module = "keras.layers"
    return {"module": module, "class_name": kind, "name": name, "config": config}


def sequential(*layers):
    model = {"name": "model", "layers": layers}
    return {"module": "keras", "class_name": "Sequential", "config": model}


def call(layer, *sources):
    """Return a layer that is called with a list of the outputs of others."""
    config = {"shape": [None, 4], "dtype": "float32"}
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {**config, "keras_history": source},
        }
        for source in sources
    ]
    args = [tensors if len(tensors) > 1 else tensors[0]]
    return {**layer, "inbound_nodes": [{"args": args, "kwargs": {}}]}


def functional(layers, output):
    ends = {"input_layers": [["x", 0, 0]], "output_layers": [[output, 0, 0]]}
    model = {"name": "model", "layers": layers, **ends}
    return {"module": "keras", "class_name": "Functional", "config": model}


def write(folder, config, weights=None, **others):
    """Write model.keras of a config, a dict or a text, of what a function writes to an
    HDF5 file, and of other members, deflated."""
    with zipfile.ZipFile(folder / "model.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        text = config if isinstance(config, str) else json.dumps(config)
        archive.writestr("config.json", text)
        held = io.BytesIO()
        with h5py.File(held, "w") as file:
            if weights:
                weights(file)
        archive.writestr("model.weights.h5", held.getvalue())
        for name, data in others.items():
            archive.writestr(name, data)


def layers(*layers, shape=(4,)):
    """Return a function that writes a model of these layers, without weights."""

    def of_layers(folder):
        write(folder, sequential(input_layer(*shape), *layers))
        np.save(folder / "x.npy", np.ones((1, *shape), "float32"))

    return of_layers


def weights(function):
    """Return a function that writes a model whose weights a function writes."""
    return lambda folder: write(folder, sequential(input_layer(4)), function)


# -- HDF5


def doubling_links(file):
    group = file
    for _ in range(40):
        below = group.create_group("a")
        group["b"] = below
        group = below


def links_to_one_dataset(file):
    file["layers/a/vars/0"] = np.zeros(250_000, "float32")
    for number in range(3000):
        file[f"layers/{number}"] = file["layers/a/vars/0"]


def chunks_without_numbers(file):
    for number in range(1500):
        size = {"shape": (500_000,), "chunks": (500_000,)}
        file.create_dataset(f"layers/a/vars/{number}", dtype="f4", **size)


def zeros_never_written(file):
    for number in range(1500):
        file.create_dataset(f"layers/a/vars/{number}", (500_000,), "f4")


def filtered(file):
    zeros = np.zeros(2**25, "float32")
    file.create_dataset("layers/a/vars/0", data=zeros, compression="gzip")


def inflating_chunk(file):
    """What HDF5 unpacks to 200 MB, where a chunk has 200 kB."""
    packed = zlib.compress(bytes(200_000_000), 9)
    size = {"shape": (len(packed),), "chunks": (len(packed),)}
    dataset = file.create_dataset("a/vars/0", dtype="u1", compression="gzip", **size)
    dataset.id.write_direct_chunk((0,), packed)


def wide_chunk(file):
    """Of a dataset of 4 numbers."""
    size = {"shape": (4,), "maxshape": (None,), "chunks": (2**28,)}
    dataset = file.create_dataset("a/vars/0", dtype="f4", compression="gzip", **size)
    dataset.id.write_direct_chunk((0,), zlib.compress(bytes(16)))


def many_chunks(file):
    zeros = np.zeros(30_000, "float32")
    file.create_dataset("a/vars/0", data=zeros, chunks=(1,))


def filter_of_its_own(file):
    zeros = np.zeros(100, "float32")
    file.create_dataset("a/vars/0", data=zeros, compression="lzf")


def packed_once(file):
    """It would be in memory twice: as a member of the file, and as an array."""
    file["layers/a/vars/0"] = np.zeros(10_000_000, "float32")


def deflated_twice(file):
    for number in range(20):
        file[f"layers/a/vars/{number}"] = np.zeros(2**20, "float64")


def many_groups(file):
    for number in range(30_000):
        file.create_group(f"layers/{number}")


def many_names(file):
    group, held = file.create_group("layers"), file.create_group("one")
    for number in range(100_000):
        group[str(number)] = held


def deep_groups(file):
    file.create_group("/".join("a" * 5000))


# -- config.json and vocabularies


def many_dicts(folder):
    write(folder, '{"a": [' + "{}," * 33_000_000 + "{}]}")


def deep_json(folder):
    write(folder, "[" * 1_000_000 + "]" * 1_000_000)


def wide_text(folder):
    write(folder, '{"a": "\U0001f600' + "x" * 60_000_000 + '"}')


def long_number(folder):
    write(folder, '{"a": ' + "9" * 10_000_000 + "}")


def long_name(folder):
    write(folder, sequential(input_layer(4), saved("Hologram", "n" * 1_000_000)))


def many_layers(folder):
    write(folder, sequential(input_layer(4), *[saved("Hologram", "a")] * 40_000))


def vocabularies(folder):
    words = {
        f"assets/layers/lookup{n}/vocabulary.txt": "\n" * 100_000_000 for n in range(4)
    }
    write(folder, sequential(input_layer(4)), **words)


def vocabulary_of_odd_lines(folder):
    text = "\u2028" * 4_000_000
    name = "assets/layers/string_lookup/vocabulary.txt"
    write(folder, sequential(input_layer(4)), **{name: text})


def constant_of_any_size(folder):
    value = {"value": 3, "dtype": f"({LARGE},)f4"}
    constant = {"class_name": "__numpy__", "config": value}
    layers(saved("Normalization", mean=constant, variance=[1.0]))(folder)


# -- Arguments


def doubling_inputs(folder):
    steps = [input_layer(4)]
    for number in range(60):
        source = [steps[-1]["name"], 0, 0]
        steps.append(call(saved("Concatenate", f"c{number}", axis=-1), source, source))
    write(folder, functional(steps, "c59"))


def many_inputs(folder):
    sources = [["repeat", 0, 0]] * 8_000
    repeat = call(saved("RepeatVector", "repeat", n=1_000_000), ["x", 0, 0])
    join = call(saved("Concatenate", "join", axis=1), *sources)
    write(folder, functional([input_layer(4), repeat, join], "join"))


def outer_sum(folder):
    steps = [
        input_layer(4),
        call(saved("RepeatVector", "repeat", n=1_000_000), ["x", 0, 0]),
        call(saved("Reshape", "row", target_shape=[1, -1]), ["repeat", 0, 0]),
        call(saved("Reshape", "column", target_shape=[-1, 1]), ["repeat", 0, 0]),
        call(saved("Add", "sum"), ["row", 0, 0], ["column", 0, 0]),
    ]
    write(folder, functional(steps, "sum"))


def operator(name, module="numpy", **arguments):
    """Return a function that writes a model of an operator of a module of keras.ops."""

    def of_operator(folder):
        step = call(saved(name, "operator"), ["x", 0, 0])
        step["module"] = f"keras.src.ops.{module}"
        step["inbound_nodes"][0]["kwargs"] = arguments
        write(folder, functional([input_layer(4), step], "operator"))

    return of_operator


def ngrams(folder):
    config = {"ngrams": LARGE, "vocabulary": ["a", "b"], "output_mode": "int"}
    vectors = saved("TextVectorization", split="whitespace", **config)
    write(folder, sequential(input_layer(1, dtype="string"), vectors))
    np.save(folder / "x.npy", np.array([["a b " * 50]]))


def long_rows(folder):
    config = {"output_sequence_length": LARGE, "vocabulary": ["a", "b"]}
    vectors = saved("TextVectorization", split="whitespace", **config)
    write(folder, sequential(input_layer(1, dtype="string"), vectors))
    np.save(folder / "x.npy", np.array([["a b"]]))


DAMAGED = {
    "doubling_links": (weights(doubling_links), "have another name"),
    "links_to_one_dataset": (weights(links_to_one_dataset), "have another name"),
    "chunks_without_numbers": (weights(chunks_without_numbers), "not in the file"),
    "zeros_never_written": (weights(zeros_never_written), "not in the file"),
    "filtered": (weights(filtered), "too large for a file of this size"),
    "inflating_chunk": (weights(inflating_chunk), "not as long as the file says"),
    "wide_chunk": (weights(wide_chunk), "too large for a file of this size"),
    "many_chunks": (weights(many_chunks), "too many parts"),
    "filter_of_its_own": (weights(filter_of_its_own), "packed by lzf, which is not"),
    "packed_once": (weights(packed_once), "too large for a file of this size"),
    "deflated_twice": (weights(deflated_twice), "too large for a file of this size"),
    "many_groups": (weights(many_groups), "too many parts"),
    "many_names": (weights(many_names), "too many parts"),
    "deep_groups": (weights(deep_groups), "damaged"),
    "many_dicts": (many_dicts, "too large for a file of this size"),
    "deep_json": (deep_json, "too many parts"),
    "wide_text": (wide_text, "too large for a file of this size"),
    "long_number": (long_number, "Exceeds the limit"),
    "long_name": (long_name, "no function of this file computes it"),
    "many_layers": (many_layers, "and 39990 more"),
    "vocabularies": (vocabularies, "too large for a file of this size"),
    "vocabulary_of_odd_lines": (vocabulary_of_odd_lines, "too many parts"),
    "constant_of_any_size": (constant_of_any_size, "is not known here"),
}

GREEDY = {
    "doubling_inputs": doubling_inputs,
    "many_inputs": many_inputs,
    "outer_sum": outer_sum,
    "ngrams": ngrams,
    "long_rows": long_rows,
    "repeat_vector": layers(saved("RepeatVector", n=10**8)),
    "repeat_vectors": layers(
        *[
            step
            for number in range(3)
            for step in (
                saved("RepeatVector", f"repeat{number}", n=1000),
                saved("Flatten", f"flat{number}"),
            )
        ]
    ),
    "category_encoding": layers(saved("CategoryEncoding", num_tokens=LARGE)),
    "zero_padding1d": layers(saved("ZeroPadding1D", padding=LARGE), shape=(4, 1)),
    "zero_padding2d": layers(saved("ZeroPadding2D", padding=40_000), shape=(4, 4, 1)),
    "up_sampling1d": layers(saved("UpSampling1D", size=LARGE), shape=(4, 1)),
    "up_sampling2d": layers(saved("UpSampling2D", size=40_000), shape=(4, 4, 1)),
    "up_sampling3d": layers(saved("UpSampling3D", size=1000), shape=(4, 4, 4, 1)),
    "resizing": layers(saved("Resizing", height=LARGE, width=2), shape=(4, 4, 1)),
    "padded_resizing": layers(
        saved("Resizing", height=LARGE, width=1, pad_to_aspect_ratio=True),
        shape=(4, 4, 1),
    ),
    "center_crop": layers(saved("CenterCrop", height=LARGE, width=2), shape=(4, 4, 1)),
    "adaptive_pooling": layers(
        saved("AdaptiveAveragePooling1D", output_size=LARGE), shape=(4, 1)
    ),
    "pooling": layers(
        saved("MaxPooling1D", pool_size=LARGE, strides=1, padding="same"), shape=(4, 1)
    ),
    "repeat": operator("Repeat", repeats=LARGE),
    "tile": operator("Tile", repeats=[1, LARGE]),
    "pad": operator("Pad", pad_width=[[0, 0], [0, LARGE]]),
    "broadcast_to": operator("BroadcastTo", shape=[LARGE, 4]),
    "one_hot": operator("OneHot", "nn", num_classes=LARGE),
    "array_split": operator("ArraySplit", indices_or_sections=LARGE),
}

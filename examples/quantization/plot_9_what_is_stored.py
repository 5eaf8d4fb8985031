r"""
Each mode stores other variables, in its own order
==================================================

What a ``Dense`` layer writes to a file, and reads from it, are numbered arrays
without names. Which they are and in which order they come depends on the mode
of quantization, and so does the size of the file.

.. math::

   n_\text{bytes} = \sum_\text{arrays} n_\text{entries} \cdot b_\text{dtype}
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# A policy, given as ``dtype``, makes a layer that is quantized from the start.
# The number at the end is the size of a block or a group; -1 stands for whole
# columns. For ``gptq`` and ``awq`` the number of bits comes first.

features, units = 300, 101
modes = {
    "float32": None,
    "int8_from_float32": "int8",
    "int4/-1_from_float32": "int4",
    "int4/128_from_float32": "int4",
    "float8_from_float32": "float8",
    "gptq/8/128_from_float32": "gptq",
    "gptq/4/128_from_float32": "gptq",
    "awq/4/128_from_float32": "awq",
}
layers = {}
for policy, mode in modes.items():
    layers[policy] = keras.layers.Dense(units, dtype=policy)
    layers[policy].build((None, features))
    np.testing.assert_equal(layers[policy].quantization_mode, mode, policy)

# %%
# Compute it
# ----------
# Bytes of two units each, and groups of up to 128 features. The units are
# columns of the kernel, but rows in ``gptq`` and ``awq``.

pairs, groups = -(-units // 2), -(-features // 128)
shift = {"bias": (units,)}
by_unit = {"kernel_scale": (units,)}
by_block = {"kernel_scale": (groups, units), "kernel_zero": (groups, units)}
by_group = {"kernel_scale": (units, groups), "kernel_zero": (units, groups)}
index = {"g_idx": (features,)}
history = {}
for name in ("inputs", "kernel", "outputs_grad"):
    history |= {f"{name}_scale": (), f"{name}_amax_history": (1024,)}
whole = {"kernel": (features, units)}
halves = {"kernel": (features, pairs)}
rows = {"quantized_kernel": (units, features)}
half_rows = {"quantized_kernel": (pairs, features)}
factors = {"awq_scales": (features,)}
shapes = [
    whole | shift,
    whole | shift | by_unit,
    halves | shift | by_unit,
    halves | shift | by_block | index,
    whole | shift | history,
    shift | rows | by_group | index,
    shift | half_rows | by_group | index,
    shift | half_rows | by_group | factors | index,
]


def dtype_of(name, mode):
    """What kind of number a variable holds."""
    if mode in ("int8", "int4") and name in ("kernel", "kernel_zero"):
        return "int8"
    if name in ("quantized_kernel", "kernel_zero"):
        return "uint8"
    return "float32"


arrays, sizes = {}, {}
for (policy, mode), named in zip(modes.items(), shapes):
    arrays[policy] = {
        name: np.random.randint(0, 100, shape).astype(dtype_of(name, mode))
        for name, shape in named.items()
    }
    sizes[policy] = sum(value.nbytes for value in arrays[policy].values())

# %%
# Check it
# --------
# The layer tells the order of each mode. Where ``int4`` has no blocks, it
# leaves out the last two.

for policy, mode in modes.items():
    order = list(arrays[policy])
    if policy.startswith("int4/-1"):
        order += ["kernel_zero", "g_idx"]
    found = layers[policy].variable_serialization_spec[mode]
    np.testing.assert_equal(found, order, policy)

# %%
# Each layer reads the arrays by number, and is asked for them by name. (What
# the order calls ``quantized_kernel`` is ``kernel`` among the weights.) Then it
# writes them again; only ``gptq`` and ``awq`` do not, since Keras 3.15.1 leaves
# out their zero points, which `has been mended`_ since.
#
# .. _has been mended: https://github.com/keras-team/keras/pull/23321

orders = {}
for policy, layer in layers.items():
    weights = [weight.name for weight in layer.weights]
    values = list(arrays[policy].values())
    order = [name.replace("quantized_", "") for name in arrays[policy]]
    np.testing.assert_equal(sorted(weights), sorted(order), policy)
    orders[policy] = weights, order
    for weight in layer.weights:
        value = values[order.index(weight.name)]
        found = tuple(weight.shape), weight.dtype
        np.testing.assert_equal(found, (value.shape, str(value.dtype)), policy)

    numbers = [str(number) for number in range(len(values))]
    layer.load_own_variables(dict(zip(numbers, values)))
    stored = layer.get_weights()
    for name, value in zip(weights, stored):
        expected = values[order.index(name)]
        np.testing.assert_array_equal(value, expected, f"{policy}: {name}")
    size = sum(value.nbytes for value in stored)
    np.testing.assert_equal(size, sizes[policy], policy)
    print(f"{policy:24} {size:7,} bytes")

    written = {}
    layer.save_own_variables(written)
    if modes[policy] not in ("gptq", "awq"):
        np.testing.assert_equal(list(written), numbers, policy)
        for number, expected in zip(numbers, values):
            value = keras.ops.convert_to_numpy(written[number])
            np.testing.assert_array_equal(value, expected, policy)

# %%
# Break it
# --------
# ``set_weights`` goes by the order in which the weights were made. Half of the
# modes have another one for files, and an array then meets one of another
# shape, or, worse, of its own.

mixed = [policy for policy, (made, filed) in orders.items() if made != filed]
print("another order:", [policy.split("_")[0] for policy in mixed])

np.testing.assert_equal(mixed, list(modes)[1:5])
for policy in mixed:
    values = list(arrays[policy].values())
    np.testing.assert_raises(ValueError, layers[policy].set_weights, values)

# %%
# See it
# ------


def kind_of(name):
    """What a variable is for, as in the legend."""
    kinds = {"kernel": "kernel", "quantized_kernel": "kernel"}
    kinds |= dict.fromkeys(["g_idx", "awq_scales"], "for features")
    return kinds.get(name, "for training" if "amax" in name else "for units")


fig, axis = plt.subplots(figsize=(6, 3.6), layout="constrained")
labels = [policy.split("_")[0] for policy in modes]
left = np.zeros(len(modes))
for kind in ("kernel", "for units", "for features", "for training"):
    width = [
        sum(v.nbytes for name, v in named.items() if kind_of(name) == kind)
        for named in arrays.values()
    ]
    axis.barh(labels, width, left=left, label=kind)
    left += width
axis.set(title=f"What a layer of {features} features and {units} units stores")
axis.set(xlabel="bytes")
axis.invert_yaxis()
axis.legend()
plt.show()

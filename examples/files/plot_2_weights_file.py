r"""
A weights file counts layers, not names
=======================================

In a ``.weights.h5`` file, which ``h5py`` reads, the first ``Dense`` layer of a
model is ``layers/dense``, the second ``layers/dense_1``, and so on, whatever
they are called. In it the kernel is ``vars/0`` and the bias ``vars/1``. What an
optimizer remembers is stored as well, such as the velocity of momentum after
its first step:

.. math:: v = w_\text{after} - w_\text{before}
"""

import pathlib
import tempfile

import h5py
import keras
import matplotlib.pyplot as plt
import numpy as np

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# Three layers with misleading names, all of one shape, so that no shape tells
# them apart. One step of training gives the optimizer something to remember.
# The learning rate cancels the mean of the loss: all weights remain integers.


def model_of(names, activation=None):
    """Dense layers in a row, called by these names."""
    layers = [keras.layers.Dense(4, activation, name=name) for name in names]
    return keras.Sequential([keras.Input(shape=(4,)), *layers])


x = np.random.randint(-1, 2, size=(4, 4))  # (batch, features)
targets = np.random.randint(-2, 3, size=(4, 4))  # (batch, units)
shapes = [(4, 4), (4,)] * 3
before = [np.random.randint(-1, 2, size=shape) for shape in shapes]

own_names = ["dense_2", "scores", "dense"]
model = model_of(own_names)
model.set_weights(before)
model.compile(keras.optimizers.SGD(8.0, momentum=0.5), loss="mse")
np.testing.assert_equal(
    tuple(model.layers[0](x.astype("float32")).shape), (4, 4)
)
model.fit(x, targets, batch_size=len(x), verbose=0)
after = model.get_weights()
y = model.predict(x, verbose=0)  # (batch, units)

folder = tempfile.TemporaryDirectory()
path = pathlib.Path(folder.name) / "model.weights.h5"
model.save_weights(path)

# %%
# Compute it
# ----------
# An HDF5 file is like a folder: groups hold groups and arrays, and may have
# attributes. Everything in it is read.


def read(path):
    """The arrays of a file, by path, and the names of its groups, by path."""
    arrays, names = {}, {}

    def visit(place, node):
        if isinstance(node, h5py.Dataset):
            arrays[place] = node[()]
        elif "name" in node.attrs:
            names[place] = node.attrs["name"]

    with h5py.File(path) as file:
        file.visititems(visit)
    return arrays, names


def places(layers):
    """The paths of kernel and bias for each of some Dense layers."""
    counted = ["dense", *(f"dense_{number}" for number in range(1, layers))]
    return [[f"layers/{each}/vars/{i}" for i in range(2)] for each in counted]


def relu(z):
    return np.clip(z, 0, None)


def predict(x, weights, activation=lambda z: z):
    """Dense layers in a row: (batch, features) to (batch, units)."""
    for kernel, bias in weights:
        x = activation(x @ kernel + bias)
    return x


arrays, names = read(path)
weight_paths = places(3)
velocities = [w - w_before for w, w_before in zip(after, before)]

# %%
# Check it
# --------
# The places are as expected, and the names of the layers are attributes there.

flat_paths = [place for pair in weight_paths for place in pair]
state_paths = [f"optimizer/vars/{number}" for number in range(8)]
np.testing.assert_equal(sorted(arrays), sorted([*flat_paths, *state_paths]))
groups = [kernel_path.removesuffix("/0") for kernel_path, _ in weight_paths]
np.testing.assert_equal([names.get(group) for group in groups], own_names)
for group, name in zip(groups, own_names):
    print(f"{group} is called {name!r}")

# %%
# Kernels and biases are equal to the bit, and all that a prediction needs.

for place, w in zip(flat_paths, after):
    np.testing.assert_equal(arrays[place].dtype, np.float32)
    np.testing.assert_array_equal(arrays[place], w)

found = [[arrays[place] for place in pair] for pair in weight_paths]
expected = predict(x, found)
print(expected)
np.testing.assert_equal((y.shape, y.dtype), ((4, 4), np.float32))
np.testing.assert_array_equal(y, expected)

# %%
# The optimizer's state is the number of its steps, the learning rate, and the
# velocities in the order of the weights. How many bits an integer has depends
# on the backend.

steps, learning_rate, *stored = (arrays[place] for place in state_paths)
print("steps:", steps, "learning rate:", learning_rate)
np.testing.assert_equal((steps, learning_rate), (1, 8))
for velocity, expected_velocity in zip(stored, velocities):
    np.testing.assert_equal(np.any(velocity != 0), True)
    np.testing.assert_array_equal(velocity, expected_velocity)

# %%
# As names do not count, a model with other names takes the file.

other = model_of(["a", "b", "c"])
other.load_weights(path)
np.testing.assert_array_equal(other.predict(x, verbose=0), expected)

# %%
# Break it
# --------
# Who looks for the layer that is called ``dense`` finds another one. And the
# file does not know any activation: with ``relu`` it is taken as well.

found_by_name = arrays["layers/dense/vars/0"]
print("it is that of the first:", np.array_equal(found_by_name, after[0]))
np.testing.assert_equal(np.array_equal(found_by_name, after[4]), False)
np.testing.assert_equal(np.array_equal(found_by_name, after[0]), True)

activated = model_of(own_names, "relu")
activated.load_weights(path)
y_activated = activated.predict(x, verbose=0)
print("right entries with relu:", np.count_nonzero(y_activated == y), "of 16")
np.testing.assert_array_equal(y_activated, predict(x, found, relu))
np.testing.assert_equal(np.array_equal(y_activated, y), False)

folder.cleanup()

# %%
# See it
# ------

fig, axes = plt.subplots(1, 3, figsize=(5, 2.6), layout="constrained")
fig.suptitle("Where the file keeps the kernel of each layer")
largest = np.max(np.abs([kernel for kernel, _ in found]))
for axis, name, group, (kernel, _) in zip(axes, own_names, groups, found):
    axis.imshow(kernel, cmap="PuOr", vmin=-largest, vmax=largest)
    axis.set(title=f'"{name}"', xlabel=group.removesuffix("/vars"))
    axis.set(xticks=[], yticks=[])
plt.show()

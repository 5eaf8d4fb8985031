r"""
Dense refuses arguments that make no layer
==========================================

A ``Dense`` layer looks at its arguments when it is made, before there is any
data: a size that is no whole number, a name it does not know and an argument it
does not have raise an error that says which.

.. math:: y = f(x W + b), \quad \text{units} \in \{1, 2, 3, \ldots\}
"""

import contextlib

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Dense

keras.utils.set_random_seed(313)

# %%
# Build it
# --------
# First, what is not built. ``refused`` makes a call that must fail, and prints
# the part of the error that names the mistake.


def refused(phrase, call, *arguments, **options):
    """Check that a call raises a ValueError with this phrase in it."""
    with np.testing.assert_raises(Exception) as caught:
        call(*arguments, **options)
    kind, text = type(caught.exception).__name__, str(caught.exception)
    np.testing.assert_equal((kind, phrase in text), ("ValueError", True), text)
    print(f"{kind}: {phrase}")


# %%
# **A size.** ``units`` must be a Python integer, 1 or more. A quotient is none,
# nor is what was read from a file, nor what NumPy counted: the number in the
# error then looks right. Write ``5 // 2`` and ``int(...)``.

SIZE = "expected a positive integer. Received: units="
refused(SIZE + "0", Dense, 0)
refused(SIZE + "2.5", Dense, 5 / 2)
refused(SIZE + "64", Dense, "64")
refused(SIZE + "64", Dense, np.prod([8, 8]))
refused(SIZE + "None", Dense, None)

# %%
# **A name.** Names are Keras' own, and its activations are in lower case. The
# second argument is the activation: PyTorch's ``Linear(3, 64)`` is
# ``Dense(64)``, which sees from its input that there are three features. A
# factor is no regularizer: write ``keras.regularizers.L2(0.25)``.

names = {
    "activation function identifier: ReLU": {"activation": "ReLU"},
    "activation function identifier: 64": {"activation": 64},
    "initializer identifier: xavier": {"kernel_initializer": "xavier"},
    "regularizer identifier: l1_l2": {"kernel_regularizer": "l1_l2"},
    "regularizer identifier: 0.25": {"kernel_regularizer": 0.25},
    "constraint identifier: nonneg": {"kernel_constraint": "nonneg"},
}
for name, argument in names.items():
    refused(f"Could not interpret {name}", Dense, 3, **argument)

# %%
# **A keyword.** ``bias`` is PyTorch's word for ``use_bias``; ``weights`` were
# given so in Keras 2, and are now set by ``set_weights``. ``trainable`` is
# ``True`` or ``False``, and a name has no slash.

KEYWORD = "Unrecognized keyword arguments passed to Dense: "
refused(KEYWORD + "{'bias': False}", Dense, 64, bias=False)
refused(KEYWORD + "{'weights': ", Dense, 64, weights=[np.ones((3, 64))])
refused("Expected `trainable` to be a boolean", Dense, 64, trainable=1)
refused("cannot contain character `/`", Dense, 64, name="in/hidden")

# %%
# Now the same, written so that Keras takes it.

x = np.random.randint(1, 100, size=(10, 3))  # (batch, features)
kernel = np.random.randint(-9, 10, size=(3, 64))  # (features, units)
bias = np.random.randint(-99, 100, size=64)  # (units,)

dense = Dense(
    int(np.prod([8, 8])),
    activation="relu",
    kernel_initializer="glorot_uniform",
    kernel_regularizer=keras.regularizers.L1L2(l1=0.5, l2=0.25),
    kernel_constraint="non_neg",
    use_bias=True,
    name="in_hidden",
)
inputs = keras.Input(shape=(3,))
model = keras.Model(inputs, dense(inputs))
np.testing.assert_equal([w.shape for w in dense.weights], [(3, 64), (64,)])

dense.set_weights([kernel, bias])
y = model.predict(x, verbose=0)  # (batch, units)
penalty = keras.ops.convert_to_numpy(sum(dense.losses))

# %%
# Compute it
# ----------


def l1_l2(kernel, l1, l2):
    """What a regularizer adds to the loss for a kernel."""
    return l1 * np.sum(np.abs(kernel)) + l2 * np.sum(kernel**2)


expected = np.maximum(0, x @ kernel + bias)
expected_penalty = l1_l2(kernel, l1=0.5, l2=0.25)

# %%
# Check it
# --------
# Integers, halves and quarters leave float32 nothing to round.

np.testing.assert_array_equal(y, expected)
np.testing.assert_equal(y.dtype, np.float32)
np.testing.assert_equal(penalty, expected_penalty)
print(f"{y.size} entries are equal, and so are the penalties, {penalty}")

# %%
# Break it
# --------
# An error that is gone need not be cured. ``"l1l2"``, without the underscore,
# is a name that Keras knows, but with it both factors are 0: no penalty at all.

named = Dense(64, kernel_regularizer="l1l2")
named.build((None, 3))
named.set_weights([kernel, bias])
penalty = keras.ops.convert_to_numpy(sum(named.losses))
print(f"penalty with 'l1l2': {penalty} instead of {expected_penalty}")

np.testing.assert_equal(penalty, l1_l2(kernel, l1=0, l2=0))
np.testing.assert_equal(penalty == expected_penalty, False)

# %%
# See it
# ------
# Each argument (a row) is given each value (a column). A name is taken where it
# belongs, and ``use_bias`` is not looked at: anything goes.

values = [2, 2.5, True, None, abs, "relu", "zeros", "l2", "non_neg"]
takes = {  # o: taken
    "units": "o.o......",
    "activation": "...ooo...",
    "use_bias": "ooooooooo",
    "kernel_initializer": "...oo.o..",
    "kernel_regularizer": "...oo..o.",
    "kernel_constraint": "...oo...o",
    "trainable": "..o......",
    "name": "...o.oooo",
}
found = np.zeros((len(takes), len(values)), bool)
for row, (argument, signs) in enumerate(takes.items()):
    for column, value in enumerate(values):
        with contextlib.suppress(ValueError):
            Dense(**{"units": 2, argument: value})
            found[row, column] = True
    expected = np.array(list(signs)) == "o"
    np.testing.assert_array_equal(found[row], expected, argument)

fig, axis = plt.subplots(figsize=(5, 3.6), layout="constrained")
axis.plot(*np.argwhere(found).T[::-1], "o", markersize=12, label="taken")
axis.plot(*np.argwhere(~found).T[::-1], "x", color="gray", label="refused")
axis.set(title="What each argument of Dense takes", ylim=(7.5, -0.5))
axis.set_xticks(range(9), [getattr(v, "__name__", str(v)) for v in values])
axis.set_yticks(range(8), takes)
fig.legend(loc="outside lower center", ncols=2)
plt.show()

r"""
Operators and keras.ops: ``+``, ``*``, ``@``, ``[...]`` as steps of a model
===========================================================================

An operator between the tensors of a functional model becomes a step of the
model, and so does a function of ``keras.ops``. A saved model lists these steps
by name, and NumPy has a function of the same name for most. Below, x and z are
inputs, and s is a constant:

.. math::

   &p = ((1 - x) \cdot s) \; z \\
   &y_{n,i} = p_{n,i,0} \, / \, 4 + \max_j \, p_{n,i,j}
"""

import json
import re

import keras
import matplotlib.pyplot as plt
import numpy as np

rng = np.random.default_rng(313)

# %%
# Build it
# --------

x, z = keras.Input((2, 3), name="x"), keras.Input((3, 2), name="z")
scale = np.float32([2, 1, 3])
product = ((1 - x) * scale) @ z
outputs = product[:, :, 0] / 4 + keras.ops.max(product, axis=-1)
model = keras.Model([x, z], outputs)

# %%
# ``model.save`` writes what ``to_json`` returns into the ``.keras`` file, as
# ``config.json``. The classes of its steps are not those of ``keras.layers``.

config = json.loads(model.to_json())["config"]
for step in config["layers"]:
    print(step["module"], step["class_name"])

# %%
# Compute it
# ----------
# ``TrueDivide`` is ``np.true_divide``, and so on. ``GetItem`` is ``[...]``.


def decode(value, tensors):
    """An argument from the file; tensors: {name of a step: its result}."""
    if isinstance(value, list):
        return [decode(part, tensors) for part in value]
    if not isinstance(value, dict):
        return value  # a number, or None
    kind, config = value["class_name"], value["config"]
    if kind == "__keras_tensor__":
        return tensors[config["keras_history"][0]]
    if kind == "__slice__":
        return slice(*config.values())  # start, stop, step
    return np.array(config["value"], config["dtype"])


def compute(config, tensors):
    """The output of a saved model of operators; tensors: {input: array}.

    Each step has one result. Raises ValueError for steps of other kinds.
    """
    for step in config["layers"]:
        if not step["inbound_nodes"]:
            continue  # an input
        if step["module"] != "keras.src.ops.numpy":
            raise ValueError(f"{step['module']} is not known")
        arguments = decode(step["inbound_nodes"][0]["args"], tensors)
        options = {k: v for k, v in step["config"].items() if k != "name"}
        name = re.sub("(?<!^)(?=[A-Z])", "_", step["class_name"]).lower()
        if name == "get_item":
            result = arguments[0][tuple(arguments[1])]
        else:
            result = getattr(np, name)(*arguments, **options)
        tensors = {**tensors, step["name"]: result}
    return tensors[config["output_layers"][0]]


# %%
# Check it
# --------

a, b = (rng.integers(-9, 10, size=s) for s in [(4, 2, 3), (4, 3, 2)])
y = model.predict([a, b], verbose=0)
p = ((1 - a) * scale) @ b
np.testing.assert_array_equal(y, p[:, :, 0] / 4 + np.max(p, axis=-1))
np.testing.assert_array_equal(y, compute(config, {"x": a, "z": b}))

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** With an array on the left of a
#    ``keras.KerasTensor``, as in ``scale * x``, NumPy raises an error.
#    ``x * scale`` works.

np.testing.assert_raises(ValueError, np.multiply, scale, x)

# %%
# Break it
# --------
# Would you pass a step its tensors first, and then its numbers? Then ``1 - x``
# becomes ``x - 1``. Or look at the class name alone? The layer ``Add`` has the
# same name as ``+``, in another module, and treats masks and ranks differently.

config["layers"][1]["inbound_nodes"][0]["args"].reverse()
assert np.any(y != compute(config, {"x": a, "z": b}))

other = keras.Model([x, z], keras.layers.Add()([x, x])).to_json()
other = json.loads(other)["config"]
np.testing.assert_raises(ValueError, compute, other, {"x": a, "z": b})

# %%
# See it
# ------

fig, axis = plt.subplots(figsize=(6, 2.4))
names = [step["name"] for step in config["layers"]]
arrow = {"arrowstyle": "->", "color": "C0", "connectionstyle": "arc3,rad=-0.6"}
for x, step in enumerate(config["layers"]):
    axis.text(x, -0.1, step["class_name"], rotation=40, ha="right", va="top")
    arguments = json.dumps(step["inbound_nodes"])
    for name in re.findall(r'_history": ."(\w+)"', arguments):
        axis.annotate("", (x, 0), (names.index(name), 0), arrowprops=arrow)
title = "The steps of the model, and whose results each takes"
axis.set(title=title, xlim=(-1.3, 8.5), ylim=(-1.3, 1), xticks=[], yticks=[])
plt.show()

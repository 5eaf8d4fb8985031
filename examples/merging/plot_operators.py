r"""
Operators and keras.ops: ``+``, ``*``, ``@``, ``[...]`` as steps of a model
===========================================================================

``keras.Input`` returns a *symbolic tensor* (``KerasTensor``): a shape without
numbers. With two of them, ``x + z`` becomes a step of the model. So does a
function of ``keras.ops``; those of TensorFlow and NumPy raise an error. (Keras
2 made layers ``TFOpLambda``: ``convert`` of ``keras_by_hand`` replaces them.)
A saved model lists the steps by name, ``[...]`` as ``get_item``. This is how to
read it, for inputs :math:`x` and :math:`z`, and a constant :math:`s` (:math:`n`
is a sample, :math:`i` a row and :math:`j` a column of a matrix):

.. math::

   &p = ((1 - x) \cdot s) \; z \\
   &y_{n,i} = p_{n,i,0} \, / \, 4 + \max_j \, p_{n,i,j}
"""

import json

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# In a ``.keras`` file, the JSON that ``to_json`` returns is ``config.json``.

x, z = keras.Input((2, 3), name="x"), keras.Input((3, 2), name="z")
scale = np.float32([2, 1, 3])
product = ((1 - x) * scale) @ z
outputs = product[:, :, 0] / 4 + keras.ops.max(product, axis=-1)
model = keras.Model([x, z], outputs)
rng = np.random.default_rng(313)
a, b = (rng.integers(-9, 10, size=s) for s in [(4, 2, 3), (4, 3, 2)])
steps = json.loads(model.to_json())["config"]["layers"]
for step in steps:
    print(step["module"], step["class_name"])

# %%
# Compute it
# ----------
# An argument (in ``inbound_nodes``) is a number, an array, or the result of a
# step. Up to p, NumPy has functions of the same names. Of the other steps, some
# have more to read: slices among their arguments, or an axis in ``config``.

results = {"x": a, "z": b}
functions = {"Subtract": np.subtract, "Multiply": np.multiply}
functions["Matmul"] = np.matmul


def decode(value):
    if not isinstance(value, dict):
        return value  # a number
    if value["class_name"] == "__keras_tensor__":
        return results[value["config"]["keras_history"][0]]
    return np.array(value["config"]["value"])


for step in steps:
    if step["class_name"] in functions:
        arguments = map(decode, step["inbound_nodes"][0]["args"])
        results[step["name"]] = functions[step["class_name"]](*arguments)

# %%
# Check it
# --------
y = model.predict([a, b], verbose=0)
p = results[next(s["name"] for s in steps if s["class_name"] == "Matmul")]
np.testing.assert_array_equal(y, p[:, :, 0] / 4 + np.max(p, axis=-1))

# %%
# .. warning:: **Seen in Keras 3.15.1, error:** With an array on the left of a
#    ``keras.KerasTensor``, as in ``scale * x``, NumPy raises an error.
#    ``x * scale`` works.

np.testing.assert_raises(ValueError, np.multiply, scale, x)

# %%
# Break it
# --------
# Keep the order of the arguments. If you take the results of steps first and
# the numbers last, ``1 - x`` becomes ``x - 1``.

right, wrong = 1 - a, a - 1
print("right:", right[0, 0], "wrong:", wrong[0, 0])
assert np.any(right != wrong)

# %%
# See it
# ------
fig, axis = plt.subplots(figsize=(6, 2.4))
names = [step["name"] for step in steps]
arrow = {"arrowstyle": "->", "color": "C0", "connectionstyle": "arc3,rad=-0.6"}
for place, step in enumerate(steps):
    text = step["class_name"]
    axis.text(place, -0.1, text, rotation=40, ha="right", va="top")
    for name in names:
        if f'["{name}"' in json.dumps(step["inbound_nodes"]):
            start = (names.index(name), 0)
            axis.annotate("", (place, 0), start, arrowprops=arrow)
axis.set(title="The steps of the model, and whose results each takes")
axis.set(xlim=(-1.3, 8.5), ylim=(-1.3, 1), xticks=[], yticks=[])
plt.show()

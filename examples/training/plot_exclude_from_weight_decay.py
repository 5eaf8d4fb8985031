r"""
exclude_from_weight_decay: which weights decay
==============================================

Weight decay shrinks every weight that an optimizer is given, biases and the
scales of normalization, too. ``exclude_from_weight_decay`` leaves out those
given in a list, or by a part of their names. Call it before training.

.. math::

   \text{decays:} \quad w \leftarrow w - \eta \lambda w + v \qquad
   \text{excluded:} \quad w \leftarrow w + v

Here :math:`w` is a weight, :math:`\eta` the learning rate, :math:`\lambda` the
weight decay, and :math:`v` the step that the optimizer takes in any case.
"""

import keras
import numpy as np

# %%
# Build it
# --------
# All gradients are 2, the learning rate is 1/4, the decay 1/2.

layer = keras.layers.Dense(1, name="unbiased")
layer.build((None, 1))


def step(**excluded):
    layer.set_weights([np.array([[8.0]]), np.array([-4.0])])
    sgd = keras.optimizers.SGD(0.25, weight_decay=0.5)
    sgd.exclude_from_weight_decay(**excluded)
    weights = layer.trainable_variables
    sgd.apply([2 * keras.ops.ones_like(weight) for weight in weights], weights)
    return np.ravel(np.concatenate(layer.get_weights(), axis=None))


# %%
# Check it
# --------
right = [8 - 0.25 * 0.5 * 8 - 0.25 * 2, -4 - 0.25 * 2]
np.testing.assert_array_equal(step(var_list=[layer.bias]), right)

# %%
# Break it
# --------
# .. warning:: **Seen in Keras 3.15.1, not in 3.16.0.dev, wrong numbers:** On
#    TensorFlow, ``Optimizer.exclude_from_weight_decay`` looks for ``var_names``
#    in the layer's name too, not only in the variable's. So ``"bias"`` also
#    excludes the kernel of a layer that is called "unbiased".
#    ``var_list`` excludes only what it lists: for a whole model, give it
#    ``[w for w in model.trainable_weights if w.name in names]``. For biases and
#    normalization, ``names`` is ``["bias", "gamma", "beta", "scale"]``.

everything, by_name = step(), step(var_names=["bias"])
print("right:", right, "nothing excluded:", everything, "by name:", by_name)
assert everything[1] != right[1]
if keras.backend.backend() == "tensorflow":
    np.testing.assert_array_equal(by_name, [8 - 0.25 * 2, -4 - 0.25 * 2])

r"""
Focal loss: easy examples weigh less
====================================

A face detector looks at thousands of patches of a photograph. Few are faces:
this is *class imbalance*. Most are easy: sky, walls. Each costs next to
nothing, but together they drown the few hard ones. The focal loss multiplies
the cross-entropy of each by a power of its error, :math:`1 - p_t`. So answers
that are nearly right hardly count.

.. math::

   \ell = -\alpha_t \, (1 - p_t)^\gamma \log p_t

:math:`p_t` is the probability of the right answer: :math:`p` where the target
is 1, else :math:`1 - p`. By default, :math:`\gamma` is 2. The weight
:math:`\alpha_t` is :math:`\alpha` for targets of 1, else :math:`1 - \alpha`.
"""

import keras
import matplotlib.pyplot as plt
import numpy as np

# %%
# Build it
# --------
# Two faces and two other patches: of each, one is easy and one is hard.

y_true = np.float32([[1], [1], [0], [0]])  # (batch, 1)
p = np.float32([[0.9], [0.2], [0.6], [0.1]])
focal_loss = keras.losses.binary_focal_crossentropy
y = focal_loss(y_true, p)

# %%
# Compute it
# ----------
# Alpha, here 0.25, counts only with ``apply_class_balancing=True``.
p_t = np.where(y_true == 1, p, 1 - p)
focal = (1 - p_t) ** 2 * -np.log(p_t)
balanced = np.where(y_true == 1, 0.25, 0.75) * focal

# %%
# With several classes, :math:`p_t` is the probability of the right one. Alpha
# always counts there. It may be a list, with a weight for each class.

p_class = np.float32([[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]])  # (batch, classes)
p_t = p_class[[0, 1], [1, 2]]
categorical = 0.25 * (1 - p_t) ** 2 * -np.log(p_t)

# %%
# Check it
# --------
# The functions of ``keras_by_hand`` take logits and label smoothing, too. For
# ``compile``, Keras has the class ``BinaryFocalCrossentropy``.
from keras_by_hand import (
    binary_focal_crossentropy,
    categorical_focal_crossentropy,
)

to_numpy = keras.ops.convert_to_numpy
np.testing.assert_allclose(to_numpy(y), focal[:, 0], rtol=1e-4)
y = focal_loss(y_true, p, apply_class_balancing=True)
np.testing.assert_allclose(to_numpy(y), balanced[:, 0], rtol=1e-4)
one_hot = np.eye(3)[[1, 2]]
y = keras.losses.categorical_focal_crossentropy(one_hot, p_class)
expected = categorical_focal_crossentropy(one_hot, p_class)
np.testing.assert_allclose([to_numpy(y), expected], [categorical] * 2, 1e-4)
np.testing.assert_allclose(binary_focal_crossentropy(y_true, p), focal[:, 0])

# %%
# Break it
# --------
# You want rare faces to weigh more. Keras ignores ``alpha=0.9`` without
# ``apply_class_balancing=True``. With the default alpha, that of *RetinaNet*, a
# face then weighs *less*. This prints how many times as much a face weighs.


def weight_of_a_face(**options):
    pair = np.float32([[[1], [0]], [[0.3], [0.7]]])  # equally hard
    loss = focal_loss(*pair, **options)
    return float(loss[0] / loss[1])


wrong = weight_of_a_face(alpha=0.9)
right = weight_of_a_face(apply_class_balancing=True, alpha=0.9)
default = weight_of_a_face(apply_class_balancing=True)
print(f"right: {right:.2f}, no balancing: {wrong:.2f}, no alpha: {default:.2f}")
assert np.allclose([wrong, right, default], [1, 9, 1 / 3], rtol=1e-4)

# %%
# See it
# ------
# The right answer has a probability of 0.9 in 1,000 examples, and of 0.1 in 10.

p_t, gammas = np.array([0.9, 0.1]), np.array([[0], [1], [2], [5]])
easy, hard = ([1000, 10] * (1 - p_t) ** gammas * -np.log(p_t)).T
shares = easy / (easy + hard)
fig, axis = plt.subplots(figsize=(6, 3), layout="constrained")
axis.bar(range(4), shares, label="easy examples")
axis.bar(range(4), 1 - shares, bottom=shares, label="hard ones")
axis.set_xticks(range(4), gammas.ravel())
axis.set(xlabel="gamma", ylabel="share of the loss", ylim=(0, 1.2))
axis.set_title("With gamma, 10 hard examples outweigh 1,000 easy ones")
axis.legend(loc="upper center", ncols=2)
plt.show()

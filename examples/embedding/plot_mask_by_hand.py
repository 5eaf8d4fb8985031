r"""
LSTM mask argument: pass the mask to every layer by hand
========================================================

The same stack of recurrent layers gives other numbers in Keras 3.16.0.dev. In
3.15.1, a recurrent layer passes its mask on, and the next layer skips the
padding. In 3.16.0.dev it does not, and says so in a warning. Both agree if you
call each layer by ``layer(x, mask=mask)``. (See the page "Mask propagation".)
"""

import keras
import numpy as np
from keras.layers import GRU, Embedding, GlobalAveragePooling1D

from keras_by_hand import gru

# %%
# Build it
# --------
# ``compute_mask`` makes the mask from tokens, or from the ``keras.Input`` of a
# functional model. Without ``mask``, a layer takes its input's mask, if any.

tokens = np.array([[3, 1, 4], [2, 5, 0], [4, 0, 0]])  # (batch, steps)
embedding = Embedding(6, 2, "orthogonal", mask_zero=True)
recurrent = GRU(2, return_sequences=True)
mean = GlobalAveragePooling1D()


def mean_of_outputs(mask):
    y_mean = mean(recurrent(embedding(tokens), mask=mask), mask=mask)
    return keras.ops.convert_to_numpy(y_mean)  # (batch, units)


by_hand = mean_of_outputs(embedding.compute_mask(tokens))

# %%
# Check it
# --------
# .. warning:: **Seen in Keras 3.16.0.dev, not in 3.15.1, wrong numbers:**
#    ``SimpleRNN``, ``LSTM``, ``GRU``, ``Bidirectional`` and ``TimeDistributed``
#    drop the mask, with a warning (`keras#23235
#    <https://github.com/keras-team/keras/issues/23235>`__).

(table,), mask = embedding.get_weights(), tokens != 0
options = {"mask": mask, "return_sequences": True}
y = gru(table[tokens], *recurrent.get_weights(), **options)
right = [steps[kept].mean(axis=0) for steps, kept in zip(y, mask)]
np.testing.assert_allclose(by_hand, right, rtol=1e-4, atol=1e-4)
carried = mean_of_outputs(None)
np.testing.assert_allclose(carried, right, rtol=1e-4, atol=1e-4)

# %%
# Break it
# --------
# What Keras 3.16.0.dev returns if you leave out the ``mask`` arguments. The
# loss needs the mask, too: see the page "Masked loss".

wrong = y.mean(axis=1)
print("right:", by_hand[1].round(3), "wrong:", wrong[1].round(3))
assert not np.allclose(by_hand[1], wrong[1], rtol=1e-2, atol=0)

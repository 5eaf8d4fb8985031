"""StackedRNNCells: one LSTMCell gets its states back in another structure

Expected: states go in as [[h, c]], so they come out as [[h, c]], as they do for two
cells. They come out as [h, c]. So RNN([LSTMCell(2)]) raises an error on JAX.
"""

import keras
import numpy as np

cells = keras.layers.StackedRNNCells([keras.layers.LSTMCell(2)])
states = [[np.zeros((1, 2), "float32"), np.zeros((1, 2), "float32")]]
_, new_states = cells(np.ones((1, 3), "float32"), states)
print("got", len(new_states), "cells, expected", len(states))
np.testing.assert_equal(len(new_states), len(states))

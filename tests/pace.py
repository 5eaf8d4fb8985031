"""How fast this machine is, and how busy: seconds alone say little of what a proof costs.

So budgets are in calls of a layer of Keras, timed in the same process: 0.2 ms each on a
machine of 2026 with nothing else to do.
"""

import functools
import statistics
import time

import keras

BUSY = 2  # so many times slower may a machine be that does something else, too


@functools.cache
def layer_and_input():
    layer = keras.layers.Dense(3)
    layer.build((2, 4))
    return layer, keras.ops.ones((2, 4))


def seconds_of_a_call():
    """The median of some, as what disturbs a call makes it longer."""
    layer, x = layer_and_input()
    found = []
    for _ in range(11):
        start = time.process_time()
        layer(x)
        found.append(time.process_time() - start)
    return statistics.median(found)

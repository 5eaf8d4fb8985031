"""Does the constructor refuse Dense(2.5)?"""

import keras

try:
    keras.layers.Dense(2.5)
    print("no")
except ValueError:
    print("yes")

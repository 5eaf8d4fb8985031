"""Does Dense refuse 2.5 units?"""

import keras

try:
    keras.layers.Dense(2.5)
    print("no")
except ValueError:
    print("yes")

"""A text to learn from, made by this code alone."""

from itertools import product

import numpy as np

names = "anna ben carla dave emma finn gina hugo".split()
colors = "red blue green white black yellow".split()
things = "hat ball kite book lamp coat drum boat".split()
of_colors = [
    f"{n} has a {c} {t} . the {t} of {n} is {c} ."
    for n, c, t in product(names, colors, things)
]
of_gifts = [
    f"{n} gives {m} a {t} . now {m} has the {t} . ."
    for n, m, t in product(names, names, things)
]
lines = of_colors + of_gifts
vocabulary = sorted(set(" ".join(lines).split()))  # 30 words
text = np.array(
    [[vocabulary.index(word) for word in line.split()] for line in lines]
)

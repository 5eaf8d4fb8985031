"""No faults: what these pages compare of Keras is what pages of layers do."""

FAULTS = []

GREEN = [
    (
        "equality/plot_what_equal_means",
        "np.testing.assert_equal(one + small - one, 0)",
        "of NumPy alone",
    ),
]

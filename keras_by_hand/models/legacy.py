"""What older Keras meant by the words of today, in its .keras files."""

import numpy as np

HARD_SIGMOID = "hard_sigmoid_of_keras_2"


def hard_sigmoid_of_keras_2(x):
    """hard_sigmoid before Keras 3 (Keras 2.15 documentation): a line of slope
    0.2, not 1/6.

    x: any shape.
    """
    return np.clip(0.2 * x + 0.5, 0, 1)


def is_of_keras_2(metadata):
    """Whether metadata.json tells of a file that Keras 2 wrote."""
    known = metadata if isinstance(metadata, dict) else {}
    return str(known.get("keras_version")).startswith("2.")


def translated(saved):
    """Return what config.json of Keras 2 has, in the words of today."""
    if isinstance(saved, list):
        return [translated(item) for item in saved]
    if not isinstance(saved, dict):
        return saved
    saved = {key: translated(value) for key, value in saved.items()}
    for key in saved:
        if key.endswith("activation") and saved[key] == "hard_sigmoid":
            saved[key] = HARD_SIGMOID
    config = saved.get("config")
    if saved.get("class_name") == "Discretization" and isinstance(config, dict):
        config["dtype"] = "float32"  # and not that of its output
    return saved

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


def translated(told):
    """Return what config.json of Keras 2 tells, in the words of today."""
    if isinstance(told, list):
        return [translated(item) for item in told]
    if not isinstance(told, dict):
        return told
    told = {key: translated(value) for key, value in told.items()}
    for key in told:
        if key.endswith("activation") and told[key] == "hard_sigmoid":
            told[key] = HARD_SIGMOID
    config = told.get("config")
    if told.get("class_name") == "Discretization" and isinstance(config, dict):
        config["dtype"] = "float32"  # and not that of its output
    return told

"""Metrics of Keras as functions of all samples, in float64."""

import contextlib
import inspect
import warnings

import keras

SKIPPED = {"self", "name", "dtype"}


@contextlib.contextmanager
def in_dtype(dtype):
    """Keras computes in this dtype: some variables of metrics have no other."""
    before = keras.config.floatx()
    keras.config.set_floatx(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(before)


def of_metric(metric, dtype="float64"):
    """A function of what update_state takes, and the constructor by keywords."""

    def reference(*args, sample_weight=None, **config):
        with in_dtype(dtype), warnings.catch_warnings(action="ignore"):
            made = metric(**config)
            made.update_state(*args, sample_weight=sample_weight)
            return made.result()

    parameters = {**inspect.signature(metric.update_state).parameters}
    for name, parameter in inspect.signature(metric).parameters.items():
        parameters[name] = parameter.replace(kind=parameter.KEYWORD_ONLY)
    kept = [p for name, p in parameters.items() if name not in SKIPPED]
    reference.__signature__ = inspect.Signature(kept)
    reference.metric = metric
    return reference

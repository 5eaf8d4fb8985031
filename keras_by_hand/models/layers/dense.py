"""How an EinsumDense is saved in a model."""

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import Layer


class EinsumDense(Layer):
    """An EinsumDense; its equation and its weights have all lengths."""

    reads = ("bias_axes", "output_shape")

    def check_arrays(self):
        axes = self.config.get("bias_axes")
        if (axes is None) == ("bias" in self.arrays):
            raise CannotRun(
                f"bias_axes is {axes!r}, but the file has "
                f"{len(self.arrays)} weights"
            )

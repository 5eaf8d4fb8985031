"""How dense layers are saved and called in a model."""

from keras_by_hand.layers.dense import dense, einsum_dense
from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.layers.layer import KeepsMask, Layer, LayerTable


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


DENSE_LAYERS: LayerTable = {
    "Dense": (dense, KeepsMask),
    "EinsumDense": (einsum_dense, EinsumDense),
}

"""How embeddings are called in a model, and where masks begin."""

from keras_by_hand.models.layer import Layer
from keras_by_hand.models.tensors import Tensor, arrays_of


class Embedding(Layer):
    """An Embedding: token 0 is padding if mask_zero."""

    def mask_after(self, x, mask):
        return x != 0 if self.config.get("mask_zero") else None


class ReversibleEmbedding(Embedding):
    """A ReversibleEmbedding; logits have no mask."""

    places = ("reverse",)

    def compute(self, x, reverse=False, **keywords):
        y = super().compute(x, reverse=reverse, **keywords)
        return Tensor(y.array) if reverse else y


class Masking(Layer):
    """A Masking, whose function returns the mask, too."""

    def compute(self, x, mask=None, training=None):
        return Tensor(*self.apply(arrays_of(x)))

"""How preprocessing layers are told and called in a model."""

from keras_by_hand.models.layer import Layer


class CategoryEncoding(Layer):
    """A CategoryEncoding, with weights of the counts or without."""

    places = ("count_weights",)


class Lookup(Layer):
    """A lookup: what it has learned stands in other files than the config."""

    def prepare(self, build):
        super().prepare(build)
        if tokens := self.weights.get("vocabulary"):
            self.options["vocabulary"] = self.read_tokens(tokens)
        variables = self.weights.get("vars")
        if isinstance(variables, dict) and "idf_weights" in variables:
            self.options["idf_weights"] = variables["idf_weights"]

    def read_tokens(self, tokens):
        return tokens


class IntegerLookup(Lookup):
    """A lookup of whole numbers, which the file has as text."""

    def read_tokens(self, tokens):
        return [int(token) for token in tokens]

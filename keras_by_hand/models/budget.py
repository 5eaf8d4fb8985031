"""How much of a file is read: what it holds, never what it claims."""

from keras_by_hand.models.errors import CannotRun

# What every file may have, however small it is. The config of NASNetLarge, of
# 1,039 layers, has 64,000 nodes.
SMALLEST_BYTES, SMALLEST_NODES = 2**26, 300_000


class Budget:
    """What may still be read of one file, in bytes and in nodes: values of
    JSON, lines of a vocabulary, arrays.

    Both grow with the size of the file: what is stored as it is fits by far,
    and what is packed may be about eight times as large.
    """

    def __init__(self, size):
        self.bytes = SMALLEST_BYTES + 8 * size
        self.nodes = SMALLEST_NODES + size // 16

    def take(self, name, *, bytes=0, nodes=0):
        """Take what something needs that is read next; raises CannotRun, with
        its name, where that is more than is left."""
        self.bytes -= bytes
        self.nodes -= nodes
        if self.bytes < 0:
            raise CannotRun(
                f"{name}: unpacked, it is too large for a file of this size; "
                "save it without compression"
            )
        if self.nodes < 0:
            raise CannotRun(
                f"{name}: it has too many parts for a file of this size"
            )

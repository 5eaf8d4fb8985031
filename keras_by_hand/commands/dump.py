"""keras-by-hand dump: golden vectors, for tests of embedded code."""

import contextlib

from keras_by_hand.commands.models import add_model, load_given
from keras_by_hand.comparing.golden import golden_vectors, write_header
from keras_by_hand.models.data import new_file, read_input, write_output


def add_dump(parser):
    """Add its arguments to its parser."""
    add_model(parser)
    parser.add_argument(
        "--input",
        required=True,
        help="x: .npy, or .npz with an array for each input",
    )
    parser.add_argument(
        "--output", required=True, help="a new .npz file for all of them"
    )
    parser.add_argument("--header", help="a new .h file, with the same for C")
    parser.add_argument(
        "--force", action="store_true", help="replace files that are there"
    )


def dump_vectors(given):
    """Write weights, inputs and outputs of each layer."""
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(new_file(given.output, given.force))
        header = None
        if given.header:
            header = stack.enter_context(new_file(given.header, given.force))
        vectors = golden_vectors(load_given(given), read_input(given.input))
        write_output(file, vectors)
        if header:
            write_header(header, vectors)
    numbers = sum(array.size for array in vectors.values())
    for path in filter(None, (given.output, given.header)):
        print(f"{path}: {len(vectors)} arrays, {numbers:,} numbers in float32")

"""Print the layers of a .keras file, or predict by it:
python -m keras_by_hand model.keras --input x.npy --output y.npy
"""

import argparse
import sys

from keras_by_hand.models.errors import CannotRun
from keras_by_hand.models.files import count_numbers, read_input, write_output
from keras_by_hand.models.load import load_model


def run():
    as_module = sys.argv[0].endswith("__main__.py")  # else, as it is called
    parser = argparse.ArgumentParser(
        "python -m keras_by_hand" if as_module else None,
        description="Print the layers of a .keras file, or predict by it.",
    )
    parser.add_argument("model", help="the .keras file")
    parser.add_argument(
        "--input", help="x: .npy, or .npz with an array for each input"
    )
    parser.add_argument(
        "--output", help="a new file for the prediction, .npy or .npz"
    )
    given = parser.parse_args()
    if bool(given.input) != bool(given.output):
        parser.error("--input and --output go together")
    model = load_model(given.model)
    print(f"{'layer':32} {'class':24} {'weights':>12}")
    for layer in model.layers:
        count = count_numbers(layer.weights)
        print(f"{layer.name:32} {layer.kind:24} {count:12,}")
    if given.input:
        write_output(given.output, model.predict(read_input(given.input)))


def main():
    """Run the command; what goes wrong is one line, and the exit code is 1."""
    try:
        run()
    except (CannotRun, OSError) as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()

"""Pages about equality use Dense layers only, whose faults are in dense.py."""

FAULTS = []

# Mutants that need not be noticed: (page, before, after, reason).
BLOCKS = "total = total + add_in_order(x[:, block], kernel[block], fused=True)"
ACCEPTED = [
    (
        "equality/plot_same_model_different_bits",
        BLOCKS,
        BLOCKS.replace("True", "False"),
        "that either way of adding is within the limit is what the page claims",
    )
]

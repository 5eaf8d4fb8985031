"""Pages about equality use Dense layers only: its faults are theirs."""

FAULTS = {}
EQUIVALENT = {}

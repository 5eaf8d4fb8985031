"""Pages about equality use Dense layers only, whose faults are in dense.py."""

FAULTS = []

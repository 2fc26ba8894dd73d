"""The parts of scripts/regress."""

"""The parts of scripts/gates and scripts/equivalence."""

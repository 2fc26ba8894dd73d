"""The parts of scripts/coverage."""

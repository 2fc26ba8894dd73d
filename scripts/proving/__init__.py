"""The parts of scripts/formal."""

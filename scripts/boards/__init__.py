"""The parts of scripts/fpga."""

"""Reading traces, and what scripts/wave, make_views and timing_diagram make of them."""

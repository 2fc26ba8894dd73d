# Timing constraints of gca_head. Times in ns; another clock period: set the variable clock_ns before reading this file.

if {![info exists clock_ns]} { set clock_ns 1.0 }

create_clock -name clk -period $clock_ns [get_ports clk_i]

# The host takes two fifths of a cycle each way, so that a fifth is left where an input reaches an output (token_ready_o).
set host_ns [expr {0.4 * $clock_ns}]
set_input_delay $host_ns -clock clk [get_ports {pipelined_i window_i* status_clear_i token_valid_i new_sequence_i query_i* key_i* value_i* result_ready_i}]
set_output_delay $host_ns -clock clk [get_ports {token_ready_o result_valid_o sum_o* status_*_o*}]
# The analog side's drivers re-time all controls on the falling edge.
set_output_delay [expr {0.5 * $clock_ns}] -clock clk [get_ports ana_*_o*]

# Asynchronous: the pulses end in gca_synchronizer; the signs are settled cycles before gca_sign_ff takes them.
set_false_path -from [get_ports {ana_pulse_i* ana_sign_i*}]
# Released by the board's reset synchroniser.
set_false_path -from [get_ports rst_ni]

# Timing constraints of gca_head. Times in ns.

create_clock -name clk -period 1.0 [get_ports clk_i]

# Host side: half a cycle each way.
set host_inputs [get_ports {pipelined_i window_i* status_clear_i token_valid_i new_sequence_i query_i* key_i* value_i* result_ready_i}]
set_input_delay 0.5 -clock clk $host_inputs
set_output_delay 0.5 -clock clk [all_outputs]

# Asynchronous: the pulses end in gca_synchronizer; the signs are settled cycles before gca_sign_ff takes them.
set_false_path -from [get_ports {ana_pulse_i* ana_sign_i*}]
# Released by the board's reset synchroniser.
set_false_path -from [get_ports rst_ni]

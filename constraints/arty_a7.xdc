# Digilent Arty A7-35T. UNTESTED: no run of Vivado has read this file.
# Top: gca_board

# 100 MHz oscillator
set_property -dict {PACKAGE_PIN E3 IOSTANDARD LVCMOS33} [get_ports clk_i]
create_clock -name clk -period 10.0 [get_ports clk_i]
# The red button, low while it is pressed
set_property -dict {PACKAGE_PIN C2 IOSTANDARD LVCMOS33} [get_ports rst_ni]
# USB: the host's transmitter, the host's receiver
set_property -dict {PACKAGE_PIN A9 IOSTANDARD LVCMOS33} [get_ports uart_rx_i]
set_property -dict {PACKAGE_PIN D10 IOSTANDARD LVCMOS33} [get_ports uart_tx_o]
# LD4 to LD7
set_property -dict {PACKAGE_PIN H5 IOSTANDARD LVCMOS33} [get_ports {led_o[0]}]
set_property -dict {PACKAGE_PIN J5 IOSTANDARD LVCMOS33} [get_ports {led_o[1]}]
set_property -dict {PACKAGE_PIN T9 IOSTANDARD LVCMOS33} [get_ports {led_o[2]}]
set_property -dict {PACKAGE_PIN T10 IOSTANDARD LVCMOS33} [get_ports {led_o[3]}]
set_false_path -from [get_ports {rst_ni uart_rx_i}]
set_false_path -to [get_ports {uart_tx_o led_o[*]}]

# The head's clock is a flop. What crosses has two periods of clk (rtl/board/gca_stepped_head.sv), less the way of the head's
# clock; one and a half are asked for.
create_generated_clock -name head_clk -source [get_ports clk_i] -divide_by 8 [get_pins -hierarchical *head_clk_q_reg/Q]
set_max_delay -datapath_only -from [get_clocks clk] -to [get_clocks head_clk] 15.0
set_max_delay -datapath_only -from [get_clocks head_clk] -to [get_clocks clk] 15.0

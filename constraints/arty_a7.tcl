# Bitstream for the Arty A7-35T without a project, from the repository's root. UNTESTED: no Vivado was at hand.
#
#   vivado -mode batch -source constraints/arty_a7.tcl
#
# Writes build/fpga/arty_a7/: the bitstream and reports of utilisation and timing.

set folder build/fpga/arty_a7
file mkdir $folder
read_verilog -sv rtl/gca_pkg.sv
foreach file [glob rtl/*.sv rtl/board/*.sv] {
    if {[file tail $file] ne "gca_pkg.sv"} {
        read_verilog -sv $file
    }
}
read_xdc constraints/arty_a7.xdc
# 115200 baud at 100 MHz; CellW such that the view's multiplier is one DSP48
synth_design -top gca_board -part xc7a35ticsg324-1L -verilog_define SYNTHESIS \
    -generic Dim=16 -generic TileTokens=16 -generic Tiles=2 -generic CellW=17 \
    -generic ClocksPerBit=868
opt_design
place_design
route_design
report_utilization -file $folder/utilization.txt
report_timing_summary -file $folder/timing.txt
if {[get_property SLACK [get_timing_paths -delay_type max]] < 0} {
    error "timing is not met: see $folder/timing.txt"
}
write_bitstream -force $folder/gca_board.bit

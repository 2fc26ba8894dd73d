# What Icarus Verilog 11 needs changed in the RTL to read it: three forms of SystemVerilog that its grammar lacks. Nothing
# here changes what the RTL does. Icarus 12 lacks the last one only.
#
# Unsigned parameters have an equivalent older form.
s/\b(parameter|localparam) int unsigned\b/\1 [31:0]/
# Parameters that elaboration refuses: Verilator and Yosys check that (illegal_parameters_are_refused).
s/^    \$error\(".*"\);$//
# An immediate assertion's name. The assertion itself stays.
s/^( *)[A-Za-z0-9]+_[AMC]: (assert|assume|cover)\b/\1\2/

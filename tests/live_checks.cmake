# The checkers that scripts/formal proves, tests/formal/*_check.sv, live in Verilator: bound in the module tests and in the
# heads of the random geometries. What they choose is drawn by the seed of the flops, what they assume is asserted.
#
# Included from CMakeLists.txt before rtl_modules.cmake; needs gca_add_heads() and its variables.

set(GCA_CHECKS ${CMAKE_CURRENT_LIST_DIR}/formal)

# The checkers of some modules, in the order in which Verilator wants them.
function(gca_checkers result)
  set(files ${GCA_CHECKS}/gca_chosen.sv)
  foreach(module IN LISTS ARGN)
    list(APPEND files ${GCA_CHECKS}/gca_${module}_check.sv)
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

gca_checkers(GCA_ALL_CHECKERS adder_bank code_regs counter_bank head pwm_bank sequencer sign_ff status synchronizer write_ctrl)

# A checker looks at a part of some ports, and reads the reset as data: it is no hardware.
set(GCA_CHECKER_ARGS -Wno-UNUSEDSIGNAL -Wno-SYNCASYNCNET)

# gca_add_heads with all checkers bound.
function(gca_add_checked_heads)
  list(APPEND GCA_RTL ${GCA_ALL_CHECKERS})
  list(APPEND GCA_VERILATOR_ARGS ${GCA_CHECKER_ARGS})
  gca_add_heads(${ARGN})
endfunction()

# One small head with a bug that changes no output and one that does: the checkers have to speak.

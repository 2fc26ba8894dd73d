# The checkers that scripts/formal proves, tests/formal/*_check.sv, live in Verilator: bound in the module tests and in
# heads of the random geometries. What they choose is drawn by the seed of the flops, what they assume is asserted.
#
# Included from CMakeLists.txt before rtl_modules.cmake; needs gca_add_heads() and its variables.

set(GCA_CHECKS ${CMAKE_CURRENT_LIST_DIR}/formal)

# The checkers of some modules, in the order in which Verilator wants them. None where the RTL's coverage is measured: their
# covers are for the proofs.
function(gca_checkers result)
  set(${result} "" PARENT_SCOPE)
  if(GCA_COVERAGE STREQUAL "rtl")
    return()
  endif()
  set(files ${GCA_CHECKS}/gca_chosen.sv)
  foreach(module IN LISTS ARGN)
    list(APPEND files ${GCA_CHECKS}/gca_${module}_check.sv)
  endforeach()
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# Those of a whole head.
set(GCA_CHECKED_MODULES adder_bank code_regs counter_bank head popcount_readout pwm_bank readout_tile sequencer sign_ff
  status synchronizer write_ctrl)
gca_checkers(GCA_ALL_CHECKERS ${GCA_CHECKED_MODULES})

# A checker is no hardware: it looks at a part of some ports and reads the reset as data, and at the smallest sizes what it
# compares is constant.
set(GCA_CHECKER_ARGS -Wno-UNUSEDSIGNAL -Wno-SYNCASYNCNET -Wno-CMPCONST -Wno-UNSIGNED)

# gca_add_heads with all checkers bound.
function(gca_add_checked_heads)
  list(APPEND GCA_RTL ${GCA_ALL_CHECKERS})
  list(APPEND GCA_VERILATOR_ARGS ${GCA_CHECKER_ARGS})
  gca_add_heads(${ARGN})
endfunction()

# The closed loop of these geometries with all checkers bound.
function(gca_add_checked_loop)
  set(geometries ${ARGN})
  list(TRANSFORM geometries REPLACE "^random_" "checked_")
  gca_add_checked_heads(gca_checked_heads ${geometries})
  add_executable(checked_loop_test ${CMAKE_CURRENT_LIST_DIR}/closed_loop_test.cpp)
  target_link_libraries(checked_loop_test PRIVATE gca_sim gca_checked_heads gca_warnings GTest::gtest_main)
  gtest_discover_tests(checked_loop_test TEST_PREFIX checked.)
endfunction()

# A head with a bug: pulses of the query are a cycle too long. The program that runs it brings its own list of built heads.
function(gca_add_broken_head target)
  set(intact ${PROJECT_SOURCE_DIR}/rtl/gca_pwm_bank.sv)
  set(broken ${CMAKE_CURRENT_BINARY_DIR}/broken/gca_pwm_bank.sv)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${intact})
  file(READ ${intact} before)
  string(REPLACE "phase_d < code_i" "phase_d <= code_i" after "${before}")
  if(after STREQUAL before)
    message(FATAL_ERROR "gca_add_broken_head: gca_pwm_bank.sv has not the line that is to be broken")
  endif()
  file(CONFIGURE OUTPUT ${broken} @ONLY CONTENT "${after}")
  list(TRANSFORM GCA_RTL REPLACE "^.*/gca_pwm_bank.sv$" ${broken})
  gca_add_checked_heads(${target} broken=1x2x2:4x2x4)
endfunction()

gca_add_broken_head(gca_broken_head)
add_executable(live_checks_test ${CMAKE_CURRENT_LIST_DIR}/live_checks_test.cpp)
target_link_libraries(live_checks_test PRIVATE gca_sim gca_broken_head gca_warnings GTest::gtest_main)
gtest_discover_tests(live_checks_test)

# The synthesized netlist: models of its cells, the closed loop at gate level, equivalence with the RTL. Included from
# CMakeLists.txt.

add_test(NAME gate_cells COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/gate_cells_test.py)
add_test(NAME gates COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/gates_test.py ${CMAKE_BINARY_DIR})
add_test(NAME equivalence_tiny
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/equivalence --config tiny --build ${CMAKE_BINARY_DIR})

# The proofs at small sizes; scripts/formal runs all. Included from CMakeLists.txt.

add_test(NAME formal_quick
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/formal --profile quick --build ${CMAKE_BINARY_DIR})
set_tests_properties(formal_quick PROPERTIES RUN_SERIAL TRUE)  # it takes all cores itself

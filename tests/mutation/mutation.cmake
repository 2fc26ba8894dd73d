# The test of scripts/mutate. It builds a dozen mutants and runs module tests on them.
add_test(NAME mutation COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/mutation_test.py)

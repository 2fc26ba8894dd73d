# The test of scripts/synth. Included from CMakeLists.txt.

add_test(NAME synthesis COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/synthesis_test.py)

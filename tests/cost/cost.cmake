# Tests of sim/cost/, of the model that ships and of scripts/perplexity. Needs GTest, GoogleTest's functions, gca_report and gca_heads.

add_executable(cost_tests
  ${CMAKE_CURRENT_LIST_DIR}/activity_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/chip_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/svg_plot_test.cpp)
target_link_libraries(cost_tests PRIVATE gca_report gca_heads gca_warnings GTest::gtest_main)
target_compile_definitions(cost_tests PRIVATE GCA_DIGITAL_FILE="${PROJECT_SOURCE_DIR}/sim/data/digital.json")
gtest_discover_tests(cost_tests)
add_test(NAME cost_report
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/report_test.py $<TARGET_FILE:gca>)
add_test(NAME language_shipped
  COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/language/shipped_test.py $<TARGET_FILE:gca>)
add_test(NAME language_perplexity
  COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/language/perplexity_test.py $<TARGET_FILE:gca>)
gca_measure(cost_tests)

# Tests of sim/language/. Needs GTest, GoogleTest's functions, gca_language and gca_heads.

add_executable(language_tests
  ${CMAKE_CURRENT_LIST_DIR}/adapt_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/analog_heads_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/generate_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/model_file_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/safetensors_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/task_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/tokenizer_test.cpp
  ${CMAKE_CURRENT_LIST_DIR}/transformer_test.cpp)
target_link_libraries(language_tests PRIVATE
  gca_language gca_sim gca_heads gca_warnings GTest::gtest_main)
gtest_discover_tests(language_tests)
add_test(NAME language_program
  COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/program_test.py $<TARGET_FILE:gca>)
add_test(NAME training COMMAND /usr/bin/python3 ${CMAKE_CURRENT_LIST_DIR}/training_test.py $<TARGET_FILE:gca>)
gca_measure(language_tests)

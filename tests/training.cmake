# The test of scripts/train.
add_test(NAME training COMMAND /usr/bin/python3 ${CMAKE_CURRENT_SOURCE_DIR}/training_test.py $<TARGET_FILE:gca>)

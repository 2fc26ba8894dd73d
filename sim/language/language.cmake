# The language model around the heads: sim/language/README.md.

find_package(TBB REQUIRED)
pkg_check_modules(openblas REQUIRED IMPORTED_TARGET openblas)
pkg_check_modules(pcre2 REQUIRED IMPORTED_TARGET libpcre2-8)

# Wants one of gca_add_heads's libraries beside it, as gca_sim does.
add_library(gca_language STATIC
  sim/language/adapt.cpp
  sim/language/analog_heads.cpp
  sim/language/byte_pair_tokenizer.cpp
  sim/language/commands.cpp
  sim/language/evaluate.cpp
  sim/language/generate.cpp
  sim/language/gpt.cpp
  sim/language/gpt2_bench.cpp
  sim/language/language_model.cpp
  sim/language/linear.cpp
  sim/language/model_file.cpp
  sim/language/safetensors.cpp
  sim/language/shipped.cpp
  sim/language/softmax_heads.cpp
  sim/language/task.cpp
  sim/language/tokenizer.cpp
  sim/language/transformer.cpp
  sim/language/word_splitter.cpp
  sim/language/workers.cpp)
target_link_libraries(gca_language
  PUBLIC gca_cost gca_sim TBB::tbb nlohmann_json::nlohmann_json
  PRIVATE gca_warnings PkgConfig::openblas PkgConfig::pcre2 CLI11::CLI11)
set_source_files_properties(sim/language/shipped.cpp PROPERTIES COMPILE_DEFINITIONS
  GCA_DATA_FOLDER="${PROJECT_SOURCE_DIR}/sim/data")

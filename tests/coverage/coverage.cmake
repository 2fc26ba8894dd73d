# What scripts/coverage measures, by GCA_COVERAGE: "rtl" puts Verilator's counters and the functional points of this folder
# into every Verilated model, "cpp" has clang count the lines and branches of behavioral/ and sim/. Empty: nothing of this.

set(GCA_COVER_POINTS "")
set(GCA_VERILATE_COVERAGE "")
set(GCA_VERILATE_COVERAGE_ARGS "")
if(GCA_COVERAGE STREQUAL "rtl")
  file(GLOB GCA_COVER_POINTS CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*_cover.sv)
  list(PREPEND GCA_COVER_POINTS ${CMAKE_CURRENT_LIST_DIR}/cover.vlt)
  set(GCA_VERILATE_COVERAGE COVERAGE)
  # Verilator 5.006 splits an always block without regard to its counters, which then read what was assigned in between.
  # Flops wake up as zeros, because random bits would count as toggles until the first reset.
  set(GCA_VERILATE_COVERAGE_ARGS -fno-split --x-initial 0)
  list(REMOVE_ITEM GCA_VERILATOR_ARGS --savable)  # Verilator refuses it together with coverage
  list(APPEND GCA_VERILATOR_ARGS ${GCA_VERILATE_COVERAGE_ARGS})
elseif(GCA_COVERAGE STREQUAL "cpp")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "GCA_COVERAGE=cpp needs clang")
  endif()
  set(counters -O1 -fprofile-instr-generate -fcoverage-mapping)
  add_link_options(-fprofile-instr-generate)
elseif(GCA_COVERAGE)
  message(FATAL_ERROR "GCA_COVERAGE is \"${GCA_COVERAGE}\": must be rtl, cpp or empty")
endif()

# gca_cover_points_of(MODULE RESULT): the files to verilate with a module that stands alone.
function(gca_cover_points_of module result)
  set(modules ${module})
  if(module STREQUAL "readout_tile")
    list(APPEND modules synchronizer sign_ff counter_bank)
  elseif(module STREQUAL "counter_readout")
    list(APPEND modules synchronizer sign_ff counter_bank adder_bank)
  elseif(module STREQUAL "popcount_readout")
    list(APPEND modules synchronizer sign_ff)
  elseif(module STREQUAL "head")
    set(modules "[a-z_]+")
  endif()
  list(JOIN modules "|" modules)
  set(files ${GCA_COVER_POINTS})
  list(FILTER files INCLUDE REGEX "/(cover\\.vlt|gca_(${modules})_cover\\.sv)$")
  set(${result} ${files} PARENT_SCOPE)
endfunction()

# gca_measure(TARGET...): counts the lines and branches of their sources, and of the headers that these instantiate.
function(gca_measure)
  if(GCA_COVERAGE STREQUAL "cpp")
    foreach(target IN LISTS ARGN)
      target_compile_options(${target} PRIVATE ${counters})
    endforeach()
  endif()
endfunction()

# gca_measure_heads(TARGET): the same for what is ours beside Verilated models, and in an RTL build what keeps their counters.
function(gca_measure_heads target)
  if(GCA_COVERAGE STREQUAL "rtl")
    # sim/verilated_state.cpp wants the second, which Verilator adds with --savable alone.
    set(sources ${PROJECT_SOURCE_DIR}/sim/model_coverage.cpp ${VERILATOR_ROOT}/include/verilated_save.cpp)
    target_sources(${target} PRIVATE ${sources})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
    set_source_files_properties(${sources} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  elseif(GCA_COVERAGE STREQUAL "cpp")
    get_target_property(sources ${target} SOURCES)
    list(FILTER sources INCLUDE REGEX "^(${PROJECT_SOURCE_DIR}/sim|${CMAKE_BINARY_DIR}/built)/.*\\.cpp$")
    set_source_files_properties(${sources} PROPERTIES COMPILE_OPTIONS "${counters}")
  endif()
endfunction()

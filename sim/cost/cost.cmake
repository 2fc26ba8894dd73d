# Estimates of time, energy and area: sim/cost/README.md.

# How much a head does, and what that takes.
add_library(gca_cost STATIC
  sim/cost/activity.cpp
  sim/cost/chip.cpp
  sim/cost/digital.cpp
  sim/cost/svg_plot.cpp)
target_link_libraries(gca_cost PUBLIC gca_sim PRIVATE gca_warnings nlohmann_json::nlohmann_json)

# `gca report`. Wants one of gca_add_heads's libraries beside it, as gca_sim does.
add_library(gca_report STATIC
  sim/cost/command.cpp
  sim/cost/estimate.cpp
  sim/cost/page.cpp)
target_link_libraries(gca_report PUBLIC gca_language PRIVATE gca_warnings CLI11::CLI11)

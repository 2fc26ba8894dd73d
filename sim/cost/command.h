// The command `gca report`.
#pragma once

#include <functional>
#include <string>

#include "sim/cost/estimate.h"

namespace CLI {
class App;
}

namespace gca {

struct CostArguments {
    std::string config_file;
    EstimateOptions estimate;
    std::string output;
    bool json = false;
};

/// Adds the command to the program's; `chosen` is called when it is called.
void add_cost_command(CLI::App& app, CostArguments& arguments, const std::function<void()>& chosen);

/// Does what `arguments` say; returns the exit code.
int cost_command(const CostArguments& arguments);

}  // namespace gca

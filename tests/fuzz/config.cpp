// Fuzz target: the text of a configuration (sim/config_file.h, sim/toml_text.h). What is accepted must come back to the
// bit from what is printed of it.
#include <string>
#include <string_view>

#include "sim/config_file.h"
#include "tests/fuzz/target.h"

namespace gca::fuzz {

void try_input(Bytes input) {
    const std::string text = text_of(input);
    Config config;
    if (!accepted([&] { config = parse_config(text, "F"); }, "F")) {
        return;
    }
    const std::string printed = print_config(config);
    const Config again = parse_config(printed, "what print_config gave");
    require(again == config, "print_config loses something");
    require(print_config(again) == printed, "print_config is not stable");
    require(config_values(again) == config_values(config), "config_values are not stable");
}

}  // namespace gca::fuzz

#include "sim/gate_head.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "behavioral/error.h"
#include "sim/config_file.h"
#include "sim/printable.h"

namespace gca {

namespace {

template <typename Function>
Function* function(void* library, const char* name) {
    return std::bit_cast<Function*>(::dlsym(library, name));
}

}  // namespace

const BuiltHead& load_gate_head(const std::filesystem::path& file, const Config& config) {
    require_hardware(config, "gates");
    const std::string name = printable(file.string());
    // By its path: a name without a slash would be searched for among the system's libraries.
    void* const library = ::dlopen(std::filesystem::absolute(file).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        throw InputError(fmt::format("--gate-head: {}", printable(::dlerror())));
    }
    auto* const interface = function<GateHeadInterface>(library, kGateHeadInterface);
    auto* const entry = function<GateHeadEntry>(library, kGateHeadEntry);
    if (interface == nullptr || entry == nullptr) {
        throw InputError(fmt::format("--gate-head: {}: not a library that scripts/gates built", name));
    }
    if (std::strcmp(interface(), GCA_GATE_HEAD_INTERFACE) != 0) {
        throw InputError(
            fmt::format("--gate-head: {}: built from other sources than this program: run scripts/gates again", name));
    }
    const BuiltHead& head = *entry();
    if (!fits(head, config)) {
        throw InputError(fmt::format(
            "--gate-head: {}: its head is {}x{}x{} with {}, {} and {} levels and {}, the configuration's {}x{}x{} with "
            "{}, {} and {} and {}",
            name, head.geometry.dim, head.geometry.tile_tokens, head.geometry.tiles, head.query_levels,
            head.store_levels, head.output_levels, to_string(head.readout), config.geometry.dim,
            config.geometry.tile_tokens, config.geometry.tiles, config.quantization.query_levels,
            config.quantization.store_levels, config.quantization.output_levels, to_string(config.hardware.readout)));
    }
    return head;
}

}  // namespace gca

#include "behavioral/state_archive.h"

#include <algorithm>

#include "behavioral/error.h"

namespace gca {

namespace {

void require(std::string_view name, std::uint64_t needed, std::uint64_t left) {
    if (needed > left) {
        throw InputError(std::string(name) + " needs " + std::to_string(needed) + " bytes, there are " +
                         std::to_string(left));
    }
}

}  // namespace

void StateArchive::refuse(std::string_view name, const std::string& value, const std::string& least,
                          const std::string& greatest) {
    throw InputError(std::string(name) + " is " + value + ": must be " + least + " to " + greatest);
}

void StateArchive::bytes(std::string_view name, std::span<std::byte> values) {
    if (!restoring_) {
        output_.insert(output_.end(), values.begin(), values.end());
        return;
    }
    require(name, values.size(), input_.size());
    std::copy_n(input_.begin(), values.size(), values.begin());
    input_ = input_.subspan(values.size());
}

void StateArchive::flag(std::string_view name, bool& value) {
    std::uint8_t byte = value ? 1 : 0;
    number<std::uint8_t>(name, byte, 0, 1);
    value = byte != 0;
}

void StateArchive::text(std::string_view name, std::string& value) {
    std::uint64_t length = value.size();
    number(name, length);
    if (restoring_) {
        require(name, length, input_.size());
        value.resize(length);
    }
    bytes(name, std::as_writable_bytes(std::span(value)));
}

void StateArchive::require_end() const {
    if (!input_.empty()) {
        throw InputError(std::to_string(input_.size()) + " bytes too many");
    }
}

}  // namespace gca

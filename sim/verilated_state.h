// The flops and pins of a Verilated model as bytes, by Verilator's --savable. Included by the generated file of each
// built geometry only.
//
// What Verilator writes is: its own flags and a checksum of the model, then the context (time, random numbers, file
// names), then the model's variables. The variables alone are the head's state. Restoring, the bytes before them are
// this process's own, so that a damaged file meets neither Verilator's fatal errors nor its lengths of strings.
//
// A variable takes 8, 16, 32 or more bits, of which it has only some. Verilator's code counts on zeros in the others:
// it shifts and indexes with whole variables. So a state is refused that has others there.
#pragma once

#include <verilated.h>
#include <verilated_save.h>

#include <cstddef>
#include <span>
#include <vector>

namespace gca {

/// Collects what Verilator saves.
class MemorySerialize final : public VerilatedSerialize {
 public:
    void flush() override;
    [[nodiscard]] std::vector<std::byte> take();

 private:
    std::vector<std::byte> bytes_;
};

/// Gives Verilator what it saved; zeros behind the end.
class MemoryDeserialize final : public VerilatedDeserialize {
 public:
    explicit MemoryDeserialize(std::span<const std::byte> bytes);
    void fill() override;

 private:
    std::span<const std::byte> left_;
};

/// Where the model's variables begin in `model`, which Verilator saved together with `context`.
[[nodiscard]] std::size_t variables_offset(std::span<const std::byte> model, VerilatedContext& context);

/// Throws InputError if `state` has a bit that is not in `mask`. A byte without any in `mask` is not looked at.
void require_bits(std::span<const std::byte> state, std::span<const std::byte> mask);

}  // namespace gca

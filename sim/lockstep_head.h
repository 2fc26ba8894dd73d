// Two heads as one: the first one's pins are the head's, the second one gets the same inputs. Every output pin of both
// is compared after every edge, from the end of the first reset on. For a head at gate level beside the RTL's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/rtl_head.h"

namespace gca {

/// An output pin of the two heads differs. The message names it, and both values.
class LockstepError : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

class LockstepHead final : public RtlHead {
 public:
    /// `what`, `beside`: what messages call the two.
    LockstepHead(std::unique_ptr<RtlHead> head, std::string what, std::unique_ptr<RtlHead> other, std::string beside);

    void eval() override;
    /// False if an assertion of either failed.
    [[nodiscard]] bool rise(std::uint64_t time_ps) override;

    /// The first head's alone.
    void open_trace(const std::filesystem::path& file, TraceSignals& extra) override { head_->open_trace(file, extra); }
    void dump(std::uint64_t time_ps) override { head_->dump(time_ps); }
    void close_trace() override { head_->close_trace(); }
    [[nodiscard]] std::vector<std::byte> save() override { return head_->save(); }
    void restore(std::span<const std::byte> state) override { head_->restore(state); }

 private:
    struct Output {
        const char* name;
        std::span<const std::byte> head;
        std::span<const std::byte> other;
    };

    void copy_inputs();
    void compare() const;

    std::unique_ptr<RtlHead> head_;
    std::string what_;
    std::unique_ptr<RtlHead> other_;
    std::string beside_;
    std::vector<Output> outputs_;
    bool was_reset_ = false;
};

}  // namespace gca

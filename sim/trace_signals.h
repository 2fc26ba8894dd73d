// Signals besides the RTL's own in its waveform file: real numbers and single bits, declared before the file is opened.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace gca {

class TraceSignals {
 public:
    enum class Kind { real, bit };
    struct Signal {
        std::vector<std::string> scopes;  ///< from the outermost
        std::string name;
        Kind kind = Kind::real;
    };

    /// Gives the signal's index for `set`. Signals of one scope are added one after the other.
    std::size_t add(std::vector<std::string> scopes, std::string name, Kind kind, double value) {
        signals_.push_back({std::move(scopes), std::move(name), kind});
        values_.push_back({value, false});
        return signals_.size() - 1;
    }
    /// A bit is 0 or 1.
    void set(std::size_t signal, double value) {
        Value& old = values_[signal];
        if (old.value != value) {
            old.value = value;
            write_again(signal);
        }
    }
    /// The next point in time has this signal's value even if it stays.
    void write_again(std::size_t signal) {
        if (!std::exchange(values_[signal].changed, true)) {
            changed_.push_back(signal);
        }
    }

    [[nodiscard]] const std::vector<Signal>& all() const { return signals_; }
    [[nodiscard]] double value(std::size_t signal) const { return values_[signal].value; }
    /// Calls `use` with the index of each signal that was set to another value, or is to be written again, since the
    /// last call.
    template <typename Use>
    void take_changes(Use use) {
        for (const std::size_t signal : changed_) {
            values_[signal].changed = false;
            use(signal);
        }
        changed_.clear();
    }

 private:
    struct Value {
        double value;
        bool changed;
    };

    std::vector<Signal> signals_;
    std::vector<Value> values_;
    std::vector<std::size_t> changed_;
};

}  // namespace gca

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
        values_.push_back(value);
        return signals_.size() - 1;
    }
    void set(std::size_t signal, double value) { values_[signal] = value; }
    [[nodiscard]] const std::vector<Signal>& all() const { return signals_; }
    /// By index. Bits are 0 or 1.
    [[nodiscard]] const std::vector<double>& values() const { return values_; }

 private:
    std::vector<Signal> signals_;
    std::vector<double> values_;
};

}  // namespace gca

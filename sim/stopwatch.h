// How long something took.
#pragma once

#include <chrono>

namespace gca {

class Stopwatch {
 public:
    /// Since the stopwatch was made.
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    }

 private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace gca

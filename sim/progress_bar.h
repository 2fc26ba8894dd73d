// A progress bar on standard error while it lives, if that is a terminal; otherwise nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

namespace gca {

class ProgressBar {
 public:
    /// `done` is read now and then until it reaches `total`.
    ProgressBar(const std::atomic<std::uint64_t>& done, std::uint64_t total);
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;
    /// Takes the bar off the screen.
    ~ProgressBar();

 private:
    std::jthread painter_;
};

}  // namespace gca

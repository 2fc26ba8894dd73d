#include "sim/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>

namespace gca {

namespace {

void paint(double share) {
    constexpr int kWidth = 40;
    const int full = static_cast<int>(share * kWidth);
    fmt::print(stderr, "\r[{}{}] {:3.0f} %", std::string(static_cast<std::size_t>(full), '='),
               std::string(static_cast<std::size_t>(kWidth - full), ' '), 100.0 * share);
    std::fflush(stderr);
}

}  // namespace

ProgressBar::ProgressBar(const std::atomic<std::uint64_t>& done, std::uint64_t total) {
    if (::isatty(STDERR_FILENO) == 0 || total == 0) {
        return;
    }
    painter_ = std::jthread([&done, total](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any wake;
        std::unique_lock lock(mutex);
        while (!stop.stop_requested()) {
            paint(static_cast<double>(done.load(std::memory_order_relaxed)) / static_cast<double>(total));
            wake.wait_for(lock, stop, std::chrono::milliseconds(100), [] { return false; });
        }
        fmt::print(stderr, "\r\x1b[K");
    });
}

ProgressBar::~ProgressBar() = default;

}  // namespace gca

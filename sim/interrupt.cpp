#include "sim/interrupt.h"

#include <atomic>
#include <csignal>

namespace gca {

namespace {

std::atomic<int> noted_signal{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): a handler's only way
static_assert(std::atomic<int>::is_always_lock_free, "the signal handler writes it");

extern "C" void note_signal(int signal) {
    noted_signal.store(signal, std::memory_order_relaxed);
    std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_interrupts() {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
        if (std::signal(signal, note_signal) == SIG_IGN) {
            std::signal(signal, SIG_IGN);  // as nohup wants it
        }
    }
}

void check_interrupt() {
    const int signal = noted_signal.load(std::memory_order_relaxed);
    if (signal != 0) {
        throw Interrupted(signal);
    }
}

}  // namespace gca

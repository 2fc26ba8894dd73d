// Ctrl-C and termination: a run ends at its next token or cycle, its trace closed and its temporary files removed.
#pragma once

#include <stdexcept>

namespace gca {

class Interrupted : public std::runtime_error {
 public:
    explicit Interrupted(int signal) : std::runtime_error("interrupted"), signal_(signal) {}
    [[nodiscard]] int signal() const { return signal_; }

 private:
    int signal_;
};

/// From now on, the first SIGINT, SIGTERM or SIGHUP is noted; a second one ends the program at once. Signals
/// that were ignored stay so.
void catch_interrupts();

/// Throws Interrupted if a signal was noted. Cheap.
void check_interrupt();

}  // namespace gca

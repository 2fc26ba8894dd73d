// A board without a board: a Verilated one (board_model.h) behind a pseudo-terminal, with faults on the line.
//
//   board_sim LINK [--top board|periphery] [--flip P] [--drop P] [--seed N] [--pull-after BYTES] [--reset-after BYTES]
//   [--power-after BYTES]
//
//   LINK            a symbolic link to the terminal that a host opens; made when the board is up
//   --top           board: the closed loop (default); periphery: gca_periphery, with the array view as the test chip at
//                   its pins (periphery_chip.sv), for the configuration of board_link_test.py
//   --flip, --drop  a byte has a bit flipped, or is lost, with this probability, in both directions
//   --pull-after    after so many bytes of the host the terminal goes away, in mid-frame; a new one comes 300 ms later
//   --reset-after   after so many bytes the reset pin is low for a moment
//   --power-after   after so many bytes the board is another one that has just been switched on
//
// Runs until it is killed; SIGTERM prints what was done to the line.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "tests/board_model.h"

namespace gca {
namespace {

// Long enough for the longest answer, and for the board to forget a frame that was cut short.
constexpr unsigned kIdleBits = 6000;

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a handler's only way
volatile std::sig_atomic_t stopped = 0;

/// The master's side of a pseudo-terminal, and the link to it.
class Terminal {
 public:
    explicit Terminal(std::filesystem::path link) : link_(std::move(link)) { plug(); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;
    ~Terminal() { pull(); }

    void plug() {
        file_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
        if (file_ < 0 || ::grantpt(file_) != 0 || ::unlockpt(file_) != 0) {
            throw std::system_error(errno, std::generic_category(), "pseudo-terminal");
        }
        const std::string name = ::ptsname(file_);
        // Open here too, so that nothing is lost and nothing fails while no host is there; and raw from the start.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): POSIX has no other
        kept_ = ::open(name.c_str(), O_RDWR | O_NOCTTY);
        termios settings{};
        ::tcgetattr(kept_, &settings);
        ::cfmakeraw(&settings);
        ::tcsetattr(kept_, TCSANOW, &settings);
        const std::filesystem::path fresh = link_.string() + ".new";
        std::filesystem::remove(fresh);
        std::filesystem::create_symlink(name, fresh);
        std::filesystem::rename(fresh, link_);
    }
    void pull() {
        std::filesystem::remove(link_);
        ::close(kept_);
        ::close(file_);
    }

    [[nodiscard]] std::vector<std::uint8_t> read(int patience_ms) const {
        pollfd line{.fd = file_, .events = POLLIN, .revents = 0};
        std::array<std::uint8_t, 256> buffer{};
        if (::poll(&line, 1, patience_ms) <= 0) {
            return {};
        }
        const ssize_t got = ::read(file_, buffer.data(), buffer.size());
        return {buffer.begin(), buffer.begin() + std::max<ssize_t>(got, 0)};
    }
    void write(std::uint8_t byte) const {
        while (::write(file_, &byte, 1) < 0 && errno == EAGAIN && stopped == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

 private:
    std::filesystem::path link_;
    int file_ = -1;
    int kept_ = -1;
};

/// One direction's faults.
class Faults {
 public:
    Faults(double flip, double drop, std::uint64_t seed) : flip_(flip), drop_(drop), random_(seed) {}

    std::optional<std::uint8_t> pass(std::uint8_t byte) {
        if (std::bernoulli_distribution(drop_)(random_)) {
            ++dropped_;
            return std::nullopt;
        }
        if (std::bernoulli_distribution(flip_)(random_)) {
            ++flipped_;
            byte = static_cast<std::uint8_t>(byte ^ 1U << random_() % 8);
        }
        return byte;
    }

    [[nodiscard]] std::uint64_t flipped() const { return flipped_; }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }

 private:
    std::uint64_t flipped_ = 0;
    std::uint64_t dropped_ = 0;
    double flip_;
    double drop_;
    std::mt19937_64 random_;
};

struct Options {
    std::filesystem::path link;
    bool periphery = false;
    double flip = 0.0;
    double drop = 0.0;
    std::uint64_t seed = 1;
    std::uint64_t pull_after = UINT64_MAX;
    std::uint64_t reset_after = UINT64_MAX;
    std::uint64_t power_after = UINT64_MAX;
};

Options parse(std::span<char*> arguments) {
    if (arguments.empty() || arguments.size() % 2 == 0) {
        throw std::invalid_argument("board_sim LINK [--flip P] [--drop P] [--seed N] [--pull-after BYTES] ...");
    }
    Options options{.link = arguments[0]};
    for (std::size_t i = 1; i < arguments.size(); i += 2) {
        const std::string_view name = arguments[i];
        const std::string value = arguments[i + 1];
        if (name == "--top" && (value == "board" || value == "periphery")) {
            options.periphery = value == "periphery";
        } else if (name == "--flip") {
            options.flip = std::stod(value);
        } else if (name == "--drop") {
            options.drop = std::stod(value);
        } else if (name == "--seed") {
            options.seed = std::stoull(value);
        } else if (name == "--pull-after") {
            options.pull_after = std::stoull(value);
        } else if (name == "--reset-after") {
            options.reset_after = std::stoull(value);
        } else if (name == "--power-after") {
            options.power_after = std::stoull(value);
        } else {
            throw std::invalid_argument(std::string(name) + ": no such option");
        }
    }
    return options;
}

/// The board, the terminal, and what happens on the way between them.
class Simulation {
 public:
    explicit Simulation(const Options& options)
        : options_(options),
          to_board_(options.flip, options.drop, options.seed),
          to_host_(options.flip, options.drop, options.seed + 1),
          board_(make_board(options.periphery)),
          terminal_(options.link) {}

    void run() {
        while (stopped == 0) {
            receive();
            for (unsigned i = 0; i < 1000 && active_ > 0; ++i) {
                clock();
            }
        }
        fmt::print("{} bytes of the host: {} flipped, {} lost; {} of the board: {} flipped, {} lost\n", received_,
                   to_board_.flipped(), to_board_.dropped(), answered_, to_host_.flipped(), to_host_.dropped());
    }

 private:
    void receive() {
        for (const std::uint8_t byte : terminal_.read(active_ > 0 ? 0 : 20)) {
            if (const auto passed = to_board_.pass(byte)) {
                board_->send(*passed);
            }
            active_ = idle_clocks();
            ++received_;
            if (received_ == options_.pull_after) {
                terminal_.pull();
                std::this_thread::sleep_for(std::chrono::milliseconds(300));
                terminal_.plug();
                return;
            }
            if (received_ == options_.reset_after) {
                board_->reset();
            }
            if (received_ == options_.power_after) {
                board_ = make_board(options_.periphery);
            }
        }
    }

    void clock() {
        active_ = board_->sending() ? idle_clocks() : active_ - 1;
        if (const auto byte = board_->clock()) {
            ++answered_;
            active_ = idle_clocks();
            if (const auto passed = to_host_.pass(*byte)) {
                terminal_.write(*passed);
            }
        }
    }

    [[nodiscard]] unsigned idle_clocks() const { return kIdleBits * board_->clocks_per_bit(); }

    Options options_;
    Faults to_board_;
    Faults to_host_;
    std::unique_ptr<Board> board_;
    Terminal terminal_;
    std::uint64_t received_ = 0;
    std::uint64_t answered_ = 0;
    unsigned active_ = 0;  ///< clocks that are still to be run
};

}  // namespace
}  // namespace gca

int main(int argc, char** argv) {
    for (const int signal : {SIGTERM, SIGINT}) {
        std::signal(signal, [](int) { gca::stopped = 1; });
    }
    try {
        gca::Simulation(gca::parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1))).run();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "board_sim: {}\n", error.what());
    }
    return 1;
}

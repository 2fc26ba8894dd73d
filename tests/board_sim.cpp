// A board without a board: the Verilated gca_board behind a pseudo-terminal, with faults on the line.
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

#include <Vgca_board.h>
#include <Vperiphery_chip.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>
#include <verilated.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <deque>
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

#include "behavioral/view_tables.h"

namespace gca {
namespace {

constexpr unsigned kClocksPerBit = GCA_BOARD_SIM_CLOCKS_PER_BIT;
// Long enough for the longest answer, and for the board to forget a frame that was cut short.
constexpr unsigned kIdleClocks = 6000 * kClocksPerBit;

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

/// A board and its line, bit by bit.
class Board {
 public:
    Board() = default;
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;
    virtual ~Board() = default;

    virtual void send(std::uint8_t byte) = 0;
    [[nodiscard]] virtual bool sending() const = 0;
    /// One clock; gives a byte that the board has sent.
    virtual std::optional<std::uint8_t> clock() = 0;
    virtual void reset() = 0;
};

template <typename Model>
class ModelBoard final : public Board {
 public:
    ModelBoard() : model_(make_model(context_)) {
        model_->rst_ni = 1;
        model_->uart_rx_i = 1;
        for (unsigned i = 0; i < 20; ++i) {
            clock();
        }
        if constexpr (kIsChip) {
            reset();
        }
        context_.assertOn(true);
        if constexpr (kIsChip) {
            load_chip();
        }
    }
    ModelBoard(const ModelBoard&) = delete;
    ModelBoard& operator=(const ModelBoard&) = delete;
    ~ModelBoard() override { model_->final(); }

    void send(std::uint8_t byte) override { pending_.push_back(byte); }
    [[nodiscard]] bool sending() const override { return !pending_.empty() || left_ > 0; }

    std::optional<std::uint8_t> clock() override {
        drive();
        model_->clk_i = 1;
        model_->eval();
        model_->clk_i = 0;
        model_->eval();
        if (context_.gotError()) {
            throw std::runtime_error("an assertion failed");
        }
        return listen();
    }
    void reset() override {
        model_->rst_ni = 0;
        for (unsigned i = 0; i < 10; ++i) {
            clock();
        }
        model_->rst_ni = 1;
    }

 private:
    static constexpr bool kIsChip = requires(Model & model) { model.load_valid_i; };

    static std::unique_ptr<Model> make_model(VerilatedContext& context) {
        context.randReset(2);
        context.randSeed(1);
        context.fatalOnError(false);
        context.assertOn(false);  // until the flops have left the state in which they wake up
        return std::make_unique<Model>(&context, "");
    }

    /// The test chip's cells are what they are: nobody at the serial line can load them.
    void load_chip() {
        Config config;
        config.geometry = {.dim = 8, .tile_tokens = 8, .tiles = 2};
        config.charge_to_pulse = {.s_sat = 10.0, .a_sat = 5.0};
        const ViewTables tables = view_tables(config, {.cell_bits = 18, .leakage = true});
        const auto load = [this, &tables](unsigned kind, std::size_t address, std::uint64_t number) {
            model_->load_kind_i = static_cast<std::uint8_t>(kind);
            model_->load_address_i = static_cast<std::uint8_t>(address);
            model_->load_data_i = number & ((std::uint64_t{1} << tables.threshold_bits) - 1);
            model_->load_valid_i = 1;
            clock();
            model_->load_valid_i = 0;
        };
        for (std::size_t i = 0; i < tables.cell.size(); ++i) {
            load(0, i, static_cast<std::uint64_t>(tables.cell[i]));
        }
        for (std::size_t j = 0; j < tables.thresholds.size(); ++j) {
            load(1, j, tables.thresholds[j]);
        }
        load(2, 0, tables.full);
    }

    void drive() {
        if (left_ == 0 && !pending_.empty()) {
            frame_ = 0x200U | static_cast<unsigned>(pending_.front()) << 1U;  // start, data, stop
            pending_.pop_front();
            left_ = 10 * kClocksPerBit;
        }
        if (left_ > 0) {
            model_->uart_rx_i = frame_ >> (10 - (left_ + kClocksPerBit - 1) / kClocksPerBit) & 1U;
            --left_;
        }
    }
    std::optional<std::uint8_t> listen() {
        if (heard_ == 0) {
            if (model_->uart_tx_o == 0) {
                heard_ = 1;
                byte_ = 0;
            }
            return std::nullopt;
        }
        ++heard_;
        if (heard_ % kClocksPerBit == kClocksPerBit / 2) {
            const unsigned bit = heard_ / kClocksPerBit;
            if (bit == 9) {
                heard_ = 0;
                return byte_;
            }
            if (bit > 0) {
                byte_ = static_cast<std::uint8_t>(byte_ | model_->uart_tx_o << (bit - 1));
            }
        }
        return std::nullopt;
    }

    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    std::deque<std::uint8_t> pending_;
    unsigned frame_ = 0;
    unsigned left_ = 0;   ///< clocks of the byte that is being sent
    unsigned heard_ = 0;  ///< clocks since the start bit of the board's byte
    std::uint8_t byte_ = 0;
};

std::unique_ptr<Board> make_board(bool periphery) {
    if (periphery) {
        return std::make_unique<ModelBoard<Vperiphery_chip>>();
    }
    return std::make_unique<ModelBoard<Vgca_board>>();
}

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
            active_ = kIdleClocks;
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
        active_ = board_->sending() ? kIdleClocks : active_ - 1;
        if (const auto byte = board_->clock()) {
            ++answered_;
            active_ = kIdleClocks;
            if (const auto passed = to_host_.pass(*byte)) {
                terminal_.write(*passed);
            }
        }
    }

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

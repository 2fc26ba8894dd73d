// A Verilated board and its serial line, bit by bit. board_sim puts one behind a pseudo-terminal.
#pragma once

#include <verilated.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <stdexcept>

namespace gca {

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
    [[nodiscard]] virtual unsigned clocks_per_bit() const = 0;
};

/// A new board, just switched on. Defined beside the models: board_tops.cpp, scripts/boards/board_netlist.cpp.
std::unique_ptr<Board> make_board(bool periphery);

template <typename Model>
class ModelBoard : public Board {
 public:
    /// `reset_first`: the reset pin is low for a moment after the first clocks.
    explicit ModelBoard(unsigned clocks_per_bit, bool reset_first = false)
        : clocks_per_bit_(clocks_per_bit), model_(make_model(context_)) {
        model_->rst_ni = 1;
        model_->uart_rx_i = 1;
        for (unsigned i = 0; i < 20; ++i) {
            step();
        }
        if (reset_first) {
            hold_reset();
        }
        context_.assertOn(true);
    }
    ModelBoard(const ModelBoard&) = delete;
    ModelBoard& operator=(const ModelBoard&) = delete;
    ~ModelBoard() override { model_->final(); }

    void send(std::uint8_t byte) override { pending_.push_back(byte); }
    [[nodiscard]] bool sending() const override { return !pending_.empty() || left_ > 0; }
    std::optional<std::uint8_t> clock() override { return step(); }
    void reset() override { hold_reset(); }
    [[nodiscard]] unsigned clocks_per_bit() const override { return clocks_per_bit_; }

 protected:
    [[nodiscard]] Model& model() { return *model_; }

 private:
    static std::unique_ptr<Model> make_model(VerilatedContext& context) {
        context.randReset(2);
        context.randSeed(1);
        context.fatalOnError(false);
        context.assertOn(false);  // until the flops have left the state in which they wake up
        return std::make_unique<Model>(&context, "");
    }

    std::optional<std::uint8_t> step() {
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
    void hold_reset() {
        model_->rst_ni = 0;
        for (unsigned i = 0; i < 10; ++i) {
            step();
        }
        model_->rst_ni = 1;
    }

    void drive() {
        if (left_ == 0 && !pending_.empty()) {
            frame_ = 0x200U | static_cast<unsigned>(pending_.front()) << 1U;  // start, data, stop
            pending_.pop_front();
            left_ = 10 * clocks_per_bit_;
        }
        if (left_ > 0) {
            model_->uart_rx_i = frame_ >> (10 - (left_ + clocks_per_bit_ - 1) / clocks_per_bit_) & 1U;
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
        if (heard_ % clocks_per_bit_ == clocks_per_bit_ / 2) {
            const unsigned bit = heard_ / clocks_per_bit_;
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

    unsigned clocks_per_bit_;
    VerilatedContext context_;
    std::unique_ptr<Model> model_;
    std::deque<std::uint8_t> pending_;
    unsigned frame_ = 0;
    unsigned left_ = 0;   ///< clocks of the byte that is being sent
    unsigned heard_ = 0;  ///< clocks since the start bit of the board's byte
    std::uint8_t byte_ = 0;
};

}  // namespace gca

// What the tests of single RTL modules share: a bench around one Verilated module, packed ports, starting values.
//
// rtl_modules.cmake verilates each module at several sizes and generates module_builds/<module>.h, which describes a
// build by a struct with Model, kConfiguration and one constant for each parameter. A typed test runs on all of them.
#pragma once

#include <gtest/gtest.h>
#include <verilated.h>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>

#include "sim/model_coverage.h"

namespace gca::module_test {

// ---- packed ports
// ----------------------------------------------------------------------------------------------------

template <std::integral Port>
bool get_bit(Port port, std::size_t i) {
    return ((static_cast<std::uint64_t>(port) >> i) & 1) != 0;
}

template <std::size_t Words>
bool get_bit(const VlWide<Words>& port, std::size_t i) {
    return get_bit(port.at(i / 32), i % 32);
}

template <std::integral Port>
void set_bit(Port& port, std::size_t i, bool value) {
    const std::uint64_t mask = std::uint64_t{1} << i;
    const std::uint64_t word = port;
    port = static_cast<Port>(value ? word | mask : word & ~mask);
}

template <std::size_t Words>
void set_bit(VlWide<Words>& port, std::size_t i, bool value) {
    set_bit(port.at(i / 32), i % 32, value);
}

/// Field `i` of `width` bits (at most 32) in a packed vector of such fields.
template <typename Port>
std::uint32_t get_field(const Port& port, std::size_t i, unsigned width) {
    std::uint32_t value = 0;
    for (unsigned b = 0; b < width; ++b) {
        value |= std::uint32_t{get_bit(port, i * width + b)} << b;
    }
    return value;
}

/// The same as a two's complement number.
template <typename Port>
std::int32_t get_signed_field(const Port& port, std::size_t i, unsigned width) {
    const unsigned shift = 32 - width;
    return static_cast<std::int32_t>(get_field(port, i, width) << shift) >> shift;
}

template <typename Port>
void set_field(Port& port, std::size_t i, unsigned width, std::uint32_t value) {
    if (width < 32 && (value >> width) != 0) {
        throw std::invalid_argument("set_field: the value does not fit into the field");
    }
    for (unsigned b = 0; b < width; ++b) {
        set_bit(port, i * width + b, ((value >> b) & 1) != 0);
    }
}

/// $clog2 of SystemVerilog, for n >= 1.
constexpr unsigned clog2(unsigned n) {
    return static_cast<unsigned>(std::bit_width(n - 1));
}

// ---- bench
// -----------------------------------------------------------------------------------------------------------

/// What flops hold before the first clock edge. The values are those of VerilatedContext::randReset.
enum class Wake { zeros = 0, ones = 1, random = 2 };

struct Start {
    Wake wake;
    int seed;  // of the flops and of the stimulus; not 0, which would be the wall clock
};

inline constexpr std::array kStarts = {Start{Wake::zeros, 1}, Start{Wake::ones, 2}, Start{Wake::random, 3},
                                       Start{Wake::random, 4}, Start{Wake::random, 5}};

/// Ends the test of one start; the failure is recorded already.
struct Mismatch : std::exception {};

/// What a bench is whatever its module: random numbers, time, comparisons. Apart, because it compiles once.
class BenchBase {
 public:
    BenchBase(Start start, const char* configuration)
        : random_(static_cast<std::uint64_t>(start.seed)), start_(start), configuration_(configuration) {
        context_.randReset(static_cast<int>(start.wake));
        context_.randSeed(start.seed);
        context_.fatalOnError(false);  // the bench ends the test
    }
    BenchBase(const BenchBase&) = delete;
    BenchBase& operator=(const BenchBase&) = delete;
    BenchBase(BenchBase&&) = delete;
    BenchBase& operator=(BenchBase&&) = delete;
    ~BenchBase() = default;

    /// Records a failure and throws Mismatch unless both are the same. `index` is that of a bit, channel or token.
    template <std::convertible_to<std::int64_t> Expected, std::convertible_to<std::int64_t> Got>
    void equal(Expected expected, Got got, const char* what, std::int64_t index = -1,
               const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
        const auto left = static_cast<std::int64_t>(expected);
        const auto right = static_cast<std::int64_t>(got);
        ++comparisons_;
        if (left != right) {
            fail(left, right, what, index, file, line);
        }
    }

    /// Records a failure if nothing was compared.
    void finish() const {
        if (comparisons_ == 0) {
            ADD_FAILURE() << configuration_ << ": the test compared nothing";
        }
    }

    [[nodiscard]] std::int64_t cycle() const { return cycle_; }

    /// The token that a failure message names from now on; -1: none.
    void about_token(std::int64_t token) { token_ = token; }

    /// A number from 0 to n-1.
    unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
    bool chance(unsigned percent) { return below(100) < percent; }

    /// Every bit of the first `width` at random.
    template <typename Port>
    void randomize(Port& port, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i) {
            set_bit(port, i, chance(50));
        }
    }

 protected:
    VerilatedContext& context() { return context_; }

    /// Records a failure and throws Mismatch if an assertion of the module or of its checker has failed.
    void expect_assertions_hold(const char* file = __builtin_FILE(), int line = __builtin_LINE()) const {
        if (context_.gotError()) {
            fail("an assertion failed (named above)", file, line);
        }
    }
    void end_cycle() { ++cycle_; }

 private:
    [[noreturn, gnu::noinline]] void fail(std::int64_t expected, std::int64_t got, const char* what, std::int64_t index,
                                          const char* file, int line) const {
        std::ostringstream text;
        text << what;
        if (index >= 0) {
            text << "[" << index << "]";
        }
        text << ": expected " << expected << ", got " << got;
        fail(text.str(), file, line);
    }

    [[noreturn, gnu::noinline]] void fail(const std::string& what, const char* file, int line) const {
        const testing::TestInfo& test = *testing::UnitTest::GetInstance()->current_test_info();
        std::ostringstream text;
        text << configuration_ << ", seed " << start_.seed << ", flops "
             << (start_.wake == Wake::zeros  ? "all zeros"
                 : start_.wake == Wake::ones ? "all ones"
                                             : "random")
             << ", cycle " << cycle_;
        if (token_ >= 0) {
            text << ", token " << token_;
        }
        text << ": " << what << "\nreplay: rtl_module_tests --gtest_filter=" << test.test_suite_name() << "."
             << test.name();
        ADD_FAILURE_AT(file, line) << text.str();
        throw Mismatch();
    }

    VerilatedContext context_;
    std::mt19937_64 random_;
    Start start_;
    const char* configuration_;
    std::int64_t cycle_ = 0;
    std::int64_t token_ = -1;
    std::int64_t comparisons_ = 0;
};

/// One module under test. The clock rests low. Inputs wake up like flops: a test drives all of them before the first
/// edge.
template <typename Build>
class Bench : public BenchBase {
 public:
    using Model = typename Build::Model;

    explicit Bench(Start start) : BenchBase(start, Build::kConfiguration), model_(&context(), "") {
        model_.clk_i = 0;
        if constexpr (kHasReset) {
            model_.rst_ni = 1;  // high first: a reset is seen by its falling edge
            stop_assertions();
        }
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    Bench(Bench&&) = delete;
    Bench& operator=(Bench&&) = delete;
    ~Bench() {
        model_.final();
        if constexpr (VM_COVERAGE != 0) {
            add_coverage(context(), model_.modelName());
        }
    }

    Model* operator->() { return &model_; }

    /// Lets the combinational outputs follow the inputs.
    [[gnu::noinline]] void settle() {
        model_.eval();
        context().timeInc(1);
        expect_assertions_hold();
    }

    /// The rising edge, for inputs that are settled before it.
    [[gnu::noinline]] void rise() {
        settle();
        model_.clk_i = 1;
        settle();
    }

    [[gnu::noinline]] void fall() {
        model_.clk_i = 0;
        settle();
        end_cycle();
    }

    /// One cycle. The outputs are then those of the cycle that follows.
    [[gnu::noinline]] void tick() {
        rise();
        fall();
    }

    /// One cycle in kSteps steps, from the rising edge on. `set(step)` sets the inputs as they are from that step on:
    /// step 0 comes with the rising edge, the step before it just before that edge, step 1 just after it.
    template <typename Set>
    void step_through_cycle(Set set) {
        for (int step = 0; step < kSteps; ++step) {
            set(step);
            model_.clk_i = step < kSteps / 2;
            settle();
        }
        end_cycle();
    }
    static constexpr int kSteps = 8;

    /// Until the next reset: for a test that writes flops, which no checker follows.
    void stop_assertions() { context().assertOn(false); }

    /// Asserts the reset in the first half of the clock (`clock_high`) or in the second, holds it for a clock edge and
    /// releases it. `check` looks at the outputs: before that edge, after it and after the release. What the inputs are
    /// just before it breaks no assumption.
    template <typename Check>
    void reset(bool clock_high, Check check) {
        stop_assertions();
        settle();
        if (clock_high) {
            rise();
        }
        model_.rst_ni = 0;
        context().assertOn(true);
        settle();
        check();
        if (clock_high) {
            fall();
        }
        tick();
        check();
        model_.rst_ni = 1;
        settle();
        check();
    }

 private:
    static constexpr bool kHasReset = requires(Model & model) { model.rst_ni; };

    Model model_;
};

/// Runs `check` from each of kStarts, up to the first failure.
template <typename Build>
void on_each_start(void (*check)(Bench<Build>& bench)) {
    for (const Start& start : kStarts) {
        Bench<Build> bench(start);
        try {
            check(bench);
        } catch (const Mismatch&) {
            return;
        }
        bench.finish();
    }
}

}  // namespace gca::module_test

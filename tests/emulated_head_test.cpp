// The head in closed loop with the synthesizable array view (rtl/board) against the behavioural models, over the same
// tokens: counts are equal, or differ where fixed point may, by what it may (behavioral/view_tables.h).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <span>
#include <vector>

#include "behavioral/codec.h"
#include "behavioral/config.h"
#include "behavioral/functional_head.h"
#include "behavioral/head.h"
#include "behavioral/view_tables.h"
#include "board/emulated_heads.h"
#include "tests/module_test.h"

namespace gca {
namespace {

using module_test::Bench;
using module_test::clog2;

/// Values at codes: what a token's projections are after encoding.
struct CodedToken {
    std::vector<std::uint8_t> q, k, v;
};

template <typename Build>
class EmulatedHead : public testing::Test {
 protected:
    static Config config() {
        Config config;
        config.geometry = {.dim = Build::kDim, .tile_tokens = Build::kTileTokens, .tiles = Build::kTiles};
        config.quantization.query_levels = Build::kQueryLevels;
        config.quantization.store_levels = Build::kStoreLevels;
        config.quantization.output_levels = Build::kOutLevels;
        config.charge_to_pulse.s_sat *= Build::kDim / 64.0;
        config.charge_to_pulse.a_sat *= Build::kTileTokens / 64.0;
        config.leakage.form = LeakageForm::off;
        config.leakage.decay_per_token = 0.01;
        return config;
    }
    static constexpr ViewFormat kFormat{.cell_bits = Build::kCellW, .leakage = Build::kLeakage != 0};

    static std::vector<CodedToken> random_tokens(std::size_t count, std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const auto fill = [&](std::vector<std::uint8_t>& codes, unsigned levels) {
            std::normal_distribution<double> normal(0.5, 0.35);
            codes.resize(Build::kDim);
            for (std::uint8_t& code : codes) {
                const double x = random() % 7 == 0 ? static_cast<double>(random() & 1U) : normal(random);
                code = static_cast<std::uint8_t>(std::lround(std::clamp(x, 0.0, 1.0) * (levels - 1)));
            }
        };
        std::vector<CodedToken> tokens(count);
        for (CodedToken& token : tokens) {
            fill(token.q, Build::kQueryLevels);
            fill(token.k, Build::kStoreLevels);
            fill(token.v, Build::kStoreLevels);
        }
        return tokens;
    }
};

/// The host of one head.
template <typename Build>
class Host {
 public:
    Host() : bench_({module_test::Wake::random, 1}) {
        bench_->load_valid_i = 0;
        bench_->token_valid_i = 0;
        bench_->result_ready_i = 0;
        bench_->pipelined_i = 0;
        bench_.reset(false, [] {});
    }

    void load(const ViewTables& tables) {
        for (std::size_t i = 0; i < tables.cell.size(); ++i) {
            load(0, i, static_cast<std::uint64_t>(tables.cell[i]));
        }
        for (std::size_t j = 0; j < tables.thresholds.size(); ++j) {
            load(1, j, tables.thresholds[j]);
        }
        load(2, 0, tables.full);
    }

    void pipelined(bool on) { bench_->pipelined_i = on ? 1 : 0; }
    void window(std::size_t tokens) { set(bench_->window_i, tokens); }

    /// Sends all tokens as one sequence and returns the sums of each. The host takes a result now and then only.
    std::vector<std::vector<int>> run(std::span<const CodedToken> tokens) { return run(tokens, true, 5); }
    /// The same as more tokens of that sequence, each result taken at once.
    std::vector<std::vector<int>> run_on(std::span<const CodedToken> tokens) { return run(tokens, false, 100); }
    [[nodiscard]] std::uint64_t cycles() const { return static_cast<std::uint64_t>(bench_.cycle()); }

 private:
    std::vector<std::vector<int>> run(std::span<const CodedToken> tokens, bool first, unsigned percent) {
        std::vector<std::vector<int>> sums;
        std::size_t sent = 0;
        for (std::uint64_t idle = 0; sums.size() < tokens.size(); ++idle) {
            if (idle > 100'000) {
                ADD_FAILURE() << fmt::format("{}: token {} has no result after {} cycles", Build::kConfiguration,
                                             sums.size(), idle);
                return sums;
            }
            if (bench_->token_taken_o != 0) {
                bench_->token_valid_i = 0;
                ++sent;
                idle = 0;
            } else if (sent < tokens.size() && bench_->token_valid_i == 0) {
                offer(tokens[sent], first && sent == 0);
            }
            if (bench_->result_taken_o != 0) {
                bench_->result_ready_i = 0;
            } else if (bench_->result_valid_o != 0 && bench_->result_ready_i == 0 && bench_.chance(percent)) {
                sums.push_back(read());
                bench_->result_ready_i = 1;
                idle = 0;
            }
            bench_.tick();
        }
        while (bench_->result_ready_i != 0) {
            bench_.tick();
            bench_->result_ready_i = bench_->result_taken_o != 0 ? 0 : 1;
        }
        return sums;
    }

    template <typename Port>
    static void set(Port& port, std::uint64_t value) {
        port = static_cast<Port>(value);
    }

    void load(unsigned kind, std::size_t address, std::uint64_t data) {
        while (bench_->load_ready_o == 0) {
            bench_.tick();
        }
        bench_->load_kind_i = static_cast<std::uint8_t>(kind);
        set(bench_->load_address_i, address);
        constexpr unsigned kBits =
            2 * Build::kCellW + clog2(Build::kQueryLevels) + clog2(Build::kDim) + clog2(Build::kTileTokens) - 2;
        set(bench_->load_data_i, data & ((std::uint64_t{1} << kBits) - 1));
        bench_->load_valid_i = 1;
        bench_.tick();
        bench_->load_valid_i = 0;
    }

    void offer(const CodedToken& token, bool first) {
        for (std::size_t r = 0; r < Build::kDim; ++r) {
            module_test::set_field(bench_->query_i, r, clog2(Build::kQueryLevels), token.q[r]);
            module_test::set_field(bench_->key_i, r, clog2(Build::kStoreLevels), token.k[r]);
            module_test::set_field(bench_->value_i, r, clog2(Build::kStoreLevels), token.v[r]);
        }
        bench_->new_sequence_i = first ? 1 : 0;
        bench_->token_valid_i = 1;
    }

    std::vector<int> read() {
        std::vector<int> sums(Build::kDim);
        constexpr unsigned kBits = clog2(Build::kTiles * (Build::kOutLevels - 1) + 1) + 1;
        for (std::size_t e = 0; e < sums.size(); ++e) {
            sums[e] = module_test::get_signed_field(bench_->sum_o, e, kBits);
        }
        return sums;
    }

    Bench<Build> bench_;
};

/// The signed count of a charge, in counts.
int count_of(double charge, double samples) {
    const int count = static_cast<int>(std::min(std::floor(std::fabs(charge) + 0.5), samples));
    return charge < 0.0 ? -count : count;
}

/// Runs the tokens through the view and the functional head. The sums may differ by what the counts of the sub-tiles do
/// when their charges move by the margin.
template <typename Build>
void expect_models(const Config& config, const ViewFormat& format, std::size_t window, bool pipelined,
                   std::span<const CodedToken> tokens, Host<Build>& host, std::size_t& different) {
    const ViewTables tables = view_tables(config, format);
    host.load(tables);
    host.window(window);
    host.pipelined(pipelined);
    const std::vector<std::vector<int>> got = host.run(tokens);
    ASSERT_EQ(got.size(), tokens.size());

    FunctionalHead model(config, window);
    model.new_sequence();
    const double samples = config.quantization.output_levels - 1;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const auto values = [](const std::vector<std::uint8_t>& codes, double full, unsigned levels) {
            std::vector<double> x(codes.size());
            std::transform(codes.begin(), codes.end(), x.begin(), [&](auto c) { return c * full / (levels - 1); });
            return x;
        };
        const auto q = values(tokens[t].q, 1.0, Build::kQueryLevels);
        const auto k = values(tokens[t].k, kSupplyV, Build::kStoreLevels);
        const auto v = values(tokens[t].v, kSupplyV, Build::kStoreLevels);
        StepResult expected;
        Probe probe;
        model.step({.q = q, .k = k, .v = v}, expected, &probe);
        for (std::size_t e = 0; e < Build::kDim; ++e) {
            int most = 0;
            for (std::size_t tile = 0; tile < Build::kTiles; ++tile) {
                const double counts = probe.a[tile * Build::kDim + e] / config.charge_to_pulse.a_sat * samples;
                const double margin = tables.margin + 1e-9;
                const int here = count_of(counts, samples);
                most += std::max(here - count_of(counts - margin, samples), count_of(counts + margin, samples) - here);
            }
            const int difference = std::abs(got[t][e] - expected.counts[e]);
            ASSERT_LE(difference, most) << fmt::format(
                "{}, window {}, {}: token {}, output {}: models {}, view {}\n"
                "replay: board_test --gtest_filter={}.{}",
                Build::kConfiguration, window, pipelined ? "pipelined" : "sequential", t, e, expected.counts[e],
                got[t][e], testing::UnitTest::GetInstance()->current_test_info()->test_suite_name(),
                testing::UnitTest::GetInstance()->current_test_info()->name());
            different += difference != 0 ? 1 : 0;
        }
    }
}

TYPED_TEST_SUITE(EmulatedHead, emulated_head::Builds);

TYPED_TEST(EmulatedHead, CountsAreTheModelsForEveryCellLeakageModeAndWindow) {
    using Build = TypeParam;
    constexpr bool kLarge = Build::kDim * Build::kTileTokens > 1000;
    Host<Build> host;
    const std::size_t capacity = Build::kTileTokens * Build::kTiles;
    std::vector<std::size_t> windows{capacity};
    if (capacity > 2) {
        windows.push_back(capacity - 1);
        windows.push_back(1);
    }
    std::uint64_t seed = 1;
    std::size_t outputs = 0;
    std::size_t different = 0;
    for (const CellModel cell : {CellModel::cubic, CellModel::linear, CellModel::polynomial}) {
        for (const LeakageForm leakage : {LeakageForm::off, LeakageForm::voltage, LeakageForm::product}) {
            if (leakage != LeakageForm::off && Build::kLeakage == 0) {
                continue;
            }
            for (const std::size_t window : windows) {
                Config config = this->config();
                config.cell.model = cell;
                if (cell == CellModel::polynomial) {
                    config.cell.coefficients = {-0.3, 11.0, 3.0, -7.0, 90.0};
                }
                config.leakage.form = leakage;
                const std::size_t count = kLarge ? capacity + 6 : 2 * capacity + 7;
                const auto tokens = this->random_tokens(count, seed);
                ASSERT_NO_FATAL_FAILURE(expect_models(config, this->kFormat, window, seed % 2 == 0,
                                                      std::span<const CodedToken>(tokens), host, different));
                outputs += count * Build::kDim;
                ++seed;
            }
        }
    }
    // A coarse table differs more: its margin says so.
    fmt::print("{}: {} of {} outputs differ, all within the margin\n", Build::kConfiguration, different, outputs);
    if (Build::kCellW >= 14) {
        EXPECT_LE(different * 50, outputs) << "fixed point differs more often than the README says";
    }
}

/// Charges [tiles][dim] of token `t` with the linear cell, in cycles times whole levels times whole levels.
template <typename Build>
std::vector<long> whole_charges(std::span<const CodedToken> tokens, std::size_t t, std::size_t window, long full) {
    constexpr bool kEven = Build::kStoreLevels % 2 == 0;
    constexpr long kTop = kEven ? Build::kStoreLevels - 1 : (Build::kStoreLevels - 1) / 2;
    const auto whole = [](std::uint8_t code) { return (kEven ? 2L : 1L) * code - kTop; };
    std::vector<long> charge(Build::kTiles * Build::kDim, 0);
    for (std::size_t j = t + 1 > window ? t + 1 - window : 0; j <= t; ++j) {
        long score = 0;
        for (std::size_t r = 0; r < Build::kDim; ++r) {
            score += tokens[t].q[r] * whole(tokens[j].k[r]);
        }
        const long width = std::clamp(score, 0L, full);
        for (std::size_t e = 0; e < Build::kDim; ++e) {
            charge[j % window / Build::kTileTokens * Build::kDim + e] += width * whole(tokens[j].v[e]);
        }
    }
    return charge;
}

/// Nearest of |charge| samples / charge_full, a tie up, with the charge's sign. Counts the ties.
long whole_count(long charge, long charge_full, long samples, std::size_t& ties) {
    const long twice = 2 * std::labs(charge) * samples + charge_full;
    ties += std::labs(charge) < charge_full && twice % (2 * charge_full) == 0 ? 1 : 0;
    const long count = std::min(twice / (2 * charge_full), samples);
    return charge < 0 ? -count : count;
}

/// Whole numbers all through: full scales are whole numbers of the table's units, so ties are reached and count up.
TYPED_TEST(EmulatedHead, LinearCellWithWholeFullScalesIsExactTiesIncluded) {
    using Build = TypeParam;
    constexpr unsigned kTop = Build::kStoreLevels % 2 == 0 ? Build::kStoreLevels - 1 : (Build::kStoreLevels - 1) / 2;
    Config config = this->config();
    config.cell.model = CellModel::linear;
    // In whole levels times cycles, and that times whole levels.
    const double level = 19.3 * kOffsetV / kTop;
    const long full = std::max<long>(2, Build::kDim * 5);
    const long samples = Build::kOutLevels - 1;
    const long charge_full = samples * 2 * std::max<long>(1, full * Build::kTileTokens / (6 * samples));
    config.charge_to_pulse.s_sat = static_cast<double>(full) * level / (Build::kQueryLevels - 1);
    config.charge_to_pulse.a_sat = static_cast<double>(charge_full) / static_cast<double>(full) * level;
    const ViewTables tables = view_tables(config, this->kFormat);
    ASSERT_EQ(tables.margin, 0.0);

    Host<Build> host;
    host.load(tables);
    const std::size_t window = Build::kTileTokens * Build::kTiles;
    host.window(window);
    const auto tokens = this->random_tokens(std::min<std::size_t>(2 * window + 5, 40), 77);
    const auto got = host.run(tokens);
    ASSERT_EQ(got.size(), tokens.size());

    std::size_t ties = 0;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
        const std::vector<long> charge = whole_charges<Build>(tokens, t, window, full);
        for (std::size_t e = 0; e < Build::kDim; ++e) {
            long sum = 0;
            for (std::size_t tile = 0; tile < Build::kTiles; ++tile) {
                sum += whole_count(charge[tile * Build::kDim + e], charge_full, samples, ties);
            }
            ASSERT_EQ(sum, got[t][e]) << fmt::format("{}: token {}, output {}", Build::kConfiguration, t, e);
        }
    }
    if (Build::kDim == 8) {
        EXPECT_GT(ties, 0U) << "no tie was met";
    }
}

/// What scripts/fpga says of the time: every score positive, so that no column is passed over.
TYPED_TEST(EmulatedHead, ATokenTakesTheClocksThatTheTableOfBoardsIsMadeFrom) {
    using Build = TypeParam;
    if (Build::kQueryLevels != 16 || Build::kOutLevels != 16) {
        return;
    }
    Host<Build> host;
    host.load(view_tables(this->config(), this->kFormat));
    const std::size_t window = Build::kTileTokens * Build::kTiles;
    host.window(window);
    const CodedToken full{.q = std::vector<std::uint8_t>(Build::kDim, Build::kQueryLevels - 1),
                          .k = std::vector<std::uint8_t>(Build::kDim, Build::kStoreLevels - 1),
                          .v = std::vector<std::uint8_t>(Build::kDim, Build::kStoreLevels - 1)};
    (void)host.run(std::vector<CodedToken>(window, full));
    const std::uint64_t before = host.cycles();
    constexpr std::size_t kTokens = 20;
    (void)host.run_on(std::vector<CodedToken>(kTokens, full));
    const double clocks = static_cast<double>(host.cycles() - before) / kTokens;
    constexpr unsigned kWrite = 4 * (Build::kDim + 1);
    constexpr unsigned kMix = Build::kTiles * Build::kDim + Build::kTileTokens * Build::kTiles * (2 * Build::kDim + 14);
    constexpr unsigned kEmit = 15 * (Build::kTiles * Build::kDim + 5);
    constexpr unsigned kClocks = 8 * 65 + kWrite + kMix + kEmit;
    EXPECT_LT(clocks, 1.02 * kClocks) << Build::kConfiguration;
    EXPECT_GT(clocks, 0.95 * kClocks) << Build::kConfiguration;
}

TYPED_TEST(EmulatedHead, ANewSequenceSeesNothingOfTheLastOne) {
    using Build = TypeParam;
    const Config config = this->config();
    Host<Build> host;
    host.load(view_tables(config, this->kFormat));
    host.window(Build::kTileTokens * Build::kTiles);
    const auto tokens = this->random_tokens(4, 5);
    const auto first = host.run(tokens);
    EXPECT_EQ(host.run(tokens), first);
}

}  // namespace
}  // namespace gca

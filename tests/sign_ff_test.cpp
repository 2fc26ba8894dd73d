// gca_sign_ff (S5), and the bench itself: this is the simplest module.
#include "module_builds/sign_ff.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "module_test.h"

namespace gca::module_test {
namespace {

template <typename Build>
class Driver {
 public:
    static constexpr unsigned kChannels = Build::kChannels;

    explicit Driver(Bench<Build>& bench) : bench_(bench) { bench_->capture_i = 0; }

    void set_all(bool sign) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            set_bit(bench_->sign_i, c, sign);
        }
    }

    void randomize() { bench_.randomize(bench_->sign_i, kChannels); }

    void tick(bool capture) {
        bench_->capture_i = capture;
        bench_.settle();
        check();
        bench_.rise();
        if (capture) {
            for (std::size_t c = 0; c < kChannels; ++c) {
                signs_[c] = get_bit(bench_->sign_i, c);
            }
            known_ = true;
        }
        randomize();  // between the edges: must not matter
        bench_.settle();
        check();
        bench_.fall();
        check();
    }

    void expect_all(bool sign) {
        for (std::size_t c = 0; c < kChannels; ++c) {
            bench_.equal(sign, get_bit(bench_->sign_o, c), "sign_o", static_cast<std::int64_t>(c));
        }
    }

 private:
    void check() {
        for (std::size_t c = 0; known_ && c < kChannels; ++c) {
            bench_.equal(signs_[c], get_bit(bench_->sign_o, c), "sign_o", static_cast<std::int64_t>(c));
        }
    }

    Bench<Build>& bench_;
    std::vector<bool> signs_ = std::vector<bool>(kChannels, false);
    bool known_ = false;
};

template <typename Build>
class SignFf : public testing::Test {};
TYPED_TEST_SUITE(SignFf, sign_ff::Builds);

TYPED_TEST(SignFf, CaptureTakesBothSigns) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool sign : {true, false, true}) {
            driver.set_all(sign);
            driver.tick(true);
            driver.expect_all(sign);
        }
    });
}

TYPED_TEST(SignFf, HoldsUntilTheNextCapture) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool sign : {true, false}) {
            driver.set_all(sign);
            driver.tick(true);
            for (int i = 0; i < 50; ++i) {
                driver.set_all(!sign);
                driver.tick(false);
                driver.expect_all(sign);
            }
        }
    });
}

TYPED_TEST(SignFf, ConsecutiveCapturesEachTakeTheirOwn) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 20; ++i) {
            driver.set_all(i % 2 == 0);
            driver.tick(true);
            driver.expect_all(i % 2 == 0);
        }
    });
}

TYPED_TEST(SignFf, RandomSignsAndCaptures) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.randomize();
        driver.tick(true);
        for (int i = 0; i < 1000; ++i) {
            driver.randomize();
            driver.tick(bench.chance(20));
        }
    });
}

// ---- the bench
// -------------------------------------------------------------------------------------------------------

TEST(ModuleBench, FlopsWakeUpAsAsked) {
    std::vector<std::uint64_t> random;
    for (const Start& start : kStarts) {
        Bench<sign_ff::paper> bench(start);
        bench->capture_i = 0;
        bench.settle();
        const std::uint64_t got = bench->sign_o;
        switch (start.wake) {
            case Wake::zeros:
                EXPECT_EQ(got, 0U);
                break;
            case Wake::ones:
                EXPECT_EQ(got, ~std::uint64_t{0});
                break;
            case Wake::random:
                random.push_back(got);
                break;
        }
    }
    ASSERT_EQ(random.size(), 3U);
    EXPECT_NE(random[0], random[1]);
    EXPECT_NE(random[1], random[2]);
    EXPECT_NE(random[0], random[2]);
}

TEST(ModuleBench, FieldsArePackedFromTheLowestBitAcrossWords) {
    VlWide<3> wide{};
    set_field(wide, 6, 5, 0x15);  // bits 30 to 34
    EXPECT_EQ(wide.at(0), 0x40000000U);
    EXPECT_EQ(wide.at(1), 0x5U);
    EXPECT_EQ(wide.at(2), 0U);
    EXPECT_EQ(get_field(wide, 6, 5), 0x15U);
    EXPECT_EQ(get_signed_field(wide, 6, 5), -11);
    QData word = ~QData{0};
    set_field(word, 15, 4, 0);
    EXPECT_EQ(word, ~QData{0} >> 4);
    EXPECT_THROW(set_field(word, 0, 4, 16), std::invalid_argument);
}

TEST(ModuleBench, Clog2IsThatOfSystemVerilog) {
    EXPECT_EQ(clog2(1), 0U);
    EXPECT_EQ(clog2(2), 1U);
    EXPECT_EQ(clog2(3), 2U);
    EXPECT_EQ(clog2(16), 4U);
    EXPECT_EQ(clog2(17), 5U);
}

}  // namespace
}  // namespace gca::module_test

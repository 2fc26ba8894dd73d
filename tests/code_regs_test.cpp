// gca_code_regs (S0): the codes of the token that is being loaded and scored.
#include "module_builds/code_regs.h"

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
    explicit Driver(Bench<Build>& bench) : bench_(bench) {
        set_all(true);
        reset(false);
    }

    void set_all(bool ones) {
        set(bench_->query_i, kQueryBits, ones);
        set(bench_->key_i, kStoreBits, ones);
        set(bench_->value_i, kStoreBits, ones);
    }

    void randomize() {
        bench_.randomize(bench_->query_i, kQueryBits);
        bench_.randomize(bench_->key_i, kStoreBits);
        bench_.randomize(bench_->value_i, kStoreBits);
    }

    void tick(bool load) {
        bench_->load_i = load;
        bench_.settle();
        check();
        bench_.tick();
        if (load) {
            query_ = bits(bench_->query_i, kQueryBits);
            key_ = bits(bench_->key_i, kStoreBits);
            value_ = bits(bench_->value_i, kStoreBits);
        }
        check();
    }

    // A load during reset is none.
    void reset(bool clock_high) {
        bench_->load_i = bench_.chance(50);
        query_.assign(kQueryBits, false);
        key_.assign(kStoreBits, false);
        value_.assign(kStoreBits, false);
        bench_.reset(clock_high, [&] { check(); });
    }

    void check() {
        compare(query_, bench_->query_o, "query_o");
        compare(key_, bench_->key_o, "key_o");
        compare(value_, bench_->value_o, "value_o");
    }

 private:
    static constexpr std::size_t kQueryBits = std::size_t{Build::kDim} * Build::kQueryW;
    static constexpr std::size_t kStoreBits = std::size_t{Build::kDim} * Build::kStoreW;

    template <typename Port>
    static void set(Port& port, std::size_t width, bool ones) {
        for (std::size_t i = 0; i < width; ++i) {
            set_bit(port, i, ones);
        }
    }

    template <typename Port>
    static std::vector<bool> bits(const Port& port, std::size_t width) {
        std::vector<bool> value(width);
        for (std::size_t i = 0; i < width; ++i) {
            value[i] = get_bit(port, i);
        }
        return value;
    }

    template <typename Port>
    void compare(const std::vector<bool>& expected, const Port& port, const char* what) {
        for (std::size_t i = 0; i < expected.size(); ++i) {
            bench_.equal(expected[i], get_bit(port, i), what, static_cast<std::int64_t>(i));
        }
    }

    Bench<Build>& bench_;
    std::vector<bool> query_ = std::vector<bool>(kQueryBits, false);
    std::vector<bool> key_ = std::vector<bool>(kStoreBits, false);
    std::vector<bool> value_ = std::vector<bool>(kStoreBits, false);
};

template <typename Build>
class CodeRegs : public testing::Test {};
TYPED_TEST_SUITE(CodeRegs, code_regs::Builds);

TYPED_TEST(CodeRegs, ResetAtOrBesideALoadClearsAllCodesAtOnce) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);  // resets, and checks
        for (const bool clock_high : {false, true}) {
            for (const int holds : {0, 1, 2}) {
                driver.set_all(true);
                driver.tick(true);
                for (int i = 0; i < holds; ++i) {
                    driver.tick(false);
                }
                driver.reset(clock_high);
                driver.tick(false);
                driver.randomize();
                driver.tick(true);
            }
        }
    });
}

TYPED_TEST(CodeRegs, LoadTakesAllZerosAndAllOnes) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (const bool ones : {true, false, true}) {
            driver.set_all(ones);
            driver.tick(true);
        }
    });
}

TYPED_TEST(CodeRegs, CodesHoldUntilTheNextLoad) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        driver.randomize();
        driver.tick(true);
        for (int i = 0; i < 50; ++i) {
            driver.randomize();
            driver.tick(false);
        }
    });
}

TYPED_TEST(CodeRegs, RandomCodesAndLoads) {
    on_each_start<TypeParam>([](Bench<TypeParam>& bench) {
        Driver<TypeParam> driver(bench);
        for (int i = 0; i < 300; ++i) {
            driver.randomize();
            driver.tick(bench.chance(30));
        }
    });
}

}  // namespace
}  // namespace gca::module_test

// gca_counter_readout (S5, S6, S7): from the pulses and signs of all sub-tiles to sums.
#include "module_builds/counter_readout.h"

#include <gtest/gtest.h>

#include "readout_driver.h"

namespace gca::module_test {
namespace {

template <typename Build>
class CounterReadout : public testing::Test {
 protected:
    struct Described : Build {
        static constexpr bool kFullIsTheLastSample = false;
    };
};
TYPED_TEST_SUITE(CounterReadout, counter_readout::Builds);

TYPED_TEST(CounterReadout, SumsAreThoseOfTheSamples) {
    sums_are_those_of_the_samples<typename TestFixture::Described>();
}

TYPED_TEST(CounterReadout, ResetInAnyCycleLeavesNothing) {
    reset_in_any_cycle_leaves_nothing<typename TestFixture::Described>();
}

TYPED_TEST(CounterReadout, SumsReachBothEnds) {
    sums_reach_both_ends<typename TestFixture::Described>();
}

TYPED_TEST(CounterReadout, EachWidthOfEitherSignCounts) {
    each_width_of_either_sign_counts<typename TestFixture::Described>();
}

}  // namespace
}  // namespace gca::module_test

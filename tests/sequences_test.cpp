// A run's input: shapes, scalers, clamping, and in which words it is refused. Files that numpy wrote are in
// tests/cli_test.py and tests/npz_test.cpp.
#include "sim/sequences.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <system_error>
#include <vector>

#include "behavioral/error.h"
#include "sim/npz.h"

namespace gca {
namespace {

namespace fs = std::filesystem;
using Shape = std::vector<std::size_t>;

constexpr std::size_t kDim = 3;
const Shape kTwoHeads{2, 4, kDim};

std::size_t product(const Shape& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
}

/// What goes into a file: an array of float32.
struct Array {
    Shape shape;
    std::vector<float> values;
};

/// Different values in 0..0.9, exact in float32 and double.
Array ramp(const Shape& shape, float first) {
    Array array{shape, std::vector<float>(product(shape))};
    for (std::size_t i = 0; i < array.values.size(); ++i) {
        array.values[i] = first + static_cast<float>(i) / 64.0F;
    }
    return array;
}

std::map<std::string, Array> ramps(const Shape& shape) {
    return {{"q", ramp(shape, 0.25F)}, {"k", ramp(shape, 0.125F)}, {"v", ramp(shape, 0.0F)}};
}

std::vector<double> doubles(const Array& array) {
    return {array.values.begin(), array.values.end()};
}

class LoadSequences : public ::testing::Test {
 protected:
    void SetUp() override {
        std::string path = (fs::temp_directory_path() / "gca_sequences_XXXXXX").string();
        ASSERT_NE(mkdtemp(path.data()), nullptr);
        directory_ = path;
        config_.geometry.dim = kDim;
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(directory_, ignored);
    }

    [[nodiscard]] fs::path file() const { return directory_ / "in.npz"; }

    void write(const std::map<std::string, Array>& arrays) const {
        NpzWriter writer(file());
        for (const auto& [key, array] : arrays) {
            writer.add(key, array.values, array.shape);
        }
        writer.finish();
    }

    [[nodiscard]] Sequences load(const std::map<std::string, Array>& arrays) const {
        write(arrays);
        return load_sequences(file(), config_);
    }

    /// The message with which the file is refused, without the file's name at its beginning.
    [[nodiscard]] std::string refusal() const {
        try {
            static_cast<void>(load_sequences(file(), config_));
        } catch (const InputError& error) {
            const std::string message = error.what();
            EXPECT_EQ(message.find('\n'), std::string::npos) << message;
            const std::string name = file().string() + ": ";
            return message.starts_with(name) ? message.substr(name.size()) : message;
        }
        return "no error";
    }
    [[nodiscard]] std::string refusal(const std::map<std::string, Array>& arrays) const {
        write(arrays);
        return refusal();
    }

    [[nodiscard]] Config& config() { return config_; }

 private:
    Config config_;
    fs::path directory_;
};

// Shapes ---------------------------------------------------------------------------------------------------------

TEST_F(LoadSequences, ThreeDimensionsAreHeadsTokensAndDimension) {
    const auto arrays = ramps(kTwoHeads);
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.heads, 2U);
    EXPECT_EQ(sequences.tokens, 4U);
    EXPECT_EQ(sequences.dim, kDim);
    EXPECT_TRUE(sequences.has_head_axis);
    EXPECT_EQ(sequences.clamped, 0U);
    EXPECT_EQ(sequences.q, doubles(arrays.at("q")));
    EXPECT_EQ(sequences.k, doubles(arrays.at("k")));
    EXPECT_EQ(sequences.v, doubles(arrays.at("v")));
}

TEST_F(LoadSequences, TwoDimensionsAreOneHead) {
    const auto arrays = ramps({5, kDim});
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.heads, 1U);
    EXPECT_EQ(sequences.tokens, 5U);
    EXPECT_EQ(sequences.dim, kDim);
    EXPECT_FALSE(sequences.has_head_axis);
    EXPECT_EQ(sequences.v, doubles(arrays.at("v")));
}

TEST_F(LoadSequences, TokensAreTheRowsOfTheirHead) {
    const Sequences sequences = load(ramps(kTwoHeads));
    for (std::size_t head = 0; head < 2; ++head) {
        for (std::size_t index = 0; index < 4; ++index) {
            const Token token = sequences.token(head, index);
            const double first = static_cast<double>((head * 4 + index) * kDim) / 64.0;
            ASSERT_EQ(token.q.size(), kDim);
            ASSERT_EQ(token.k.size(), kDim);
            ASSERT_EQ(token.v.size(), kDim);
            for (std::size_t r = 0; r < kDim; ++r) {
                EXPECT_EQ(token.q[r], 0.25 + first + static_cast<double>(r) / 64.0);
                EXPECT_EQ(token.k[r], 0.125 + first + static_cast<double>(r) / 64.0);
                EXPECT_EQ(token.v[r], first + static_cast<double>(r) / 64.0);
            }
        }
    }
}

TEST_F(LoadSequences, NoTokensAndNoHeadsAreFine) {
    for (const Shape& shape : {Shape{2, 0, kDim}, Shape{0, 4, kDim}, Shape{0, 0, kDim}, Shape{0, kDim}}) {
        const Sequences sequences = load(ramps(shape));
        EXPECT_EQ(sequences.heads, shape.size() == 3 ? shape[0] : 1U);
        EXPECT_EQ(sequences.tokens, shape[shape.size() - 2]);
        EXPECT_TRUE(sequences.q.empty());
    }
}

TEST_F(LoadSequences, OtherArraysAreIgnored) {
    auto arrays = ramps(kTwoHeads);
    arrays["a"] = {{2}, {std::nanf(""), 1.0F}};
    arrays["y"] = ramp({7}, 0.0F);
    EXPECT_EQ(load(arrays).heads, 2U);
}

TEST_F(LoadSequences, OtherRanksAreRefused) {
    EXPECT_EQ(refusal(ramps({kDim})), "q has shape (3): must be [heads, tokens, dim] or [tokens, dim]");
    EXPECT_EQ(refusal(ramps({1, 2, 4, kDim})),
              "q has shape (1, 2, 4, 3): must be [heads, tokens, dim] or [tokens, dim]");
}

TEST_F(LoadSequences, ShapesThatDifferAreRefused) {
    for (const std::string key : {"k", "v"}) {
        auto arrays = ramps(kTwoHeads);
        arrays[key] = ramp({2, 3, kDim}, 0.0F);
        EXPECT_EQ(refusal(arrays), key + " has shape (2, 3, 3) but q has (2, 4, 3): must be the same");
        arrays[key] = ramp({1, 4, kDim}, 0.0F);
        EXPECT_EQ(refusal(arrays), key + " has shape (1, 4, 3) but q has (2, 4, 3): must be the same");
        arrays[key] = ramp({4, kDim}, 0.0F);
        EXPECT_EQ(refusal(arrays), key + " has shape (4, 3) but q has (2, 4, 3): must be the same");
    }
    auto one_head = ramps({1, 4, kDim});
    one_head["k"] = ramp({4, kDim}, 0.0F);
    EXPECT_EQ(refusal(one_head), "k has shape (4, 3) but q has (1, 4, 3): must be the same");
}

TEST_F(LoadSequences, ADimensionOtherThanTheGeometrysIsRefused) {
    write(ramps(kTwoHeads));
    config().geometry.dim = kDim + 1;
    EXPECT_EQ(refusal(), "q has dimension 3 a token: geometry.dim is 4");
    config().geometry.dim = 2 * kDim;  // its multiple is no better
    EXPECT_EQ(refusal(), "q has dimension 3 a token: geometry.dim is 6");
    config().geometry.dim = kDim;
    EXPECT_EQ(refusal(), "no error");
    EXPECT_EQ(refusal(ramps({2, 4, 0})), "q has dimension 0 a token: geometry.dim is 3");
}

// What is no projection ------------------------------------------------------------------------------------------

TEST_F(LoadSequences, MissingArraysAreRefusedByName) {
    for (const std::string key : {"q", "k", "v"}) {
        auto arrays = ramps(kTwoHeads);
        arrays.erase(key);
        EXPECT_NE(refusal(arrays).find("no array '" + key + "'"), std::string::npos) << refusal(arrays);
    }
}

TEST_F(LoadSequences, OtherTypesAreRefused) {
    const std::vector<float> good(product(kTwoHeads), 0.5F);
    const std::vector<std::int16_t> whole(product(kTwoHeads), 0);
    for (const std::string wrong : {"q", "k", "v"}) {
        NpzWriter writer(file());
        for (const std::string key : {"q", "k", "v"}) {
            key == wrong ? writer.add(key, whole, kTwoHeads) : writer.add(key, good, kTwoHeads);
        }
        writer.finish();
        EXPECT_EQ(refusal(), "array '" + wrong + "': dtype '<i2' is not accepted; accepted are float32, float64");
    }
}

TEST_F(LoadSequences, NanAndInfinityAreRefusedWithTheirPosition) {
    const float infinity = std::numeric_limits<float>::infinity();
    for (const std::string key : {"q", "k", "v"}) {
        for (const float bad : {std::nanf(""), infinity, -infinity}) {
            auto arrays = ramps(kTwoHeads);
            arrays[key].values[(1 * 4 + 2) * kDim + 1] = bad;
            EXPECT_EQ(refusal(arrays), key + "[1, 2, 1] is NaN or infinite: must be a finite number");
            arrays[key].values.back() = bad;  // the first is named
            EXPECT_EQ(refusal(arrays), key + "[1, 2, 1] is NaN or infinite: must be a finite number");
            auto one_head = ramps({4, kDim});
            one_head[key].values.back() = bad;
            EXPECT_EQ(refusal(one_head), key + "[3, 2] is NaN or infinite: must be a finite number");
        }
    }
}

TEST_F(LoadSequences, NanIsRefusedWhateverTheScaler) {
    auto arrays = ramps(kTwoHeads);
    arrays["k"].values[0] = std::nanf("");
    config().scalers.k = {.a = {0.0}, .b = {0.45}};
    EXPECT_EQ(refusal(arrays), "k[0, 0, 0] is NaN or infinite: must be a finite number");
}

// Range ----------------------------------------------------------------------------------------------------------

TEST_F(LoadSequences, ValuesOutOfRangeAreClampedAndCounted) {
    auto arrays = ramps(kTwoHeads);
    arrays["q"].values[0] = -0.5F;
    arrays["q"].values[1] = 1.5F;
    arrays["k"].values[2] = 0.95F;
    arrays["v"].values[3] = -std::numeric_limits<float>::denorm_min();
    arrays["v"].values[4] = std::numeric_limits<float>::max();
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.clamped, 5U);
    EXPECT_EQ(sequences.q[0], 0.0);
    EXPECT_EQ(sequences.q[1], 1.0);
    EXPECT_EQ(sequences.k[2], kSupplyV);
    EXPECT_EQ(sequences.v[3], 0.0);
    EXPECT_EQ(sequences.v[4], kSupplyV);
    EXPECT_EQ(sequences.q[2], doubles(arrays["q"])[2]);
}

TEST_F(LoadSequences, EndsOfTheRangeAreInside) {
    auto arrays = ramps(kTwoHeads);
    for (auto& [key, array] : arrays) {
        array.values[0] = 0.0F;
        array.values[1] = -0.0F;
        array.values[2] = key == "q" ? 1.0F : 0.9F;
    }
    EXPECT_EQ(load(arrays).clamped, 0U);
}

TEST_F(LoadSequences, QueriesMayBeLargerThanTheSupply) {
    auto arrays = ramps(kTwoHeads);
    arrays["q"].values[0] = 0.96875F;
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.clamped, 0U);
    EXPECT_EQ(sequences.q[0], 0.96875);
}

// Scalers --------------------------------------------------------------------------------------------------------

TEST_F(LoadSequences, OneScalerHoldsForAllHeads) {
    const auto arrays = ramps(kTwoHeads);
    config().scalers.q = {.a = {0.5}, .b = {0.25}};
    config().scalers.k = {.a = {-1.0}, .b = {0.75}};
    config().scalers.v = {.a = {0.0}, .b = {0.5}};
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.clamped, 0U);
    for (std::size_t i = 0; i < sequences.q.size(); ++i) {
        EXPECT_EQ(sequences.q[i], 0.5 * doubles(arrays.at("q"))[i] + 0.25);
        EXPECT_EQ(sequences.k[i], 0.75 - doubles(arrays.at("k"))[i]);
        EXPECT_EQ(sequences.v[i], 0.5);
    }
}

TEST_F(LoadSequences, AScalerAHead) {
    const auto arrays = ramps(kTwoHeads);
    config().scalers.k = {.a = {0.5, 0.25}, .b = {0.125}};
    config().scalers.v = {.a = {1.0}, .b = {0.0, 0.0625}};
    const Sequences sequences = load(arrays);
    const std::size_t head_values = 4 * kDim;
    for (std::size_t i = 0; i < sequences.k.size(); ++i) {
        const bool second = i >= head_values;
        EXPECT_EQ(sequences.k[i], (second ? 0.25 : 0.5) * doubles(arrays.at("k"))[i] + 0.125);
        EXPECT_EQ(sequences.v[i], doubles(arrays.at("v"))[i] + (second ? 0.0625 : 0.0));
    }
    EXPECT_EQ(sequences.q, doubles(arrays.at("q")));
}

TEST_F(LoadSequences, ClampingComesAfterTheScaler) {
    auto arrays = ramps(kTwoHeads);
    arrays["q"].values.assign(product(kTwoHeads), 8.0F);  // far outside, but not when scaled
    config().scalers.q = {.a = {0.125, 0.0625}, .b = {0.0}};
    EXPECT_EQ(load(arrays).clamped, 0U);
    config().scalers.q = {.a = {0.0625, 0.25}, .b = {0.0}};
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.clamped, 4 * kDim);
    EXPECT_EQ(sequences.q.front(), 0.5);
    EXPECT_EQ(sequences.q.back(), 1.0);
}

TEST_F(LoadSequences, AScaledValueThatOverflowsIsClamped) {
    auto arrays = ramps(kTwoHeads);
    arrays["v"].values.assign(product(kTwoHeads), -4.0F);
    config().scalers.v = {.a = {std::numeric_limits<double>::max(), -std::numeric_limits<double>::max()},
                          .b = {std::numeric_limits<double>::max()}};
    const Sequences sequences = load(arrays);
    EXPECT_EQ(sequences.clamped, product(kTwoHeads));
    EXPECT_EQ(sequences.v.front(), 0.0);
    EXPECT_EQ(sequences.v.back(), kSupplyV);
}

TEST_F(LoadSequences, ScalersOfAnotherNumberOfHeadsAreRefused) {
    write(ramps(kTwoHeads));
    const std::vector<double> three{1.0, 1.0, 1.0};
    const auto expect_refusal = [&](Scaler& scaler, std::vector<double>& values, const std::string& key) {
        const Scaler good = scaler;
        values = three;
        EXPECT_EQ(refusal(), "scalers." + key + " has 3 numbers: must be one, or one for each of the input's 2 heads");
        scaler = good;
        EXPECT_EQ(refusal(), "no error");
    };
    Scalers& scalers = config().scalers;
    expect_refusal(scalers.q, scalers.q.a, "q_a");
    expect_refusal(scalers.q, scalers.q.b, "q_b");
    expect_refusal(scalers.k, scalers.k.a, "k_a");
    expect_refusal(scalers.k, scalers.k.b, "k_b");
    expect_refusal(scalers.v, scalers.v.a, "v_a");
    expect_refusal(scalers.v, scalers.v.b, "v_b");
    expect_refusal(scalers.output, scalers.output.a, "output_a");
    expect_refusal(scalers.output, scalers.output.b, "output_b");
}

TEST_F(LoadSequences, ScalersAHeadDoNotFitAnInputOfOneHead) {
    config().scalers.q.a = {1.0, 1.0};
    EXPECT_EQ(refusal(ramps({4, kDim})),
              "scalers.q_a has 2 numbers: must be one, or one for each of the input's 1 heads");
}

// Files ----------------------------------------------------------------------------------------------------------

TEST_F(LoadSequences, MissingFileIsRefused) {
    EXPECT_EQ(refusal(), "cannot read: No such file or directory");
}

}  // namespace
}  // namespace gca

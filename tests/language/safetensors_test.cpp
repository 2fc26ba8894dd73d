// safetensors files: values of every type, and in which words a broken file is refused.
#include "sim/language/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sim/language/gpt.h"
#include "tests/language/language_test.h"

namespace gca {
namespace {

std::string number(std::uint64_t value) {
    std::string bytes(sizeof(value), '\0');
    std::memcpy(bytes.data(), &value, sizeof(value));
    return bytes;
}

template <typename T>
std::string values_of(const std::vector<T>& values) {
    std::string bytes(values.size() * sizeof(T), '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}

std::string file_of(const std::string& header, const std::string& values) {
    return number(header.size()) + header + values;
}

class Safetensors : public FolderTest {
 protected:
    [[nodiscard]] std::string refusal(const std::string& bytes, const std::string& tensor = "x",
                                      const std::vector<std::size_t>& shape = {2}) const {
        return message_of([&] { (void)SafetensorsFile(write("f.safetensors", bytes)).load(tensor, shape); });
    }
};

TEST_F(Safetensors, FloatsComeBackAsTheyAre) {
    const std::vector<float> values{1.5F, -2.25F, 1e-40F, 3.4e38F, 0.0F, -0.0F};
    SafetensorsFile file(
        write("f", file_of(R"({"x":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})", values_of(values))));
    const std::vector<std::size_t> shape{2, 3};
    EXPECT_EQ(file.load("x", shape), values);
    EXPECT_TRUE(file.contains("x"));
    EXPECT_FALSE(file.contains("y"));
}

TEST_F(Safetensors, EveryFiniteHalfIsItsNumber) {
    std::vector<std::uint16_t> halves;
    std::vector<double> expected;
    for (unsigned bits = 0; bits < 0x10000; ++bits) {
        const unsigned exponent = bits >> 10U & 31U;
        if (exponent != 31) {
            const double mantissa = (bits & 1023U) / 1024.0;
            const double magnitude =
                exponent == 0 ? std::ldexp(mantissa, -14) : std::ldexp(1.0 + mantissa, static_cast<int>(exponent) - 15);
            halves.push_back(static_cast<std::uint16_t>(bits));
            expected.push_back((bits & 0x8000U) != 0 ? -magnitude : magnitude);
        }
    }
    const std::string header = R"({"x":{"dtype":"F16","shape":[63488],"data_offsets":[0,126976]}})";
    SafetensorsFile file(write("f", file_of(header, values_of(halves))));
    const std::vector<std::size_t> shape{halves.size()};
    const std::vector<float> got = file.load("x", shape);
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i], expected[i]) << "half " << halves[i];
        ASSERT_EQ(std::signbit(got[i]), std::signbit(expected[i])) << "half " << halves[i];
    }
}

TEST_F(Safetensors, ABfloatIsTheUpperHalfOfAFloat) {
    const std::string header = R"({"x":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}})";
    SafetensorsFile file(write("f", file_of(header, values_of<std::uint16_t>({0x3F80, 0xC049, 0x0001}))));
    const std::vector<std::size_t> shape{3};
    EXPECT_EQ(file.load("x", shape), (std::vector<float>{1.0F, -3.140625F, 9.18354961579912e-41F}));
}

TEST_F(Safetensors, ABrokenFileIsRefusedByTensorName) {
    const std::string two = values_of<float>({1.0F, 2.0F});
    const auto header = [](const std::string& dtype, const std::string& shape, const std::string& range) {
        return R"({"x":{"dtype":")" + dtype + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + range + "]}}";
    };
    EXPECT_EQ(refusal(file_of(header("F32", "2", "0,8"), two)), "");
    EXPECT_TRUE(says(refusal(file_of(header("F32", "2", "0,8"), two.substr(0, 7))), "tensor x has bytes 0 to 8"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "2", "8,0"), two)), "tensor x has bytes 8 to 0"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "3", "0,8"), two)), "tensor x has 8 bytes"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "4294967296,4294967296", "0,8"), two)), "tensor x has 8 bytes"));
    EXPECT_TRUE(says(refusal(file_of(header("F33", "2", "0,8"), two)), "tensor x has dtype F33"));
    EXPECT_TRUE(says(refusal(file_of(header("I32", "2", "0,8"), two)), "tensor x has dtype I32: must be F32, F16 or"));
    EXPECT_TRUE(
        says(refusal(file_of(header("F32", "1", "4,8"), two), "x", {1}), "tensor x begins at byte 4: must be 0"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "1", "0,4"), two), "x", {1}), "4 bytes after the last tensor"));
    EXPECT_TRUE(
        says(refusal(file_of(header("F32", "2", "0,8"), two), "x", {1, 2}), "tensor x has shape [2]: must be [1, 2]"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "2", "0,8"), two), "y"), "tensor y is missing"));
    EXPECT_TRUE(says(refusal(file_of(header("F32", "2", "0,8"), values_of<float>({1.0F, INFINITY}))),
                     "tensor x: value 1 is NaN or infinite"));
    for (const char* shape : {"-2", "2.0", "18446744073709551616", "\"2\""}) {
        EXPECT_TRUE(
            says(refusal(file_of(header("F32", shape, "0,8"), two)), "tensor x: shape and the two data_offsets must"))
            << shape;
    }
    for (const char* range : {"-8,0", "0,8.0", "0,18446744073709551616", "0,8,8", "0"}) {
        EXPECT_TRUE(
            says(refusal(file_of(header("F32", "2", range), two)), "tensor x: shape and the two data_offsets must"))
            << range;
    }
    EXPECT_TRUE(says(refusal(file_of(header("F32", "2", "0,18446744073709551615"), two)), "cut short?"));
    EXPECT_TRUE(says(refusal(file_of(R"({"x":{"dtype":"F32","shape":[2]}})", two)), "tensor x: must have dtype"));
    EXPECT_TRUE(says(refusal(file_of(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                                     R"("y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                                     two)),
                     "tensor y begins at byte 4: must be 8"));
}

TEST_F(Safetensors, AFileThatIsNoneIsRefused) {
    EXPECT_TRUE(says(refusal(""), "has 0 bytes"));
    EXPECT_TRUE(says(refusal(number(100) + "{}"), "its header has 100 bytes: at most 2"));
    EXPECT_TRUE(says(refusal(number(UINT64_MAX) + "{}"), "its header has"));
    EXPECT_TRUE(says(refusal(file_of("{,}", "")), "its header is no JSON object"));
    EXPECT_TRUE(says(message_of([&] { SafetensorsFile{path("none")}; }), "is no file"));
    EXPECT_TRUE(says(message_of([&] { SafetensorsFile{path("")}; }), "is no file"));
}

TEST_F(Safetensors, AModelCutShortIsRefusedByTensorName) {
    const GptShape shape = load_model_file(language_data() / "tiny.json", {}).shape;
    const std::string whole = read_file(language_data() / "tiny-f32.safetensors");
    for (const std::size_t bytes : {whole.size() - 1, whole.size() / 2}) {
        const auto file = write("cut.safetensors", whole.substr(0, bytes));
        EXPECT_TRUE(says(message_of([&] { (void)load_gpt(file, shape); }), ": tensor transformer."));
    }
}

TEST_F(Safetensors, ATensorThatTheModelLacksOrDoesNotKnowIsNamed) {
    GptShape shape = load_model_file(language_data() / "tiny.json", {}).shape;
    const auto file = language_data() / "tiny-f32.safetensors";
    shape.layers = 1;
    EXPECT_TRUE(says(message_of([&] { (void)load_gpt(file, shape); }), "is none of a GPT-2 of 1 layers"));
    shape.layers = 3;
    EXPECT_TRUE(
        says(message_of([&] { (void)load_gpt(file, shape); }), "tensor transformer.h.2.ln_1.weight is missing"));
    shape.layers = 2;
    shape.vocabulary = 300;
    EXPECT_TRUE(says(message_of([&] { (void)load_gpt(file, shape); }),
                     "tensor transformer.wte.weight has shape [320, 16]: must be [300, 16]"));
}

}  // namespace
}  // namespace gca

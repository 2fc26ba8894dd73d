// The configuration file: what is read, what is refused and in which words, and that a printed file reads back.
#include "sim/config_file.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "behavioral/error.h"

namespace gca {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNumberOfKeys = 24;

Config parse(std::string_view text) {
    return parse_config(text, "my.toml");
}

/// The message with which a text is refused.
std::string refusal(std::string_view text) {
    try {
        static_cast<void>(parse(text));
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

std::string load_refusal(const fs::path& file) {
    try {
        static_cast<void>(load_config(file));
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
        all += text;
    }
    return all;
}

/// A directory of this test's own, removed at its end.
class ConfigFileOnDisk : public ::testing::Test {
 protected:
    void SetUp() override {
        std::string path = (fs::temp_directory_path() / "gca_config_XXXXXX").string();
        ASSERT_NE(mkdtemp(path.data()), nullptr);
        directory_ = path;
    }
    void TearDown() override { fs::remove_all(directory_); }

    [[nodiscard]] fs::path path(std::string_view name) const { return directory_ / name; }
    [[nodiscard]] fs::path write(std::string_view name, std::string_view text) const {
        std::ofstream{path(name), std::ios::binary} << text;
        return path(name);
    }

 private:
    fs::path directory_;
};

// What is read ---------------------------------------------------------------------------------------------------

TEST(ConfigFile, EmptyTextGivesTheDefaults) {
    EXPECT_EQ(parse(""), Config{});
    EXPECT_EQ(parse("# nothing\n[geometry]\n[scalers]\n"), Config{});
}

TEST(ConfigFile, EveryKeyReachesItsOwnField) {
    const Config config = parse(R"(
        [geometry]
        dim = 3
        tile_tokens = 5
        tiles = 7
        [quantization]
        query_levels = 9
        store_levels = 11
        output = "mid-tread"
        output_levels = 13
        [cell]
        model = "polynomial"
        coefficients = [0.25, 1, -2.5]
        [charge_to_pulse]
        s_sat = 17
        a_sat = 19.5
        [leakage]
        form = "product"
        decay_per_token = 2.3e-3
        [scalers]
        q_a = 29
        q_b = -0.5
        k_a = [31.0]
        k_b = [1, 2.5, 3]
        v_a = 37.0
        v_b = [4, 5, 6]
        output_a = 41.0
        output_b = 43.0
    )");
    Config expected;
    expected.geometry = {3, 5, 7};
    expected.quantization = {9, 11, OutputQuantizer::mid_tread, 13};
    expected.cell = {CellModel::polynomial, {0.25, 1.0, -2.5}};
    expected.charge_to_pulse = {17.0, 19.5};
    expected.leakage = {LeakageForm::product, 2.3e-3};
    expected.scalers.q = {{29.0}, {-0.5}};
    expected.scalers.k = {{31.0}, {1.0, 2.5, 3.0}};
    expected.scalers.v = {{37.0}, {4.0, 5.0, 6.0}};
    expected.scalers.output = {{41.0}, {43.0}};
    EXPECT_EQ(config, expected);
}

TEST(ConfigFile, EveryWordOfAChoiceIsRead) {
    EXPECT_EQ(parse("quantization.output = \"counter\"").quantization.output, OutputQuantizer::counter);
    EXPECT_EQ(parse("quantization.output = \"mid-tread\"").quantization.output, OutputQuantizer::mid_tread);
    EXPECT_EQ(parse("quantization.output = \"off\"").quantization.output, OutputQuantizer::off);
    EXPECT_EQ(parse("cell.model = \"cubic\"").cell.model, CellModel::cubic);
    EXPECT_EQ(parse("cell.model = \"linear\"").cell.model, CellModel::linear);
    EXPECT_EQ(parse("leakage.form = \"off\"").leakage.form, LeakageForm::off);
    EXPECT_EQ(parse("leakage.form = \"voltage\"").leakage.form, LeakageForm::voltage);
    EXPECT_EQ(parse("leakage.form = \"product\"").leakage.form, LeakageForm::product);
    EXPECT_EQ(parse("hardware.readout = \"counters\"").hardware.readout, Readout::counters);
    EXPECT_EQ(parse("hardware.readout = \"counters-gated\"").hardware.readout, Readout::counters_gated);
    EXPECT_EQ(parse("hardware.readout = \"popcount\"").hardware.readout, Readout::popcount);
    EXPECT_EQ(parse("hardware.readout = \"popcount-gated\"").hardware.readout, Readout::popcount_gated);
    EXPECT_EQ(to_string(OutputQuantizer::mid_tread), "mid-tread");
    EXPECT_EQ(to_string(CellModel::polynomial), "polynomial");
    EXPECT_EQ(to_string(LeakageForm::voltage), "voltage");
}

TEST(ConfigFile, TimesGiveTheDecay) {
    EXPECT_EQ(parse("[leakage]\ntau_s = 5e-3\nstep_s = 7.8e-7").leakage.decay_per_token, 7.8e-7 / 5e-3);
    EXPECT_EQ(parse("[leakage]\nstep_s = 0\ntau_s = 2").leakage.decay_per_token, 0.0);
}

TEST(ConfigFile, LimitsThemselvesAreRead) {
    EXPECT_EQ(parse("geometry = {dim = 1, tile_tokens = 1, tiles = 1}").geometry, (Geometry{1, 1, 1}));
    EXPECT_EQ(parse("geometry = {dim = 4096, tile_tokens = 4096, tiles = 1024}").geometry,
              (Geometry{4096, 4096, 1024}));
    const Quantization low =
        parse("[quantization]\nquery_levels = 2\nstore_levels = 2\noutput_levels = 2").quantization;
    EXPECT_EQ(low, (Quantization{2, 2, OutputQuantizer::counter, 2}));
    const Quantization high =
        parse("[quantization]\nquery_levels = 128\nstore_levels = 128\noutput_levels = 128").quantization;
    EXPECT_EQ(high, (Quantization{128, 128, OutputQuantizer::counter, 128}));
    const Quantization off = parse("[quantization]\nquery_levels = 0\nstore_levels = 0").quantization;
    EXPECT_EQ(off, (Quantization{0, 0, OutputQuantizer::counter, 16}));
    EXPECT_EQ(parse("charge_to_pulse.s_sat = 1e-6").charge_to_pulse.s_sat, 1e-6);
    EXPECT_EQ(parse("charge_to_pulse.a_sat = 1e6").charge_to_pulse.a_sat, 1e6);
    EXPECT_EQ(parse("scalers.q_b = -1000000").scalers.q.b, std::vector<double>{-1e6});
    EXPECT_EQ(parse("leakage.decay_per_token = 0").leakage.decay_per_token, 0.0);
    const std::string sixteen = "[1" + repeated(", 1", 15) + "]";
    EXPECT_EQ(parse("cell.model = \"polynomial\"\ncell.coefficients = " + sixteen).cell.coefficients.size(), 16U);
}

TEST(ConfigFile, AllFormsOfTomlAreRead) {
    EXPECT_EQ(parse("geometry.dim = 5").geometry.dim, 5U);
    EXPECT_EQ(parse("geometry = {dim = 5}").geometry.dim, 5U);
    EXPECT_EQ(parse("[\"geometry\"]\n'dim' = 0x1_0").geometry.dim, 16U);
    EXPECT_EQ(parse("\xEF\xBB\xBF[geometry]\r\ndim = 5\r\n").geometry.dim, 5U);
    EXPECT_EQ(parse("cell.model = '''linear'''").cell.model, CellModel::linear);
    EXPECT_EQ(parse("cell.model = \"\"\"\\\n  lin\\u0065ar\"\"\"").cell.model, CellModel::linear);
}

TEST(ConfigFile, CommentMayHoldAnything) {
    const std::string comment = "# it's \"so\" " + repeated(".", 100) + repeated("[{=", 2000) + "\n";
    EXPECT_EQ(parse(comment + "geometry.dim = 5 " + comment).geometry.dim, 5U);
}

TEST(ConfigFile, ScalerMayHaveManyHeads) {
    const Config config = parse("scalers.q_a = [1.5" + repeated(", 1.5", 9999) + "]");
    EXPECT_EQ(config.scalers.q.a, std::vector<double>(10000, 1.5));
}

// What is refused ------------------------------------------------------------------------------------------------

TEST(ConfigFile, UnknownKeyNamesTheNearest) {
    EXPECT_EQ(refusal("[geometry]\ndmi = 3"), "my.toml:2: unknown key geometry.dmi: did you mean geometry.dim?");
    EXPECT_EQ(refusal("[geometry]\ntile_token = 3"),
              "my.toml:2: unknown key geometry.tile_token: did you mean geometry.tile_tokens?");
    EXPECT_EQ(refusal("[leakage]\ntau = 3"), "my.toml:2: unknown key leakage.tau: did you mean leakage.tau_s?");
    EXPECT_EQ(refusal("scalers.v_c = 3"), "my.toml:1: unknown key scalers.v_c: did you mean scalers.v_a?");
}

TEST(ConfigFile, KeyInTheWrongTableNamesTheRightOne) {
    EXPECT_EQ(refusal("[cell]\ns_sat = 3"), "my.toml:2: unknown key cell.s_sat: did you mean charge_to_pulse.s_sat?");
    EXPECT_EQ(refusal("[quantization]\noutput_c = 3"),
              "my.toml:2: unknown key quantization.output_c: did you mean quantization.output?");
    EXPECT_EQ(refusal("dim = 3"), "my.toml:1: unknown key dim: did you mean geometry.dim?");
}

TEST(ConfigFile, UnknownKeyFarFromAllNamesTheKnown) {
    EXPECT_EQ(refusal("[geometry]\n\nsomething = 3"),
              "my.toml:3: unknown key geometry.something: [geometry] has dim, tile_tokens, tiles");
    EXPECT_EQ(refusal("[geometry]\n\"\" = 3"),
              "my.toml:2: unknown key geometry.: [geometry] has dim, tile_tokens, tiles");
}

TEST(ConfigFile, UnknownTableNamesTheNearest) {
    EXPECT_EQ(refusal("[leakge]"), "my.toml:1: unknown table leakge: did you mean [leakage]?");
    EXPECT_EQ(refusal("\n[[quantisation]]"), "my.toml:2: unknown table quantisation: did you mean [quantization]?");
    EXPECT_EQ(refusal("geometri.dim = 3"), "my.toml:1: unknown table geometri: did you mean [geometry]?");
    EXPECT_EQ(refusal("[chip]\n[noise]"),
              "my.toml:1: unknown table chip: the tables are geometry, hardware, quantization, cell, "
              "charge_to_pulse, leakage, scalers");
}

TEST(ConfigFile, TableInAKnownTableIsRefused) {
    EXPECT_EQ(refusal("[geometry.dmi]"), "my.toml:1: unknown key geometry.dmi: did you mean geometry.dim?");
    EXPECT_EQ(refusal("[geometry.dim]"),
              "my.toml:1: geometry.dim is a table: it must be a whole number from 1 to 4096");
}

TEST(ConfigFile, SomethingElseThanATableIsRefused) {
    EXPECT_EQ(refusal("geometry = 3"), "my.toml:1: geometry is 3: it must be a table");
    EXPECT_EQ(refusal("[[geometry]]\ndim = 3"), "my.toml:1: geometry is an array: it must be a table");
}

TEST(ConfigFile, FirstErrorInTheFileIsTold) {
    EXPECT_EQ(refusal("[scalers]\nzzzz = 1\n[geometry]\naaaa = 1\ndim = 0"),
              "my.toml:2: unknown key scalers.zzzz: [scalers] has q_a, q_b, k_a, k_b, v_a, v_b, output_a, output_b");
    EXPECT_EQ(refusal("[geometry]\ntiles = 0\ndim = 0"),
              "my.toml:2: geometry.tiles is 0: it must be a whole number from 1 to 1024");
}

TEST(ConfigFile, StrangeKeysMakeOneShortLine) {
    EXPECT_EQ(refusal("[geometry]\n\"a\\nb\\u0007\" = 1"),
              "my.toml:2: unknown key geometry.a\\nb\\x07: [geometry] has dim, tile_tokens, tiles");
    EXPECT_EQ(refusal("[geometry]\n" + repeated("k", 100000) + " = 1"),
              "my.toml:2: unknown key geometry." + repeated("k", 200) + "...: [geometry] has dim, tile_tokens, tiles");
    EXPECT_EQ(refusal("cell.model = \"x" + repeated("\\u00E4", 1000) + "\""),
              "my.toml:1: cell.model is \"x" + repeated("\xC3\xA4", 99) +
                  "...\": it must be \"cubic\", \"linear\" or \"polynomial\"");
}

struct Refused {
    std::string_view text;
    std::string_view message;
};

TEST(ConfigFile, WholeNumberOutOfItsRangeIsRefused) {
    constexpr std::array cases{
        Refused{"geometry.dim = 0", "geometry.dim is 0: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = 4097", "geometry.dim is 4097: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = -1", "geometry.dim is -1: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = 9223372036854775807",
                "geometry.dim is 9223372036854775807: it must be a whole number from 1 to 4096"},
        Refused{"geometry.tile_tokens = 0", "geometry.tile_tokens is 0: it must be a whole number from 1 to 4096"},
        Refused{"geometry.tile_tokens = 4097",
                "geometry.tile_tokens is 4097: it must be a whole number from 1 to 4096"},
        Refused{"geometry.tiles = 0", "geometry.tiles is 0: it must be a whole number from 1 to 1024"},
        Refused{"geometry.tiles = 1025", "geometry.tiles is 1025: it must be a whole number from 1 to 1024"},
        Refused{"quantization.query_levels = 1",
                "quantization.query_levels is 1: it must be a whole number from 2 to 128, or 0 to turn it off"},
        Refused{"quantization.query_levels = 129",
                "quantization.query_levels is 129: it must be a whole number from 2 to 128, or 0 to turn it off"},
        Refused{"quantization.store_levels = 1",
                "quantization.store_levels is 1: it must be a whole number from 2 to 128, or 0 to turn it off"},
        Refused{"quantization.store_levels = -8",
                "quantization.store_levels is -8: it must be a whole number from 2 to 128, or 0 to turn it off"},
        Refused{"quantization.output_levels = 0",
                "quantization.output_levels is 0: it must be a whole number from 2 to 128"},
        Refused{"quantization.output_levels = 129",
                "quantization.output_levels is 129: it must be a whole number from 2 to 128"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_EQ(refusal(text), "my.toml:1: " + std::string{message});
    }
}

TEST(ConfigFile, NumberOutOfItsRangeIsRefused) {
    constexpr std::array cases{
        Refused{"charge_to_pulse.s_sat = 0", "charge_to_pulse.s_sat is 0: it must be a number from 1e-6 to 1e6"},
        Refused{"charge_to_pulse.s_sat = inf", "charge_to_pulse.s_sat is inf: it must be a number from 1e-6 to 1e6"},
        Refused{"charge_to_pulse.a_sat = -1.5", "charge_to_pulse.a_sat is -1.5: it must be a number from 1e-6 to 1e6"},
        Refused{"charge_to_pulse.a_sat = nan", "charge_to_pulse.a_sat is nan: it must be a number from 1e-6 to 1e6"},
        Refused{"leakage.decay_per_token = -1", "leakage.decay_per_token is -1: it must be a number from 0 to 1e6"},
        Refused{"leakage.decay_per_token = -inf", "leakage.decay_per_token is -inf: it must be a number from 0 to 1e6"},
        Refused{"leakage.decay_per_token = nan", "leakage.decay_per_token is nan: it must be a number from 0 to 1e6"},
        Refused{"leakage.tau_s = 0.0", "leakage.tau_s is 0.0: it must be a number above 0, at most 1e6"},
        Refused{"leakage.step_s = -1e-9", "leakage.step_s is -1e-09: it must be a number from 0 to 1e6"},
        Refused{"scalers.q_a = nan",
                "scalers.q_a is nan: it must be a number from -1e6 to 1e6, or an array of such numbers, one a head"},
        Refused{"scalers.output_b = [1, -inf]", "scalers.output_b[1] is -inf: it must be a number from -1e6 to 1e6"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_EQ(refusal(text), "my.toml:1: " + std::string{message});
    }
}

TEST(ConfigFile, ValueOfAnotherTypeIsRefused) {
    constexpr std::array cases{
        Refused{"geometry.dim = \"64\"", "geometry.dim is \"64\": it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = 64.0", "geometry.dim is 64.0: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = true", "geometry.dim is true: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = [64]", "geometry.dim is an array: it must be a whole number from 1 to 4096"},
        Refused{"geometry.dim = 1979-05-27",
                "geometry.dim is a date or a time: it must be a whole number from 1 to 4096"},
        Refused{"charge_to_pulse.s_sat = \"80\"",
                "charge_to_pulse.s_sat is \"80\": it must be a number from 1e-6 to 1e6"},
        Refused{"leakage.decay_per_token = false",
                "leakage.decay_per_token is false: it must be a number from 0 to 1e6"},
        Refused{R"(quantization.output = "midtread")",
                R"(quantization.output is "midtread": it must be "counter", "mid-tread" or "off")"},
        Refused{"quantization.output = 0", R"(quantization.output is 0: it must be "counter", "mid-tread" or "off")"},
        Refused{R"(cell.model = "Cubic")", R"(cell.model is "Cubic": it must be "cubic", "linear" or "polynomial")"},
        Refused{"leakage.form = {}", R"(leakage.form is a table: it must be "off", "voltage" or "product")"},
        Refused{"scalers.k_a = []",
                "scalers.k_a is an empty array: it must be a number from -1e6 to 1e6, or an array of such "
                "numbers, one a head"},
        Refused{"scalers.k_a = \"1\"",
                "scalers.k_a is \"1\": it must be a number from -1e6 to 1e6, or an array of such numbers, one a head"},
        Refused{"scalers.k_a = [1.0, [2.0]]", "scalers.k_a[1] is an array: it must be a number from -1e6 to 1e6"},
        Refused{"cell.coefficients = 3",
                "cell.coefficients is 3: it must be an array of 1 to 16 numbers from -1e6 to 1e6"},
        Refused{"cell.coefficients = []",
                "cell.coefficients is an empty array: it must be an array of 1 to 16 numbers from -1e6 to 1e6"},
        Refused{"cell.coefficients = [1, \"2\"]",
                "cell.coefficients[1] is \"2\": it must be a number from -1e6 to 1e6"},
        Refused{"cell.coefficients = [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
                "cell.coefficients is an array of 17: it must be an array of 1 to 16 numbers from -1e6 to 1e6"},
    };
    for (const auto& [text, message] : cases) {
        EXPECT_EQ(refusal(text), "my.toml:1: " + std::string{message});
    }
}

TEST(ConfigFile, ElementOfAnArrayIsRefusedAtItsLine) {
    EXPECT_EQ(refusal("[scalers]\nv_a = [\n  1.0,\n  nan,\n]"),
              "my.toml:4: scalers.v_a[1] is nan: it must be a number from -1e6 to 1e6");
}

TEST(ConfigFile, PolynomialNeedsCoefficients) {
    EXPECT_EQ(refusal("[cell]\nmodel = \"polynomial\""),
              "my.toml:2: cell.model is \"polynomial\": cell.coefficients must be given, an array of 1 to 16 "
              "numbers from -1e6 to 1e6");
}

TEST(ConfigFile, CoefficientsNeedThePolynomial) {
    EXPECT_EQ(refusal("[cell]\nmodel = \"linear\"\ncoefficients = [0, 19.3]"),
              "my.toml:3: cell.coefficients is given: cell.model must then be \"polynomial\", but it is \"linear\"");
    EXPECT_EQ(refusal("[cell]\ncoefficients = [0, 19.3]"),
              "my.toml:2: cell.coefficients is given: cell.model must then be \"polynomial\", but it is \"cubic\"");
}

TEST(ConfigFile, TimesStandTogetherAndAlone) {
    EXPECT_EQ(refusal("[leakage]\ntau_s = 5e-3"),
              "my.toml:2: leakage.tau_s is 0.005: leakage.step_s must be given too");
    EXPECT_EQ(refusal("[leakage]\nstep_s = 1"), "my.toml:2: leakage.step_s is 1: leakage.tau_s must be given too");
    EXPECT_EQ(refusal("[leakage]\ndecay_per_token = 0.1\nstep_s = 1\ntau_s = 2"),
              "my.toml:4: leakage.tau_s is 2: it must not be given beside leakage.decay_per_token");
    EXPECT_EQ(refusal("[leakage]\ntau_s = 1e-300\nstep_s = 1"),
              "my.toml:2: leakage.tau_s is 1e-300: leakage.step_s / tau_s must be a number from 0 to 1e6");
}

TEST(ConfigFile, ArraysOfScalersHaveOneLength) {
    EXPECT_EQ(refusal("[scalers]\nq_a = [1, 2, 3]\nq_b = [5]\nv_b = [1, 2]"),
              "my.toml:4: scalers.v_b is an array of 2: it must have one number a head, 3 as scalers.q_a has");
}

TEST(ConfigFile, SyntaxErrorNamesItsLine) {
    EXPECT_EQ(refusal("[geometry]\ndim = \n"),
              "my.toml:2: not TOML: Error while parsing key-value pair: expected value, saw '\\n'");
    for (const std::string_view text :
         {"[geometry]\ndim 3", "\n[geometry", "\ndim = tru", "\nx = \"abc\ny = 1", "\nx = \"\xFF\"", "x = 1\nx = 2",
          "\nx = 99999999999999999999", "\nx = 1e400", "\nx = [1, 2", "\n\xF0\x9F\x98\x80 = 1", "\nx = 1 2"}) {
        const std::string message = refusal(text);
        EXPECT_TRUE(message.starts_with("my.toml:2: not TOML: ") || message.starts_with("my.toml:3: not TOML: "))
            << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    }
}

TEST(ConfigFile, TextThatTripsTheParsersAssertionsIsRefused) {
    for (const std::string_view text : {"\n[]", "\n [=]", "\n[ .a]", "\n[[[a]]]", "\n[[ ]]", "\n[[\t#a]]", "\n[",
                                        "\n[[", "\na = [}]", "\na = {b = }"}) {
        EXPECT_TRUE(refusal(text).starts_with("my.toml:2: not TOML: ")) << refusal(text);
    }
}

TEST(ConfigFile, OnlyCommentsMayLeaveAscii) {
    const std::string refused = "my.toml:2: not TOML: a character is not ASCII: only a comment may hold others";
    EXPECT_EQ(parse("# \xC3\xA9 \n[geometry]\ndim = 5 # \xE2\x80\xA8").geometry.dim, 5U);
    for (const std::string_view text :
         {"\n\xC3\xA9 = 1", "\na = \xC3\xA9", "\na = 1\xC2\xA0", "\n[a\xC3\xA9]", "\na = \"\"\"\xC3\xA9\"\"\"",
          "\n\xEF\xBB\xBF", "\n'\xC3\xA9' = 1", "\na = 1['\xC3\xA9']"}) {
        EXPECT_EQ(refusal(text), refused) << text;
    }
}

TEST(ConfigFile, DeepKeysAndValuesAreRefused) {
    const std::string too_deep = "my.toml:2: a key or a value is more than 16 deep: it must be at most 16 deep";
    EXPECT_EQ(refusal("\na" + repeated(".a", 400000) + " = 1"), too_deep);
    EXPECT_EQ(refusal("\n[a" + repeated(" . \"a\"", 100000) + "]"), too_deep);
    EXPECT_EQ(refusal("\na = {b = '''''', b" + repeated(".'='", 200000) + " = 1}"), too_deep);
    for (const std::string_view string : {R"("\"#")", R"("#")", R"('\')", R"("""#"#""")", R"("""x"""")",
                                          R"("""\"""#""")", R"("""x""""")", "'''x''''", "''''#'''"}) {
        EXPECT_EQ(refusal("\na = {b = " + std::string{string} + ", b" + repeated(".b", 200000) + " = 1}"), too_deep);
    }
    EXPECT_EQ(refusal("\na = " + repeated("[", 200000)), too_deep);
    EXPECT_EQ(refusal("\na = " + repeated("{a=", 20000)), too_deep);
}

TEST(ConfigFile, TooManyKeysAreRefused) {
    const std::string too_many = "more than 1024 keys, tables and arrays: there must be at most 1024";
    EXPECT_EQ(refusal(repeated("[[a]]\n", 150000)), "my.toml:513: " + too_many);
    EXPECT_EQ(refusal(repeated("a.b = 1\n", 100000)), "my.toml:1025: " + too_many);
    EXPECT_EQ(refusal("\na = [" + repeated("{},", 100000)), "my.toml:2: " + too_many);
}

TEST(ConfigFile, LongTextIsRefused) {
    const std::string longest = "#" + repeated("x", kMaxConfigBytes - 1);
    EXPECT_EQ(parse(longest), Config{});
    EXPECT_EQ(refusal(longest + "x"), "my.toml is more than 1048576 bytes: it must be at most that");
}

// Files ----------------------------------------------------------------------------------------------------------

TEST_F(ConfigFileOnDisk, FileIsRead) {
    EXPECT_EQ(load_config(write("good.toml", "[geometry]\ndim = 5\n")).geometry.dim, 5U);
}

TEST_F(ConfigFileOnDisk, MessageNamesTheFile) {
    const fs::path file = write("bad.toml", "[geometry]\n\ndim = 0\n");
    EXPECT_EQ(load_refusal(file), file.string() + ":3: geometry.dim is 0: it must be a whole number from 1 to 4096");
}

TEST_F(ConfigFileOnDisk, MissingFileIsRefused) {
    EXPECT_EQ(load_refusal(path("none.toml")),
              path("none.toml").string() + " cannot be opened: No such file or directory");
}

TEST_F(ConfigFileOnDisk, UnreadableFileIsRefused) {
    const fs::path file = write("closed.toml", "") / "inside.toml";
    EXPECT_EQ(load_refusal(file), file.string() + " cannot be opened: Not a directory");
}

TEST_F(ConfigFileOnDisk, DirectoryIsRefused) {
    EXPECT_EQ(load_refusal(path("")), path("").string() + " is a directory: it must be a file");
}

TEST_F(ConfigFileOnDisk, HugeFileIsRefused) {
    const fs::path file = write("huge.toml", repeated("#\n", kMaxConfigBytes / 2 + 1));
    EXPECT_EQ(load_refusal(file), file.string() + " is more than 1048576 bytes: it must be at most that");
    EXPECT_EQ(load_refusal("/dev/zero"), "/dev/zero is more than 1048576 bytes: it must be at most that");
}

// What is printed ------------------------------------------------------------------------------------------------

TEST(ConfigFile, PrintedDefaultsAreTheDefaults) {
    EXPECT_EQ(parse(print_config(Config{})), Config{});
}

TEST(ConfigFile, EveryPrintedKeyHasAComment) {
    const std::vector<std::string> lines = lines_of(print_config(Config{}));
    const std::string example = "# not in force, an example: ";
    std::set<std::string> keys;
    std::string section;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool is_example = lines[i].starts_with(example);
        if (lines[i].starts_with("[")) {
            section = lines[i];
        } else if (is_example || (!lines[i].empty() && lines[i][0] != '#')) {
            ASSERT_GE(i, 2U);
            EXPECT_TRUE(lines[i - 1].starts_with("# ") && lines[i - 2].starts_with("# ")) << lines[i];
            EXPECT_EQ(!is_example, lines[i - 1].find("; default ") != std::string::npos) << lines[i - 1];
            const std::string key = is_example ? lines[i].substr(example.size()) : lines[i];
            keys.insert(section + key.substr(0, key.find(" = ")));
        }
        EXPECT_LE(lines[i].size(), 120U) << lines[i];
    }
    EXPECT_EQ(keys.size(), kNumberOfKeys);
}

TEST(ConfigFile, PrintedExamplesAreGood) {
    std::string text;
    for (std::string line : lines_of(print_config(Config{}))) {
        const std::string example = "# not in force, an example: ";
        if (line.starts_with(example)) {
            line = line.substr(example.size());
        } else if (line.starts_with("decay_per_token")) {
            continue;
        } else if (line.starts_with("model")) {
            line = "model = \"polynomial\"";
        }
        text += line + "\n";
    }
    Config expected;
    expected.cell = {CellModel::polynomial, {0.0, 19.3}};
    expected.leakage.decay_per_token = 7.8e-7 / 5e-3;
    EXPECT_EQ(parse(text), expected);
    EXPECT_NEAR(expected.leakage.decay_per_token, Leakage{}.decay_per_token, 1e-18);
}

TEST(ConfigFile, CoefficientsNotInForceAreNotPrinted) {
    Config config;
    config.cell = {CellModel::linear, {1.0, 2.0}};
    Config expected;
    expected.cell = {CellModel::linear, {}};
    EXPECT_EQ(parse(print_config(config)), expected);
}

/// Random configurations of all that a file can say.
class RandomConfig {
 public:
    explicit RandomConfig(std::uint64_t seed) : engine_{seed} {}

    Config operator()() {
        heads_ = whole(2, 40);
        Config config;
        config.geometry = {whole(1, 4096), whole(1, 4096), whole(1, 1024)};
        config.quantization = {levels_or_off(), levels_or_off(), OutputQuantizer{static_cast<int>(whole(0, 2))},
                               static_cast<unsigned>(whole(2, 128))};
        config.cell.model = CellModel{static_cast<int>(whole(0, 2))};
        if (config.cell.model == CellModel::polynomial) {
            config.cell.coefficients = numbers(whole(1, 16));
        }
        config.charge_to_pulse = {full_scale(), full_scale()};
        config.leakage = {LeakageForm{static_cast<int>(whole(0, 2))}, whole(0, 3) == 0 ? 0.0 : positive()};
        for (Scaler* scaler : {&config.scalers.q, &config.scalers.k, &config.scalers.v, &config.scalers.output}) {
            scaler->a = numbers(whole(0, 1) == 0 ? 1 : heads_);
            scaler->b = numbers(whole(0, 1) == 0 ? 1 : heads_);
        }
        return config;
    }

 private:
    std::size_t whole(std::size_t lowest, std::size_t highest) {
        return std::uniform_int_distribution<std::size_t>{lowest, highest}(engine_);
    }
    unsigned levels_or_off() { return whole(0, 3) == 0 ? 0U : static_cast<unsigned>(whole(2, 128)); }

    /// Any bit pattern up to the limit, or a number as people write them.
    double number() {
        if (whole(0, 2) == 0) {
            return static_cast<double>(whole(0, 2000)) / 8.0 - 125.0;
        }
        for (;;) {
            const auto any = std::bit_cast<double>(engine_());
            if (std::abs(any) <= 1e6) {
                return any;
            }
        }
    }
    double positive() {
        const double size = std::abs(number());
        return size > 0.0 ? size : std::numeric_limits<double>::denorm_min();
    }
    double full_scale() { return std::max(positive(), 1e-6); }
    std::vector<double> numbers(std::size_t count) {
        std::vector<double> all(count);
        for (double& one : all) {
            one = number();
        }
        return all;
    }

    std::mt19937_64 engine_;
    std::size_t heads_ = 2;
};

TEST(ConfigFile, RandomConfigsReadBackToTheBit) {
    constexpr std::uint64_t kSeeds = 300;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const Config config = RandomConfig{seed}();
        const std::string text = print_config(config);
        const Config again = parse_config(text, "seed " + std::to_string(seed));
        ASSERT_EQ(again, config) << "seed " << seed << "\n" << text;
        ASSERT_EQ(print_config(again), text) << "seed " << seed;  // tells -0.0 from 0.0
    }
}

TEST(ConfigFile, ExtremeNumbersReadBackToTheBit) {
    using Limits = std::numeric_limits<double>;
    Config config;
    config.scalers.q.a = {-0.0,
                          Limits::denorm_min(),
                          -Limits::denorm_min(),
                          Limits::min(),
                          1e6,
                          -1e6,
                          1e-15,
                          1e-22,
                          1e-23,
                          1e-300,
                          999999.9999999999,
                          0.1 + 0.2,
                          1.0 / 3.0,
                          Limits::epsilon(),
                          -1.0};
    const Config again = parse(print_config(config));
    ASSERT_EQ(again.scalers.q.a.size(), config.scalers.q.a.size());
    for (std::size_t i = 0; i < config.scalers.q.a.size(); ++i) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(again.scalers.q.a[i]),
                  std::bit_cast<std::uint64_t>(config.scalers.q.a[i]))
            << config.scalers.q.a[i];
    }
}

// Anything at all ------------------------------------------------------------------------------------------------

/// Changes a text in one to four places: bytes, and pieces that TOML cares about.
std::string mutated(std::string text, std::mt19937_64& engine) {
    static const std::vector<std::string> pieces{
        "\"",     "'",    R"(""")", "'''",  "\\",    "#",         "\n",  "\r",   "=",
        "[",      "]",    "{",      "}",    ",",     ".",         "[[",  "]]",   "a.b.c.",
        "1e308",  "-",    "+inf",   "nan",  "0x",    "_",         "\\u", "\xFF", std::string(1, '\0'),
        "dim",    "q_a",  "999",    "true", "tau_s", "[leakage]", "{a=", "1979", ":07:",
        "[cell]", "\xC3", "\x7F"};
    const auto below = [&](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>{0, limit - 1}(engine);
    };
    for (std::size_t changes = below(4) + 1; changes > 0; --changes) {
        const std::size_t at = below(text.size() + 1);
        switch (below(4)) {
            case 0:
                text.erase(at, below(20));
                break;
            case 1:
                text.insert(at, pieces[below(pieces.size())]);
                break;
            case 2:
                text.insert(at, text.substr(below(text.size() + 1), below(60)));
                break;
            default:
                text.insert(at, 1, static_cast<char>(below(256)));
        }
    }
    return text;
}

TEST(ConfigFile, AnyTextGivesAConfigOrOneLine) {
    constexpr std::uint64_t kSeeds = 3000;
    const std::string good =
        "[geometry]\ndim = 3\n[quantization]\noutput = 'off'\n[cell]\nmodel = \"\"\"polynomial\"\"\"\n"
        "coefficients = [0.5, 2e1]\n[leakage]\ntau_s = 5e-3 # s\nstep_s = 1e-6\n[scalers]\nq_a = [\n 1.5,\n 2]\n";
    const std::string bad = good + "k_b.x = {a = 1}\n[[table]]\nb = 12:00:00\n";
    ASSERT_NO_THROW(static_cast<void>(parse(good)));
    std::size_t read = 0;
    std::size_t refused = 0;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        std::mt19937_64 engine{seed};
        const std::string text = mutated(seed % 4 == 0 ? bad : good, engine);
        SCOPED_TRACE("seed " + std::to_string(seed) + "\n" + text);
        try {
            const Config config = parse(text);
            ASSERT_EQ(parse(print_config(config)), config);
            ++read;
        } catch (const InputError& error) {
            const std::string message = error.what();
            ASSERT_TRUE(message.starts_with("my.toml:")) << message;
            ASSERT_EQ(message.find_first_of(std::string_view{"\n\r\0", 3}), std::string::npos) << message;
            ASSERT_LT(message.size(), 1000U);
            ++refused;
        }
    }
    EXPECT_GT(read, 0U);
    EXPECT_GT(refused, kSeeds / 2);
}

// The values by which a checkpoint knows its configuration.

TEST(ConfigValues, NameEveryKeyInForce) {
    const std::vector<ConfigValue> values = config_values(Config{});
    const auto value_of = [&](const std::string& key) -> std::string {
        for (const ConfigValue& value : values) {
            if (value.key == key) {
                return value.value;
            }
        }
        return "not in force";
    };
    EXPECT_EQ(value_of("geometry.dim"), "64");
    EXPECT_EQ(value_of("quantization.output"), "\"counter\"");
    EXPECT_EQ(value_of("leakage.decay_per_token"), "0.000156");
    EXPECT_EQ(value_of("scalers.output_b"), "0.0");
    EXPECT_EQ(value_of("cell.coefficients"), "not in force");
    EXPECT_EQ(value_of("leakage.tau_s"), "not in force");
}

TEST(ConfigValues, DifferWhereConfigurationsDo) {
    Config other;
    other.leakage.decay_per_token = std::nextafter(other.leakage.decay_per_token, 1.0);
    EXPECT_NE(config_values(other), config_values(Config{}));
    other = Config{};
    other.scalers.k.b = {0.0, 0.25};
    EXPECT_NE(config_values(other), config_values(Config{}));
    other = Config{};
    other.cell.coefficients = {1.0};  // the cubic model does not read them
    EXPECT_EQ(config_values(other), config_values(Config{}));
}

}  // namespace
}  // namespace gca

// Which tokens, sub-tiles, bit lines and rows a trace shows.
#include "sim/trace_options.h"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "behavioral/error.h"

namespace gca {
namespace {

using Indices = std::vector<std::size_t>;

Indices up_to(std::size_t size) {
    Indices all(size);
    std::iota(all.begin(), all.end(), 0);
    return all;
}

std::string message_of(const TraceOptions& options, const Geometry& geometry) {
    try {
        (void)resolve(options, geometry, 3, 100);
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

TEST(IndexList, NumbersAndRanges) {
    EXPECT_EQ(IndexList("--x", "3").below(4), (Indices{3}));
    EXPECT_EQ(IndexList("--x", "5,0,2:4").below(6), (Indices{0, 2, 3, 5}));
    EXPECT_EQ(IndexList("--x", "1:4,2,3:5").below(6), (Indices{1, 2, 3, 4}));
    EXPECT_EQ(IndexList("--x", "all").below(3), (Indices{0, 1, 2}));
    EXPECT_TRUE(IndexList("--x", "none").below(3).empty());
    EXPECT_TRUE(IndexList("--x", "all").below(0).empty());
}

TEST(IndexList, OtherTextIsRefused) {
    for (const char* text : {"", ",", "1,", ",1", "1,,2", "a", "1:", ":2", "2:2", "3:2", "-1", "+1", " 1", "1 ",
                             "1:2:3", "0x1", "all,1", "99999999999999999999"}) {
        EXPECT_THROW(IndexList("--x", text), InputError) << text;
    }
    EXPECT_THROW((void)IndexList("--x", "3").below(3), InputError);
    EXPECT_THROW((void)IndexList("--x", "0:4").below(3), InputError);
    EXPECT_THROW((void)IndexList("--x", "0").below(0), InputError);
}

TEST(TraceOptions, DefaultIsOneSubTileAndTheFirstTokens) {
    const TraceSelection s = resolve({.file = "a.fst"}, {}, 3, 100);
    EXPECT_EQ(s.file, "a.fst");
    EXPECT_EQ(s.first_token, 0);
    EXPECT_EQ(s.end_token, 32);
    EXPECT_EQ(s.tiles, Indices{0});
    EXPECT_EQ(s.k_lines, up_to(64));
    EXPECT_EQ(s.v_lines, up_to(64));
    EXPECT_EQ(s.rows, (Indices{0, 1, 2, 3}));
}

TEST(TraceOptions, TokensEndWithTheInput) {
    EXPECT_EQ(resolve({}, {}, 1, 10).end_token, 10);
    EXPECT_EQ(resolve({.tokens = "all"}, {}, 1, 100).end_token, 100);
    const TraceSelection s = resolve({.tokens = "7:1000"}, {}, 1, 100);
    EXPECT_EQ(s.first_token, 7);
    EXPECT_EQ(s.end_token, 100);
    EXPECT_EQ(resolve({.tokens = "7"}, {}, 1, 100).end_token, 8);
}

TEST(TraceOptions, ATraceOfAResumedRunBeginsWhereTheRunDoes) {
    const auto tokens = [](const std::string& text) {
        const TraceSelection s = resolve({.tokens = text}, {}, 1, 100, 20);
        return Indices{s.first_token, s.end_token};
    };
    EXPECT_EQ(tokens(""), (Indices{20, 52}));
    EXPECT_EQ(tokens("all"), (Indices{20, 100}));
    EXPECT_EQ(tokens("7:30"), (Indices{20, 30}));
    EXPECT_EQ(tokens("25:30"), (Indices{25, 30}));
    try {
        (void)resolve({.tokens = "0:20"}, {}, 1, 100, 20);
        FAIL();
    } catch (const InputError& error) {
        EXPECT_STREQ(error.what(), "--trace-tokens is 0:20: the run is resumed at token 20");
    }
}

TEST(TraceOptions, TokensAreThoseOfAllHeads) {
    const TraceSelection s = resolve({.heads = "1:3", .tokens = "98:103"}, {}, 3, 100);
    EXPECT_EQ(s.first_head, 1);
    EXPECT_EQ(s.end_head, 3);
    EXPECT_EQ(s.first_token, 98);
    EXPECT_EQ(s.end_token, 103);
    EXPECT_EQ(resolve({.heads = "1:3", .tokens = "all"}, {}, 3, 100).end_token, 200);
    EXPECT_EQ(resolve({.heads = "2"}, {}, 3, 100).first_head, 2);
    EXPECT_EQ(resolve({.heads = "2"}, {}, 3, 100).end_head, 3);
}

TEST(TraceOptions, ArraysWithDifferentNumbersOfBitLines) {
    const Geometry odd{.dim = 12, .tile_tokens = 10, .tiles = 3};
    const TraceSelection all = resolve({}, odd, 1, 10);
    EXPECT_EQ(all.k_lines, up_to(10));
    EXPECT_EQ(all.v_lines, up_to(12));
    const TraceSelection last = resolve({.columns = "9:12"}, odd, 1, 10);
    EXPECT_EQ(last.k_lines, Indices{9});
    EXPECT_EQ(last.v_lines, (Indices{9, 10, 11}));
}

TEST(TraceOptions, SmallGeometryHasFewerRowsThanTheDefaultNames) {
    EXPECT_EQ(resolve({}, {.dim = 1, .tile_tokens = 1, .tiles = 1}, 1, 1).rows, Indices{0});
}

TEST(TraceOptions, MessagesNameOptionValueAndLimit) {
    const Geometry odd{.dim = 12, .tile_tokens = 10, .tiles = 3};
    EXPECT_EQ(message_of({.heads = "3"}, odd), "--trace-head is 3: the last one is 2");
    EXPECT_EQ(message_of({.heads = "1:4"}, odd), "--trace-head is 1:4: the last one is 2");
    EXPECT_EQ(message_of({.heads = "1:1"}, odd), "--trace-head is 1:1: must be a number or A:B with A < B");
    EXPECT_EQ(message_of({.heads = "0:2", .tokens = "200"}, odd), "--trace-tokens is 200: the last one is 199");
    EXPECT_EQ(message_of({.tokens = "100:101"}, odd), "--trace-tokens is 100:101: the last one is 99");
    EXPECT_EQ(message_of({.tokens = "4:4"}, odd), "--trace-tokens is 4:4: must be all or A:B with A < B");
    EXPECT_EQ(message_of({.tiles = "0,3"}, odd), "--trace-tiles is 0,3: the last one is 2");
    EXPECT_EQ(message_of({.columns = "12"}, odd), "--trace-columns is 12: the last one is 11");
    EXPECT_EQ(message_of({.rows = "8:13"}, odd), "--trace-rows is 8:13: the last one is 11");
    EXPECT_EQ(message_of({.rows = "x"}, odd),
              "--trace-rows is x: must be all, none or numbers and ranges such as 0,4:8");
}

}  // namespace
}  // namespace gca

// What `gca` tells its caller: 0 success, 128 + n ended by signal n, or one of these.
#pragma once

namespace gca {

constexpr int kDifference = 1;  ///< a difference or a broken contract was found
constexpr int kBadInput = 2;

}  // namespace gca

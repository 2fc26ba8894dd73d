// Work on every head, spread over threads.
#pragma once

#include <cstddef>
#include <functional>

namespace gca {

/// Calls `work(worker, head)` for every head, from `threads` threads: `worker` is below `threads`, and no two calls
/// with the same one are under way at once. Rethrows the first exception, when all threads have stopped.
void for_each_head(std::size_t heads, unsigned threads, const std::function<void(unsigned, std::size_t)>& work);

}  // namespace gca

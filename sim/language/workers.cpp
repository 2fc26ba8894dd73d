#include "sim/language/workers.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <thread>

namespace gca {

Workers::Workers(unsigned threads)
    : threads_(threads != 0 ? threads : std::max(std::thread::hardware_concurrency(), 1U)),
      limit_(tbb::global_control::max_allowed_parallelism, threads_),
      arena_(static_cast<int>(threads_)) {}

void Workers::for_each(std::size_t count, const std::function<void(std::size_t)>& work) {
    arena_.execute([&] { tbb::parallel_for(std::size_t{0}, count, work, tbb::simple_partitioner()); });
}

}  // namespace gca

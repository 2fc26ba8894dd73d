#include "sim/parallel.h"

#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gca {

void for_each_head(std::size_t heads, unsigned threads, const std::function<void(unsigned, std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::exception_ptr error;
    std::mutex error_mutex;
    const auto loop = [&](unsigned worker) {
        try {
            for (std::size_t head = next++; head < heads; head = next++) {
                work(worker, head);
            }
        } catch (...) {
            const std::lock_guard lock(error_mutex);
            error = error ? error : std::current_exception();
            next = heads;
        }
    };
    {
        std::vector<std::jthread> pool;
        for (unsigned worker = 1; worker < threads; ++worker) {
            pool.emplace_back(loop, worker);
        }
        loop(0);
    }
    if (error) {
        std::rethrow_exception(error);
    }
}

}  // namespace gca

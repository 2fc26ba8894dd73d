// Threads that share the work of one layer.
#pragma once

#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <cstddef>
#include <functional>

namespace gca {

class Workers {
 public:
    /// `threads` of them, the caller's included; 0: one a core.
    explicit Workers(unsigned threads);

    /// Calls `work(i)` for each i below `count`, in any order and at the same time. Each call's result must not depend
    /// on the others': then the number of threads changes no bit. Rethrows an exception.
    void for_each(std::size_t count, const std::function<void(std::size_t)>& work);

    [[nodiscard]] unsigned threads() const { return threads_; }

 private:
    unsigned threads_;
    tbb::global_control limit_;
    tbb::task_arena arena_;
};

}  // namespace gca

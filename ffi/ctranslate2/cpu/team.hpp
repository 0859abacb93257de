// team.hpp: runs work on the threads that CTranslate2 uses too, which are those of libgomp.
#pragma once

#include <algorithm>
#include <cstdint>

extern "C" {
int  omp_get_max_threads(void);
int  omp_get_num_threads(void);
int  omp_get_thread_num(void);
void GOMP_parallel(void (*work)(void *), void * data, unsigned n_threads, unsigned flags);
}

namespace asr {

// With fewer operations, the start of the threads takes longer than it saves.
constexpr int64_t n_divided_operations_min = 1 << 22;

// Divides the numbers from 0 to n - 1 among the threads of this thread's team. Calls work(first, last) on each thread, for
// `first` to before `last`. `n_operations` is the approximate number of operations of the whole work.
template <typename Work>
void divide_among_threads(int64_t n, int64_t n_operations, Work && work) {
    struct task {
        int64_t n;
        Work &  work;
    };
    const auto n_threads = static_cast<unsigned>(std::min<int64_t>(n, omp_get_max_threads()));
    if (n_threads == 1 || n_operations < n_divided_operations_min) {
        work(int64_t{ 0 }, n);
        return;
    }
    task whole = { n, work };
    GOMP_parallel(
        [](void * data) {
            auto &        of    = *static_cast<task *>(data);
            const int64_t part  = omp_get_thread_num();
            const int64_t parts = omp_get_num_threads();
            of.work(of.n * part / parts, of.n * (part + 1) / parts);
        },
        &whole, n_threads, 0);
}

} // namespace asr

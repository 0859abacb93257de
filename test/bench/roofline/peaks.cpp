// peaks.cpp: measures what the CPU can do at most: products of floats, products of 8-bit numbers, and reading from the memory.
//
// Usage: peaks THREADS. Prints three numbers for all threads together: 10^9 operations a second with floats and with 8-bit numbers
// (a multiplication and an addition are two operations), and 10^9 bytes a second.

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <thread>
#include <vector>

namespace {

constexpr int64_t n_steps = 20'000'000;

double now_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Returns the value. The compiler does not know it, so it must compute again what it computes from it.
template <typename Vector>
Vector unknown(Vector value) {
    asm volatile("" : "+x"(value));
    return value;
}

// Calls add(sum, factor) for n sums in each step, and returns the operations per second. `n_operations` is the number of operations
// of one call. Independent sums hide the latency of an instruction.
template <int n, typename Vector, typename Add>
double rate_of(Vector factor, int n_operations, Add && add) {
    const double start_s = now_s();
    Vector       sums[n] = {};
    for (int64_t step = 0; step < n_steps; ++step) {
#pragma GCC unroll 16
        for (auto & sum : sums) {
            sum = unknown(add(sum, unknown(factor)));
        }
    }
    return static_cast<double>(n_operations) * n * n_steps / (now_s() - start_s);
}

double float_rate() {
#if defined(__AVX512F__)
    return rate_of<16>(_mm512_set1_ps(1e-9f), 2 * 16,
                       [](__m512 sum, __m512 factor) { return _mm512_fmadd_ps(factor, factor, sum); });
#else
    return rate_of<12>(_mm256_set1_ps(1e-9f), 2 * 8,
                       [](__m256 sum, __m256 factor) { return _mm256_fmadd_ps(factor, factor, sum); });
#endif
}

double int8_rate() {
#if defined(__AVX512VNNI__)
    return rate_of<16>(_mm512_set1_epi8(1), 2 * 64,
                       [](__m512i sum, __m512i factor) { return _mm512_dpbusd_epi32(sum, factor, factor); });
#else
    // AVX2 adds four products in 16 bits (ffi/ctranslate2/cpu/step_groups.hpp), then the two halves of a sum in 32 bits.
    return rate_of<10>(_mm256_set1_epi8(1), 4 * 2 * 32, [ones = _mm256_set1_epi16(1)](__m256i sum, __m256i factor) {
        __m256i four = _mm256_maddubs_epi16(factor, factor);
        for (int i = 1; i < 4; ++i) {
            four = _mm256_add_epi16(four, _mm256_maddubs_epi16(unknown(factor), factor));
        }
        return _mm256_add_epi32(sum, _mm256_madd_epi16(four, ones));
    });
#endif
}

double read_rate() {
    const std::vector<uint64_t> numbers(32 << 20, 1); // 256 MB, more than the caches have
    const double                start_s  = now_s();
    __m256i                     sums[8]  = {};
    constexpr int               n_rounds = 8;
    for (int round = 0; round < n_rounds; ++round) {
        for (size_t i = 0; i < numbers.size(); i += 32) {
#pragma GCC unroll 8
            for (size_t k = 0; k < 8; ++k) {
                sums[k] = _mm256_add_epi64(sums[k],
                                           _mm256_loadu_si256(reinterpret_cast<const __m256i *>(&numbers[i + 4 * k])));
            }
        }
    }
    volatile int result = 0;
    for (const auto & sum : sums) {
        result = result + _mm256_extract_epi32(sum, 0);
    }
    return n_rounds * 8.0 * static_cast<double>(numbers.size()) / (now_s() - start_s);
}

// Runs `rate_of_thread` on all threads at the same time. Returns the largest sum of three runs, in 10^9 units a second.
double rate(int n_threads, const std::function<double()> & rate_of_thread) {
    double best = 0.0;
    for (int run = 0; run < 3; ++run) {
        std::vector<double>      rates(static_cast<size_t>(n_threads));
        std::vector<std::thread> threads;
        for (auto & own : rates) {
            threads.emplace_back([&] { own = rate_of_thread(); });
        }
        for (auto & thread : threads) {
            thread.join();
        }
        best = std::max(best, std::accumulate(rates.begin(), rates.end(), 0.0) / 1e9);
    }
    return best;
}

} // namespace

int main(int argc, char ** argv) {
    const int n_threads = argc > 1 ? std::atoi(argv[1]) : 1;
    std::printf("%.1f %.1f %.1f\n", rate(n_threads, float_rate), rate(n_threads, int8_rate),
                rate(n_threads, read_rate));
}

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

// Independent sums hide the latency of an instruction.
constexpr int n_sums = 16;

double float_rate() {
    const double start_s = now_s();
#if defined(__AVX512F__)
    __m512 sums[n_sums] = {};
    __m512 factor       = _mm512_set1_ps(1e-9f);
    for (int64_t step = 0; step < n_steps; ++step) {
#pragma GCC unroll 16
        for (auto & sum : sums) {
            sum = _mm512_fmadd_ps(factor, factor, sum);
        }
        asm volatile("" : "+v"(factor));
    }
    volatile float result = 0.0f;
    for (const auto & sum : sums) {
        result = result + _mm512_reduce_add_ps(sum);
    }
    return 2.0 * 16 * n_sums * n_steps / (now_s() - start_s);
#else
    __m256 sums[n_sums - 4] = {};
    __m256 factor           = _mm256_set1_ps(1e-9f);
    for (int64_t step = 0; step < n_steps; ++step) {
#pragma GCC unroll 16
        for (auto & sum : sums) {
            sum = _mm256_fmadd_ps(factor, factor, sum);
        }
        asm volatile("" : "+x"(factor));
    }
    volatile float result = 0.0f;
    for (const auto & sum : sums) {
        result = result + _mm256_cvtss_f32(sum);
    }
    return 2.0 * 8 * (n_sums - 4) * n_steps / (now_s() - start_s);
#endif
}

double int8_rate() {
    const double start_s = now_s();
#if defined(__AVX512VNNI__)
    __m512i sums[n_sums] = {};
    __m512i factor       = _mm512_set1_epi8(1);
    for (int64_t step = 0; step < n_steps; ++step) {
#pragma GCC unroll 16
        for (auto & sum : sums) {
            sum = _mm512_dpbusd_epi32(sum, factor, factor);
        }
        asm volatile("" : "+v"(factor));
    }
    volatile int result = 0;
    for (const auto & sum : sums) {
        result = result + _mm512_reduce_add_epi32(sum);
    }
    return 2.0 * 64 * n_sums * n_steps / (now_s() - start_s);
#else
    // AVX2 needs three instructions: products, sums of neighbours, and the sum.
    constexpr int n       = n_sums - 6;
    __m256i       sums[n] = {};
    __m256i       factor  = _mm256_set1_epi8(1);
    const __m256i ones    = _mm256_set1_epi16(1);
    for (int64_t step = 0; step < n_steps; ++step) {
#pragma GCC unroll 16
        for (auto & sum : sums) {
            __m256i products = _mm256_maddubs_epi16(factor, factor);
            asm volatile("" : "+x"(products));
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(products, ones));
        }
    }
    volatile int result = 0;
    for (const auto & sum : sums) {
        result = result + _mm256_extract_epi32(sum, 0);
    }
    return 2.0 * 32 * n * n_steps / (now_s() - start_s);
#endif
}

double read_rate() {
    const std::vector<uint64_t> numbers(32 << 20, 1); // 256 MB, more than the caches have
    const double                start_s = now_s();
    __m256i                     sums[8] = {};
    constexpr int               n_rounds = 8;
    for (int round = 0; round < n_rounds; ++round) {
        for (size_t i = 0; i < numbers.size(); i += 32) {
#pragma GCC unroll 8
            for (size_t k = 0; k < 8; ++k) {
                sums[k] = _mm256_add_epi64(sums[k], _mm256_loadu_si256(reinterpret_cast<const __m256i *>(&numbers[i + 4 * k])));
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

// largest.cpp: compares ffi/common/largest.hpp with a whole sort.
//
// Usage: largest. Prints "ok", or the first difference.

#include "largest.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <random>

namespace {

// Numbers with many equal ones, and some that are the lowest possible, as banned tokens have.
std::vector<float> make_numbers(size_t n, int32_t n_different) {
    std::mt19937       generator(static_cast<uint32_t>(n));
    std::vector<float> numbers;
    for (size_t i = 0; i < n; ++i) {
        const auto number = static_cast<float>(generator() % static_cast<uint32_t>(n_different)) - 5.0f;
        numbers.push_back(generator() % 4 == 0 ? -INFINITY : number);
    }
    return numbers;
}

void check(const std::vector<float> & numbers, size_t k) {
    std::vector<int32_t> sorted(numbers.size());
    std::iota(sorted.begin(), sorted.end(), 0);
    std::stable_sort(sorted.begin(), sorted.end(), [&](int32_t a, int32_t b) { return numbers[a] > numbers[b]; });
    sorted.resize(k);
    const std::vector<int32_t> found = asr::find_largest(numbers.data(), numbers.size(), k);
    if (found != sorted) {
        std::printf("%zu of %zu: the indices differ from those of a sort\n", k, numbers.size());
        std::exit(1);
    }
    if (asr::largest_of(numbers.data(), numbers.size()) != numbers[sorted[0]]) {
        std::printf("largest of %zu numbers: found another number\n", numbers.size());
        std::exit(1);
    }
}

} // namespace

int main() {
    for (const size_t n : { 1, 15, 16, 17, 63, 64, 65, 1000, 51865 }) {
        for (const int32_t n_different : { 3, 1 << 20 }) {
            const std::vector<float> numbers = make_numbers(n, n_different);
            for (const size_t k : { 1, 5, 10 }) {
                check(numbers, std::min(k, n));
            }
        }
    }
    std::vector<float> rising(300);
    std::iota(rising.begin(), rising.end(), 0.0f);
    check(rising, 6);
    std::puts("ok");
}

// largest.hpp: finds the largest of many numbers. A compiler makes vector instructions of these loops, unlike of std::max_element
// and std::partial_sort.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace asr {

// Returns the largest of n numbers, n > 0.
inline float largest_of(const float * numbers, size_t n) {
    // Independent partial results, because a compiler must not change the order of the comparisons of one result.
    constexpr size_t n_parts = 16;
    float            parts[n_parts];
    std::fill(parts, parts + n_parts, numbers[0]);
    size_t i = 0;
    for (; i + n_parts <= n; i += n_parts) {
        for (size_t k = 0; k < n_parts; ++k) {
            parts[k] = numbers[i + k] > parts[k] ? numbers[i + k] : parts[k];
        }
    }
    const float of_parts = *std::max_element(parts, parts + n_parts);
    return i == n ? of_parts : std::max(of_parts, *std::max_element(numbers + i, numbers + n));
}

// Returns the indices of the k largest of n numbers, k <= n, in descending order of the numbers. The first of equal numbers is first.
inline std::vector<int32_t> find_largest(const float * numbers, size_t n, size_t k) {
    constexpr size_t     block = 64; // most blocks have no number that is large enough
    std::vector<int32_t> found;
    for (size_t first = 0; first < n; first += block) {
        const size_t last = std::min(n, first + block);
        if (found.size() == k && !(largest_of(numbers + first, last - first) > numbers[found.back()])) {
            continue;
        }
        for (size_t i = first; i < last; ++i) {
            if (found.size() == k && !(numbers[i] > numbers[found.back()])) {
                continue;
            }
            if (found.size() == k) {
                found.pop_back();
            }
            const auto after =
                std::find_if(found.begin(), found.end(), [&](int32_t other) { return numbers[i] > numbers[other]; });
            found.insert(after, static_cast<int32_t>(i));
        }
    }
    return found;
}

} // namespace asr

// exponential.hpp: e^x in a form of which a compiler makes vector instructions, and sums of it.
#pragma once

#include "cpu_versions.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>

namespace asr {

constexpr float smallest_exponent = -87.0f;

// e^x for x from smallest_exponent to 0 with an error of about 1e-7 of the result: 2^n e^r, where |r| is at most half of ln(2).
// For smaller x, returns e^smallest_exponent.
ALWAYS_INLINE float exp_of_limited(float x) {
    constexpr float log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const float     limited = x < smallest_exponent ? smallest_exponent : x;
    const auto      n       = static_cast<int32_t>(limited * log2_e - 0.5f); // rounds, because the conversion cuts off
    const float     r       = limited - static_cast<float>(n) * ln2_high - static_cast<float>(n) * ln2_low;
    // The series of e^r.
    float sum       = 1.0f / 5040.0f;
    sum             = sum * r + 1.0f / 720.0f;
    sum             = sum * r + 1.0f / 120.0f;
    sum             = sum * r + 1.0f / 24.0f;
    sum             = sum * r + 1.0f / 6.0f;
    sum             = sum * r + 0.5f;
    sum             = sum * r + 1.0f;
    sum             = sum * r + 1.0f;
    const auto bits = static_cast<uint32_t>(n + 127) << 23;
    float      power;
    std::memcpy(&power, &bits, sizeof(power));
    return sum * power;
}

// e^x for x up to 0; 0 for x that are smaller than smallest_exponent.
ALWAYS_INLINE float exp_of_negative(float x) {
    const float limited = exp_of_limited(x);
    return x < smallest_exponent ? 0.0f : limited;
}

// Returns the sum of e^(x - largest) of n numbers. The largest one is `largest`, so e^smallest_exponent does not change the sum.
ALWAYS_INLINE float sum_of_exponentials_loop(const float * x, size_t n, float largest) {
    // Independent partial results, because a compiler must not change the order of the additions of one result.
    constexpr size_t n_parts        = 16;
    float            parts[n_parts] = {};
    size_t           i              = 0;
    for (; i + n_parts <= n; i += n_parts) {
        for (size_t k = 0; k < n_parts; ++k) {
            parts[k] += exp_of_limited(x[i + k] - largest);
        }
    }
    float sum = std::accumulate(parts, parts + n_parts, 0.0f);
    for (; i < n; ++i) {
        sum += exp_of_limited(x[i] - largest);
    }
    return sum;
}

DEFINE_FOR_THIS_CPU(sum_of_exponentials, float, sum_of_exponentials_loop, (const float * x, size_t n, float largest),
                    (x, n, largest))

} // namespace asr

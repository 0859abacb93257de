// exponential.hpp: e^x and GELU of vectors. Files that include this file must follow the rules of float_tile.hpp.
//
// Vectors: vectors_avx512.hpp or vectors_avx2.hpp.
#pragma once

namespace asr {

// e^x for x from -87 to 0 with an error of about 1e-7 of the result, and 0 for smaller x: 2^n e^r, where |r| is at most half
// of ln(2).
template <typename Vectors>
inline __attribute__((always_inline)) typename Vectors::floats exp_of_negative(typename Vectors::floats x) {
    using vector           = typename Vectors::floats;
    using integers         = typename Vectors::integers;
    constexpr float log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    const vector    smallest = vector{} - 87.0f;
    const vector    limited  = x < smallest ? smallest : x;
    const integers  n     = __builtin_convertvector(limited * log2_e - 0.5f, integers); // rounds, because it cuts off
    const vector    whole = __builtin_convertvector(n, vector);
    const vector    r     = limited - whole * ln2_high - whole * ln2_low;
    // The series of e^r.
    vector sum       = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
    sum              = sum * r + 1.0f / 120.0f;
    sum              = sum * r + 1.0f / 24.0f;
    sum              = sum * r + 1.0f / 6.0f;
    sum              = sum * r + 0.5f;
    sum              = sum * r + 1.0f;
    sum              = sum * r + 1.0f;
    const auto power = reinterpret_cast<vector>((n + 127) << 23);
    return x < smallest ? vector{} : sum * power;
}

// x / 2 (1 + erf(x / sqrt(2))). The error of erf is at most 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical Functions,
// 7.1.26).
template <typename Vectors>
inline __attribute__((always_inline)) typename Vectors::floats gelu_of(typename Vectors::floats x) {
    using vector         = typename Vectors::floats;
    const vector scaled  = Vectors::absolute(x) * 0.70710678f;
    const vector t       = 1.0f / (1.0f + 0.3275911f * scaled);
    vector       sum     = t * 1.061405429f - 1.453152027f;
    sum                  = sum * t + 1.421413741f;
    sum                  = sum * t - 0.284496736f;
    sum                  = sum * t + 0.254829592f;
    const vector half_of = 0.5f * sum * t * exp_of_negative<Vectors>(-scaled * scaled); // (1 - erf) / 2
    return x * (x < vector{} ? half_of : 1.0f - half_of);
}

} // namespace asr

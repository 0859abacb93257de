// mask.hpp: masks for the first numbers of a vector. Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace asr {

#ifdef __AVX512F__

// Returns a mask for the first n of 16 numbers.
inline __attribute__((always_inline)) __mmask16 first_of_16(int64_t n) {
    return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
}

#endif

#ifdef __AVX2__

// Returns a mask for the first n of 8 numbers of 32 bits.
inline __attribute__((always_inline)) __m256i first_of_8(int64_t n) {
    const auto limit = static_cast<int32_t>(n > 8 ? 8 : n);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

#endif

} // namespace asr

// transpose.hpp: transposes square blocks of values of 4 bytes. Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace asr {

#ifdef __AVX512F__

// Copies 16 values of each of 16 rows, from `offset` bytes after their starts. Value i of all rows is at to + i * step bytes, which
// is aligned to 64 bytes.
inline __attribute__((always_inline)) void transpose_16(const void * const * rows, int64_t offset, void * to,
                                                        int64_t step) {
    __m512i a[16], b[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
        a[i] = _mm512_loadu_si512(static_cast<const char *>(rows[i]) + offset);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 2) {
        b[i]     = _mm512_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
    }
    // a[4 * j + l]: the values 4 * lane + l of the rows 4 * j to 4 * j + 3, for each of the four lanes
#pragma GCC unroll 16
    for (int i = 0; i < 16; i += 4) {
        a[i]     = _mm512_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
#pragma GCC unroll 16
    for (int l = 0; l < 4; ++l) {
        const __m512i low_even  = _mm512_shuffle_i32x4(a[l], a[4 + l], 0x88);
        const __m512i low_odd   = _mm512_shuffle_i32x4(a[l], a[4 + l], 0xdd);
        const __m512i high_even = _mm512_shuffle_i32x4(a[8 + l], a[12 + l], 0x88);
        const __m512i high_odd  = _mm512_shuffle_i32x4(a[8 + l], a[12 + l], 0xdd);
        char *        from_l    = static_cast<char *>(to) + l * step;
        _mm512_store_si512(from_l, _mm512_shuffle_i32x4(low_even, high_even, 0x88));
        _mm512_store_si512(from_l + 4 * step, _mm512_shuffle_i32x4(low_odd, high_odd, 0x88));
        _mm512_store_si512(from_l + 8 * step, _mm512_shuffle_i32x4(low_even, high_even, 0xdd));
        _mm512_store_si512(from_l + 12 * step, _mm512_shuffle_i32x4(low_odd, high_odd, 0xdd));
    }
}

#endif

#ifdef __AVX2__

// The same for 8 values of 8 rows, aligned to 32 bytes. If `flips` is true, flips the highest bit of each byte, which changes
// numbers from 0 to 255 to numbers from -128 to 127, or back.
template <bool flips = false>
inline __attribute__((always_inline)) void transpose_8(const void * const * rows, int64_t offset, void * to,
                                                       int64_t step) {
    __m256i a[8], b[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
        a[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(static_cast<const char *>(rows[i]) + offset));
        if constexpr (flips) {
            a[i] = _mm256_xor_si256(a[i], _mm256_set1_epi8(static_cast<char>(0x80)));
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i += 2) {
        b[i]     = _mm256_unpacklo_epi32(a[i], a[i + 1]);
        b[i + 1] = _mm256_unpackhi_epi32(a[i], a[i + 1]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i += 4) {
        a[i]     = _mm256_unpacklo_epi64(b[i], b[i + 2]);
        a[i + 1] = _mm256_unpackhi_epi64(b[i], b[i + 2]);
        a[i + 2] = _mm256_unpacklo_epi64(b[i + 1], b[i + 3]);
        a[i + 3] = _mm256_unpackhi_epi64(b[i + 1], b[i + 3]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 4; ++i) {
        char * from_i = static_cast<char *>(to) + i * step;
        _mm256_store_si256(reinterpret_cast<__m256i *>(from_i), _mm256_permute2x128_si256(a[i], a[4 + i], 0x20));
        _mm256_store_si256(reinterpret_cast<__m256i *>(from_i + 4 * step),
                           _mm256_permute2x128_si256(a[i], a[4 + i], 0x31));
    }
}

#endif

} // namespace asr

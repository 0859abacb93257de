// q8_tile_avx512.hpp: multiplies 32 rows of weights and 6 rows of activations with AVX-512 VNNI, whose instruction multiplies
// unsigned numbers and signed numbers. So 128 is added to the weights, and 128 times the sum of the activations is
// subtracted from each product.
#pragma once

#include "q8_product.hpp"

namespace asr {

struct q8_tile_avx512 {
    static constexpr int n_rows            = 32;
    static constexpr int n_columns         = 6;
    static constexpr int n_activations_min = 3;
    static constexpr int weight_mask       = 0x80; // adds 128 to a signed number of 8 bits

    static int32_t offset_of(const int8_t * activations) {
        const __m256i values = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(activations));
        const __m256i sums   = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1), values);
        const __m128i half   = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        const __m128i pair   = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
        return -128 * (_mm_cvtsi128_si32(pair) + _mm_extract_epi32(pair, 1));
    }

    static void multiply(const q8_panel_block<n_rows> * weights, const q8_panel_block<n_columns> * activations,
                         int64_t n_blocks, float out[n_columns][n_rows]) {
        __m512 total[n_columns][2];
#pragma GCC unroll 8
        for (auto & column : total) {
            column[0] = column[1] = _mm512_setzero_ps();
        }
        for (int64_t l = 0; l < n_blocks; ++l) {
            const auto & w = weights[l];
            const auto & a = activations[l];
            __m512i      sum[n_columns][2];
#pragma GCC unroll 8
            for (int c = 0; c < n_columns; ++c) {
                sum[c][0] = sum[c][1] = _mm512_set1_epi32(a.offsets[c]);
            }
#pragma GCC unroll 8
            for (int i = 0; i < 8; ++i) {
                const __m512i low  = _mm512_load_si512(w.values[i][0]);
                const __m512i high = _mm512_load_si512(w.values[i][16]);
#pragma GCC unroll 8
                for (int c = 0; c < n_columns; ++c) {
                    int32_t four;
                    std::memcpy(&four, a.values[i][c], 4);
                    const __m512i factor = _mm512_set1_epi32(four);
                    sum[c][0]            = _mm512_dpbusd_epi32(sum[c][0], low, factor);
                    sum[c][1]            = _mm512_dpbusd_epi32(sum[c][1], high, factor);
                }
            }
            const __m512 low  = _mm512_load_ps(w.scales);
            const __m512 high = _mm512_load_ps(w.scales + 16);
#pragma GCC unroll 8
            for (int c = 0; c < n_columns; ++c) {
                const __m512 scale = _mm512_set1_ps(a.scales[c]);
                total[c][0] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[c][0]), _mm512_mul_ps(low, scale), total[c][0]);
                total[c][1] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum[c][1]), _mm512_mul_ps(high, scale), total[c][1]);
            }
        }
#pragma GCC unroll 8
        for (int c = 0; c < n_columns; ++c) {
            _mm512_store_ps(out[c], total[c][0]);
            _mm512_store_ps(out[c] + 16, total[c][1]);
        }
    }
};

} // namespace asr

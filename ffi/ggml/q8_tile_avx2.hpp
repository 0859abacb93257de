// q8_tile_avx2.hpp: multiplies 8 rows of weights and 4 rows of activations with AVX2, whose instruction multiplies unsigned
// numbers and signed numbers, and limits the sum of two products to 16 bits. So it gets the absolute values of the weights,
// and the activations with the signs of the weights: the sum of two products is at most 2 * 127 * 127.
#pragma once

#include "q8_product.hpp"

namespace asr {

struct q8_tile_avx2 {
    static constexpr int n_rows            = 8;
    static constexpr int n_columns         = 4;
    static constexpr int n_activations_min = 8;
    static constexpr int weight_mask       = 0;

    static int32_t offset_of(const int8_t *) { return 0; }

    static void multiply(const q8_panel_block<n_rows> * weights, const q8_panel_block<n_columns> * activations,
                         int64_t n_blocks, float out[n_columns][n_rows]) {
        const __m256i ones = _mm256_set1_epi16(1);
        __m256        total[n_columns];
#pragma GCC unroll 8
        for (auto & column : total) {
            column = _mm256_setzero_ps();
        }
        for (int64_t l = 0; l < n_blocks; ++l) {
            const auto & w = weights[l];
            const auto & a = activations[l];
            __m256i      sum[n_columns];
#pragma GCC unroll 8
            for (auto & column : sum) {
                column = _mm256_setzero_si256();
            }
#pragma GCC unroll 8
            for (int i = 0; i < 8; ++i) {
                const __m256i value = _mm256_load_si256(reinterpret_cast<const __m256i *>(w.values[i][0]));
                const __m256i size  = _mm256_abs_epi8(value);
#pragma GCC unroll 8
                for (int c = 0; c < n_columns; ++c) {
                    int32_t four;
                    std::memcpy(&four, a.values[i][c], 4);
                    const __m256i factor = _mm256_sign_epi8(_mm256_set1_epi32(four), value);
                    sum[c] = _mm256_add_epi32(sum[c], _mm256_madd_epi16(_mm256_maddubs_epi16(size, factor), ones));
                }
            }
            const __m256 scales = _mm256_load_ps(w.scales);
#pragma GCC unroll 8
            for (int c = 0; c < n_columns; ++c) {
                total[c] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[c]), _mm256_mul_ps(scales, _mm256_set1_ps(a.scales[c])),
                                           total[c]);
            }
        }
#pragma GCC unroll 8
        for (int c = 0; c < n_columns; ++c) {
            _mm256_store_ps(out[c], total[c]);
        }
    }
};

} // namespace asr

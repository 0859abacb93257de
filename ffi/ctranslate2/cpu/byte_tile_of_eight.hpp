// byte_tile_of_eight.hpp: multiplies weights in groups of 8 columns, with instructions of 256 bits.
#pragma once

#include "byte_product.hpp"
#include "transpose.hpp"

namespace asr {

// Instructions has:
//   n_groups    groups of 8 columns that are multiplied at the same time
//   n_rows      rows of the activations that are multiplied at the same time
//   weights     a type; read(__m256i) returns the weights of a group as this type
//   add(__m256i sum, const weights &, __m256i activations) returns the sum with 8 times 4 products
template <typename Instructions>
struct byte_tile_of_eight {
    static constexpr int n_groups  = Instructions::n_groups;
    static constexpr int n_group   = 8;
    static constexpr int n_columns = n_group * n_groups;
    static constexpr int n_rows    = Instructions::n_rows;

    static constexpr auto transpose = transpose_8;

    template <int n, bool prefetches>
    static void multiply(const uint8_t * panel, const byte_product & product, int64_t row, int64_t column,
                         int64_t n_used) {
        const uint8_t * from = product.activations + row * product.depth;
        __m256i         sum[n][n_groups];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 8
            for (int g = 0; g < n_groups; ++g) {
                sum[r][g] = _mm256_setzero_si256();
            }
        }
        for (int64_t i = 0; i < product.depth; i += 4) {
            if constexpr (prefetches) {
                prefetch_weights(product, column, i, n_columns);
            }
            typename Instructions::weights weights[n_groups];
#pragma GCC unroll 8
            for (int g = 0; g < n_groups; ++g) {
                weights[g] = Instructions::read(
                    _mm256_load_si256(reinterpret_cast<const __m256i *>(panel + i * n_columns + 32 * g)));
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const __m256i four = _mm256_broadcastd_epi32(four_bytes(from + r * product.depth + i));
#pragma GCC unroll 8
                for (int g = 0; g < n_groups; ++g) {
                    sum[r][g] = Instructions::add(sum[r][g], weights[g], four);
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
            int32_t * out = product.out + (row + r) * product.out_stride + column;
#pragma GCC unroll 8
            for (int g = 0; g < n_groups; ++g) {
                const __m256i mask = mask_of(n_used - 8 * g);
                if (product.offsets != nullptr) {
                    sum[r][g] =
                        _mm256_add_epi32(sum[r][g], _mm256_maskload_epi32(product.offsets + column + 8 * g, mask));
                }
                _mm256_maskstore_epi32(out + 8 * g, mask, sum[r][g]);
            }
        }
    }

  private:
    // Returns a mask for the first n of 8 numbers.
    static __m256i mask_of(int64_t n) {
        const auto limit = static_cast<int32_t>(n > 8 ? 8 : n);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
};

} // namespace asr

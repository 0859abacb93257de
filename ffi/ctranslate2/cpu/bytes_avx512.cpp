// bytes_avx512.cpp: products of matrices of 8-bit numbers with AVX-512 VNNI.

#include "byte_product.hpp"
#include "mask.hpp"
#include "transpose.hpp"

namespace asr {

namespace {

// Multiplies groups of 16 columns.
template <int n_groups>
struct tile {
    static constexpr int n_group   = 16;
    static constexpr int n_columns = n_group * n_groups;
    static constexpr int n_rows    = 6;

    static constexpr auto transpose = transpose_16;

    using product_type = byte_product;

    template <int n, bool prefetches>
    static void multiply(const uint8_t * panel, const byte_product & product, int64_t row, int64_t column,
                         int64_t n_used) {
        const uint8_t * from = product.activations + row * product.depth;
        __m512i         sum[n][n_groups];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; ++g) {
                sum[r][g] = _mm512_maskz_loadu_epi32(first_of_16(n_used - 16 * g), product.offsets + column + 16 * g);
            }
        }
        for (int64_t i = 0; i < product.depth; i += 4) {
            if constexpr (prefetches) {
                prefetch_weights(product, column, i, n_columns);
            }
            __m512i weights[n_groups];
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; ++g) {
                weights[g] = _mm512_load_si512(panel + i * n_columns + 64 * g);
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const __m512i four = _mm512_broadcastd_epi32(four_bytes(from + r * product.depth + i));
#pragma GCC unroll 2
                for (int g = 0; g < n_groups; ++g) {
                    sum[r][g] = _mm512_dpbusd_epi32(sum[r][g], four, weights[g]);
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
            int32_t * out = product.out + (row + r) * product.out_stride + column;
#pragma GCC unroll 2
            for (int g = 0; g < n_groups; ++g) {
                _mm512_mask_storeu_epi32(out + 16 * g, first_of_16(n_used - 16 * g), sum[r][g]);
            }
        }
    }
};

} // namespace

void multiply_bytes_avx512(const byte_product & product, int64_t first, int64_t last) {
    if (product.n_rows <= tile<1>::n_rows) {
        // The memory limits this product, and smaller panels keep the memory busy.
        byte_product_of<tile<1>>::multiply(product, first, last);
    } else {
        byte_product_of<tile<2>>::multiply(product, first, last);
    }
}

} // namespace asr

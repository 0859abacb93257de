// bytes_avx_vnni.cpp: products of matrices of 8-bit numbers with AVX-VNNI, for CPUs without AVX-512.

#include "byte_product.hpp"
#include "mask.hpp"
#include "transpose.hpp"

namespace asr {

namespace {

struct tile {
    static constexpr int n_vectors = 2; // vectors of 8 columns
    static constexpr int n_group   = 8;
    static constexpr int n_columns = n_group * n_vectors;
    static constexpr int n_rows    = 6;

    static constexpr auto transpose = transpose_8<>;

    using product_type = byte_product;

    template <int n, bool prefetches>
    static void multiply(const uint8_t * panel, const byte_product & product, int64_t row, int64_t column,
                         int64_t n_used) {
        const uint8_t * from = product.activations + row * product.depth;
        __m256i         sum[n][n_vectors];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                sum[r][v] = _mm256_maskload_epi32(product.offsets + column + 8 * v, first_of_8(n_used - 8 * v));
            }
        }
        for (int64_t i = 0; i < product.depth; i += 4) {
            if constexpr (prefetches) {
                prefetch_weights(product, column, i, n_columns);
            }
            __m256i weights[n_vectors];
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                weights[v] = _mm256_load_si256(reinterpret_cast<const __m256i *>(panel + i * n_columns + 32 * v));
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const __m256i four = _mm256_broadcastd_epi32(four_bytes(from + r * product.depth + i));
#pragma GCC unroll 2
                for (int v = 0; v < n_vectors; ++v) {
                    sum[r][v] = _mm256_dpbusd_avx_epi32(sum[r][v], four, weights[v]);
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
            int32_t * out = product.out + (row + r) * product.out_stride + column;
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                _mm256_maskstore_epi32(out + 8 * v, first_of_8(n_used - 8 * v), sum[r][v]);
            }
        }
    }
};

} // namespace

void multiply_bytes_avx_vnni(const byte_product & product, int64_t first, int64_t last) {
    byte_product_of<tile>::multiply(product, first, last);
}

} // namespace asr

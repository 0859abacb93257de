// vnni_tile.hpp: multiplies a few rows of activations and a panel of weights with the instruction of VNNI, which adds four
// products of 8-bit numbers to a sum of 32 bits. Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "byte_result.hpp"

namespace asr {

// Vectors (vectors_avx512.hpp, vectors_avx2.hpp) also has:
//   read_weights(from)           reads `width` groups of four weights
//   repeat(four)                 the same four activations for each sum
//   add_products(sum, four, weights)
template <typename Vectors, int n_vectors>
struct vnni_tile {
    static constexpr int n_group   = Vectors::width;
    static constexpr int n_columns = n_group * n_vectors;
    static constexpr int n_rows    = 6;

    static constexpr auto transpose = Vectors::transpose;

    using product_type = byte_product;

    template <int n, bool prefetches>
    static void multiply(const uint8_t * panel, const byte_product & product, int64_t row, int64_t column,
                         int64_t n_used) {
        using vector         = typename Vectors::integers;
        const uint8_t * from = product.activations + row * product.depth;
        vector          sum[n][n_vectors];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                sum[r][v] = Vectors::read_first(n_used - n_group * v, product.offsets + column + n_group * v);
            }
        }
        for (int64_t i = 0; i < product.depth; i += 4) {
            if constexpr (prefetches) {
                prefetch_weights(product, column, i, n_columns);
            }
            decltype(Vectors::read_weights(panel)) weights[n_vectors];
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                weights[v] = Vectors::read_weights(panel + i * n_columns + 4 * n_group * v);
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const auto four = Vectors::repeat(four_bytes(from + r * product.depth + i));
#pragma GCC unroll 2
                for (int v = 0; v < n_vectors; ++v) {
                    sum[r][v] = Vectors::add_products(sum[r][v], four, weights[v]);
                }
            }
        }
        alignas(64) int32_t sums[n * n_columns];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                Vectors::write(sums + r * n_columns + n_group * v, sum[r][v]);
            }
        }
        write_result<Vectors>(product, row, n, column, n_used, sums, n_columns);
    }
};

} // namespace asr

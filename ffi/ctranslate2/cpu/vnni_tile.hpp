// vnni_tile.hpp: multiplies a few rows of activations and a panel of weights with the instruction of VNNI, which adds four
// products of 8-bit numbers to a sum of 32 bits. Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "byte_product.hpp"

namespace asr {

// Vectors has:
//   integers    type of a vector
//   width       number of sums of 32 bits in a vector
//   transpose   a function of transpose.hpp for `width` rows
//   load(from)                   reads a vector
//   load_first(n, from), store_first(n, to, vector)  read and write only the first n sums
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
                sum[r][v] = Vectors::load_first(n_used - n_group * v, product.offsets + column + n_group * v);
            }
        }
        for (int64_t i = 0; i < product.depth; i += 4) {
            if constexpr (prefetches) {
                prefetch_weights(product, column, i, n_columns);
            }
            vector weights[n_vectors];
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                weights[v] = Vectors::load(panel + i * n_columns + 4 * n_group * v);
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const vector four = Vectors::repeat(four_bytes(from + r * product.depth + i));
#pragma GCC unroll 2
                for (int v = 0; v < n_vectors; ++v) {
                    sum[r][v] = Vectors::add_products(sum[r][v], four, weights[v]);
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
            int32_t * out = product.out + (row + r) * product.out_stride + column;
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                Vectors::store_first(n_used - n_group * v, out + n_group * v, sum[r][v]);
            }
        }
    }
};

} // namespace asr

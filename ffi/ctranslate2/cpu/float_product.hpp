// float_product.hpp: products of a matrix with few rows and one with many, in 32-bit floats. The attention of a decoder has these
// shapes: the rows are the beams of a chunk, and the other matrix has a row for each position of the audio. Other products copy all
// of the other matrix to another order first, which takes longer than the product with few rows. They also choose the order of a
// sum by the sizes of the matrices. Here, a row does not depend on the other rows, and zeros at its end change nothing. So a chunk
// has exactly the same numbers alone and in a batch with longer chunks.
//
// Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "float_tile.hpp"

namespace asr {

// out = factor * a * b
struct float_product {
    const float * a; // [n_rows][depth]
    int64_t       a_stride;
    const float * b; // [depth][n_columns], or [n_columns][depth] if it is transposed
    int64_t       b_stride;
    float *       out; // [n_rows][n_columns]
    int64_t       out_stride;
    int64_t       n_rows;
    int64_t       n_columns;
    int64_t       depth;
    float         factor;
};

constexpr int64_t n_rows_max       = 448; // positions of Whisper's decoder: a prompt has a row for each of its tokens
constexpr int64_t columns_of_tiles = 64;  // n_columns is a multiple of this number, unless b is transposed

constexpr int64_t transposed_depth_max  = 128;
constexpr int64_t transposed_depth_step = 16; // depth is a multiple of this number if b is transposed

using float_product_function = void (*)(const float_product & product);

void multiply_floats_avx2(const float_product & product);
void multiply_floats_avx512(const float_product & product);
void multiply_by_transposed_avx2(const float_product & product);
void multiply_by_transposed_avx512(const float_product & product);

template <typename Vectors>
struct float_product_of {
    static void multiply(const float_product & product) {
        using tile                       = float_tile<Vectors, Vectors::n_vectors>;
        constexpr int64_t depth_of_block = 64; // a block of b stays in the first cache
        for (int64_t row = 0; row < product.n_rows; row += tile::n_rows) {
            const int64_t n = smaller(tile::n_rows, product.n_rows - row);
            for (int64_t i = 0; i < product.depth; i += depth_of_block) {
                const int64_t depth = smaller(depth_of_block, product.depth - i);
                const float * next  = product.b + (i + depth) * product.b_stride;
                for (int64_t column = 0; column < product.n_columns; column += tile::n_columns) {
                    tile::multiply_some(n, { product.a + row * product.a_stride + i, product.a_stride, 1 },
                                        product.b + i * product.b_stride + column, product.b_stride, depth, i > 0,
                                        product.out + row * product.out_stride + column, product.out_stride,
                                        next + column * depth);
                }
            }
            for (int64_t r = 0; r < n; ++r) {
                float * out = product.out + (row + r) * product.out_stride;
                for (int64_t i = 0; i < product.n_columns; ++i) {
                    out[i] = product.depth > 0 ? out[i] * product.factor : 0.0f;
                }
            }
        }
    }

    static void multiply_by_transposed(const float_product & product) {
        using tile = float_tile<Vectors, 2>;
        alignas(64) float block[transposed_depth_max * tile::n_columns]; // [depth][columns]
        float             results[tile::n_rows * tile::n_columns];
        constexpr int64_t n_ahead = 2 * tile::n_columns; // the next columns are copied before they are multiplied
        for (int64_t column = 0; column < product.n_columns; column += tile::n_columns) {
            const int64_t n_used = smaller(tile::n_columns, product.n_columns - column);
            const void *  rows[tile::n_columns];
            for (int64_t i = 0; i < tile::n_columns; ++i) {
                rows[i] = product.b + (column + (i < n_used ? i : 0)) * product.b_stride;
            }
            for (int64_t first = 0; first < tile::n_columns; first += Vectors::width) {
                for (int64_t i = 0; i < product.depth; i += Vectors::width) {
                    Vectors::transpose(rows + first, 4 * i, block + i * tile::n_columns + first, 4 * tile::n_columns);
                }
            }
            for (int64_t row = 0; row < product.n_rows; row += tile::n_rows) {
                const int64_t n = smaller(tile::n_rows, product.n_rows - row);
                tile::multiply_some(n, { product.a + row * product.a_stride, product.a_stride, 1 }, block,
                                    tile::n_columns, product.depth, false, results, tile::n_columns,
                                    product.b + (column + n_ahead) * product.b_stride);
                for (int64_t r = 0; r < n; ++r) {
                    float * out = product.out + (row + r) * product.out_stride + column;
                    for (int64_t i = 0; i < n_used; ++i) {
                        out[i] = product.factor * results[r * tile::n_columns + i];
                    }
                }
            }
        }
    }

  private:
    static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
};

} // namespace asr

// byte_product.hpp: the product of a matrix of unsigned numbers of 8 bits (activations) and a matrix of signed numbers of 8 bits
// (weights). A thread copies a panel, which is a few rows of the weights, to an order in which one
// instruction multiplies numbers of all its rows, and multiplies it with all activations while it is in the first caches (as in
// "Anatomy of High-Performance Matrix Multiplication", Goto and van de Geijn, 2008).
//
// Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace asr {

// sums[r][c] = offsets[c] + the sum over i of activations[r][i] * weights[c][i]. Both inputs have rows of `depth` numbers.
//
// If `sums` is NULL, the result is out[r][c] = added[r][c] + f(sums[r][c] * row_scales[r] * column_scales[c] + biases[c]), where f
// is GELU or nothing. The rows of `sums`, `out` and `added` are out_stride numbers apart.
struct byte_product {
    const uint8_t * activations;
    int64_t         n_rows;
    const int8_t *  weights;
    int64_t         n_columns; // rows of `weights`
    int64_t         depth;
    const int32_t * offsets; // -128 times the sum of each row of `weights`
    int32_t *       sums;
    int64_t         out_stride;
    float *         out           = nullptr;
    const float *   row_scales    = nullptr;
    const float *   column_scales = nullptr;
    const float *   biases        = nullptr; // may be NULL
    const float *   added         = nullptr; // may be NULL
    bool            applies_gelu  = false;
};

// Converts n floats, a multiple of depth_step, to bytes that are 128 larger than the rounded numbers in units of the result. The
// result is the unit of a row, for `row_scales`.
using quantize_function = float (*)(const float * from, int64_t n, uint8_t * to);

float quantize_avx512(const float * from, int64_t n, uint8_t * to);
float quantize_avx2(const float * from, int64_t n, uint8_t * to);

constexpr int64_t depth_max  = 5120; // limits a panel to 160 KB, which is on the stack
constexpr int64_t depth_step = 64;   // `depth` is a multiple of this number

// Computes the columns from `first` to before `last`; `first` is a multiple of `columns_step`.
using byte_product_part = void (*)(const byte_product & product, int64_t first, int64_t last);

constexpr int64_t columns_step = 32;

void multiply_bytes_avx512(const byte_product & product, int64_t first, int64_t last);
void multiply_bytes_avx_vnni(const byte_product & product, int64_t first, int64_t last);
void multiply_bytes_amx(const byte_product & product, int64_t first, int64_t last);
void multiply_bytes_avx2(const byte_product & product, int64_t first, int64_t last);

// A Tile has:
//   n_columns   rows of the weights in a panel
//   n_group     rows that `transpose` copies at the same time, a function of transpose.hpp
//   n_rows      rows of the activations that it multiplies at the same time
//   product_type  byte_product, or a class that is derived from it
//   multiply<n, prefetches>(const uint8_t * panel, const product_type &, int64_t row, int64_t column, int64_t n_used)
//               multiplies n rows of activations and the first `n_used` columns of the panel. If `prefetches` is true, also calls
//               prefetch_weights() in each of the depth / 4 steps.
template <typename Tile>
struct byte_product_of {
    static void multiply(const typename Tile::product_type & product, int64_t first, int64_t last) {
        alignas(64) uint8_t panel[Tile::n_columns * depth_max];
        for (int64_t column = first; column < last; column += Tile::n_columns) {
            const int64_t n_used = last - column < Tile::n_columns ? last - column : Tile::n_columns;
            const void *  rows[Tile::n_columns];
            for (int64_t i = 0; i < Tile::n_columns; ++i) {
                rows[i] = product.weights + (column + (i < n_used ? i : 0)) * product.depth;
            }
            pack(rows, product.depth, panel);
            multiply_some<Tile::n_rows, true>(panel, product, 0, column, n_used);
            for (int64_t row = Tile::n_rows; row < product.n_rows; row += Tile::n_rows) {
                multiply_some<Tile::n_rows, false>(panel, product, row, column, n_used);
            }
        }
    }

  private:
    // Copies the weights to panel[depth / 4][n_columns][4].
    static void pack(const void * const * rows, int64_t depth, uint8_t * panel) {
        constexpr int64_t four = 4; // four weights are one transposed value
        for (int64_t first = 0; first < Tile::n_columns; first += Tile::n_group) {
            for (int64_t i = 0; i < depth; i += four * Tile::n_group) {
                Tile::transpose(rows + first, i, panel + i * Tile::n_columns + four * first, four * Tile::n_columns);
            }
        }
    }

    // Multiplies at most n rows from `row`.
    template <int n, bool prefetches>
    static void multiply_some(const uint8_t * panel, const typename Tile::product_type & product, int64_t row,
                              int64_t column, int64_t n_used) {
        if constexpr (n > 0) {
            if (product.n_rows - row >= n) {
                Tile::template multiply<n, prefetches>(panel, product, row, column, n_used);
            } else {
                multiply_some<n - 1, prefetches>(panel, product, row, column, n_used);
            }
        }
    }
};

// Requests the weights that a later panel will read. Without this, the memory waits while a thread multiplies a panel. `i` is
// four times the number of the step.
inline __attribute__((always_inline)) void prefetch_weights(const byte_product & product, int64_t column, int64_t i,
                                                            int64_t n_columns) {
    constexpr int64_t ahead = 16 * 1024;
    const int8_t *    next  = product.weights + column * product.depth + i * n_columns + ahead;
    for (int64_t line = 0; line < 4 * n_columns; line += 64) {
        _mm_prefetch(reinterpret_cast<const char *>(next + line), _MM_HINT_T0);
    }
}

inline __m128i four_bytes(const uint8_t * from) {
    return _mm_loadu_si32(from);
}

} // namespace asr

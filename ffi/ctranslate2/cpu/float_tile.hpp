// float_tile.hpp: multiplies a few rows of a matrix and a few columns of another one, in 32-bit floats. The sums stay in registers.
//
// Files that include this file are compiled for CPUs that not every user has. So they use no inline functions of other headers,
// which the linker could then use everywhere.
#pragma once

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

namespace asr {

// The number in row r and column i is numbers[r * row_step + i * column_step].
struct float_rows {
    const float * numbers;
    int64_t       row_step;
    int64_t       column_step;
};

constexpr int rows_of_tile = 6; // with more, the sums do not fit into the registers

// A number with 16 bits (binary16 of IEEE 754), which the memory delivers twice as fast as a float.
using half = uint16_t;

constexpr float half_max = 65504.0f;

// Vectors (vectors_avx512.hpp, vectors_avx2.hpp) has:
//   floats, integers  types of vectors of 32-bit numbers
//   width       numbers in a vector
//   n_vectors   vectors that the registers hold for each row
//   transpose   a function of transpose.hpp for `width` rows
//   read(from)  reads a vector of floats or integers, or of halves as floats
//   write(to, from)  writes a vector of floats as floats, halves or rounded bytes, or one of integers
//   read_first(n, from), write_first(n, to, from)  read and write only the first n numbers
//   absolute(of)  the numbers without their signs
//   sum(of)     the sum of the floats
template <typename Vectors>
struct float_tile {
    static constexpr int     n_vectors = Vectors::n_vectors;
    static constexpr int64_t n_columns = Vectors::width * n_vectors;

    // out[r][c] = the sum over i of a[r][i] * b[i][c], for n rows and `n_columns` columns. A Number is a float or a half. Also
    // requests the depth * n_columns numbers from `next`, as many in each step. When all are requested at the same time, the memory
    // waits during the products.
    template <int n, typename Number>
    static void multiply(const float_rows & a, const Number * b, int64_t b_stride, int64_t depth, float * out,
                         int64_t out_stride, const Number * next) {
        using vector             = typename Vectors::floats;
        vector sum[n][n_vectors] = {};
        for (int64_t i = 0; i < depth; ++i) {
            constexpr int64_t line = 64 / sizeof(Number);
            for (int64_t k = 0; k < n_columns; k += line) {
                _mm_prefetch(reinterpret_cast<const char *>(next + i * n_columns + k), _MM_HINT_T0);
            }
            vector column[n_vectors];
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; ++v) {
                column[v] = Vectors::read(b + i * b_stride + v * Vectors::width);
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
                const float factor = a.numbers[r * a.row_step + i * a.column_step];
#pragma GCC unroll 4
                for (int v = 0; v < n_vectors; ++v) {
                    sum[r][v] += factor * column[v];
                }
            }
        }
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 4
            for (int v = 0; v < n_vectors; ++v) {
                Vectors::write(out + r * out_stride + v * Vectors::width, sum[r][v]);
            }
        }
    }
};

} // namespace asr

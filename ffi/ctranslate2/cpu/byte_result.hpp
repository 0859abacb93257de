// byte_result.hpp: what stands before and after a product of bytes: makes bytes of activations, and makes floats of sums. Files that
// include this file must follow the rules of float_tile.hpp.
//
// Vectors: vectors_avx512.hpp or vectors_avx2.hpp.
#pragma once

#include "byte_product.hpp"
#include "exponential.hpp"

namespace asr {

// See quantize_function in byte_product.hpp. The largest number becomes 128 + 127.
template <typename Vectors>
float quantize(const float * from, int64_t n, uint8_t * to) {
    using vector = typename Vectors::floats;
    vector largest_of{};
    for (int64_t i = 0; i < n; i += Vectors::width) {
        const vector size = Vectors::absolute(Vectors::read(from + i));
        largest_of        = size > largest_of ? size : largest_of;
    }
    float largest = 0.0f;
    for (int k = 0; k < Vectors::width; ++k) {
        largest = largest_of[k] > largest ? largest_of[k] : largest;
    }
    const float factor = largest == 0.0f ? 1.0f : 127.0f / largest;
    for (int64_t i = 0; i < n; i += Vectors::width) {
        Vectors::write(to + i, Vectors::read(from + i) * factor + 128.0f);
    }
    return 1.0f / factor;
}

// Writes the result of `n_rows` rows from `row` and `n_columns` columns from `column`. Their sums start at `sums`; a row of them has
// `stride` numbers, a multiple of `width` that is not less than n_columns.
template <typename Vectors>
__attribute__((noinline)) void write_result(const byte_product & of, int64_t row, int64_t n_rows, int64_t column,
                                            int64_t n_columns, const int32_t * sums, int64_t stride) {
    using vector = typename Vectors::floats;
    for (int64_t r = row; r < row + n_rows; ++r, sums += stride) {
        for (int64_t i = 0; i < n_columns; i += Vectors::width) {
            const int64_t n  = n_columns - i;
            const int64_t at = r * of.out_stride + column + i;
            if (of.sums != nullptr) {
                Vectors::write_first(n, of.sums + at, Vectors::read(sums + i));
                continue;
            }
            vector result = __builtin_convertvector(Vectors::read(sums + i), vector);
            result        = result * of.row_scales[r] * Vectors::read_first(n, of.column_scales + column + i);
            if (of.biases != nullptr) {
                result += Vectors::read_first(n, of.biases + column + i);
            }
            if (of.applies_gelu) {
                result = gelu_of<Vectors>(result);
            }
            if (of.added != nullptr) {
                result += Vectors::read_first(n, of.added + at);
            }
            Vectors::write_first(n, of.out + at, result);
        }
    }
}

} // namespace asr

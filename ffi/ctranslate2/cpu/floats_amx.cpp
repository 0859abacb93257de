// floats_amx.cpp: the attention of an encoder with AMX, whose instruction multiplies tiles of numbers of 16 bits (bfloat16, the upper
// half of a float) and adds the products in 32 bits. So queries, keys, values and weights of the values are rounded to 8 bits. The
// steps are those of attention.hpp, for 16 queries at a time.

#include "attention.hpp"
#include "tile_shapes.hpp"
#include "vectors_avx512.hpp"

namespace asr {

namespace {

using vectors  = avx512_vectors;
using bfloat16 = uint16_t;

constexpr int64_t n_queries = 16;  // rows of a tile
constexpr int64_t n_pairs   = 16;  // rows of the second tile of a product: each has two numbers of each of 16 columns
constexpr int64_t tile_size = 512; // numbers of 16 bits in a tile

__m256i rounded(vectors::floats from) {
    return reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(from));
}

// Rounds a row of a head.
void round_row(const float * from, float factor, bfloat16 * to) {
    for (int64_t k = 0; k < head_size; k += vectors::width) {
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(to + k), rounded(vectors::read(from + k) * factor));
    }
}

// Copies the keys to keys[n / 16][head_size / 32] tiles, each [16 pairs of numbers][16 keys][2]. The last keys repeat a key; nothing
// reads their scores.
void copy_keys(const attention_head & head, bfloat16 * keys) {
    alignas(64) bfloat16 rows[vectors::width][head_size];
    const void *         starts[vectors::width];
    for (int i = 0; i < vectors::width; ++i) {
        starts[i] = rows[i];
    }
    for (int64_t first = 0; first < padded_scores(head.n_rows); first += vectors::width) {
        for (int64_t i = 0; i < vectors::width; ++i) {
            round_row(head.keys + (first + i < head.n_rows ? first + i : 0) * head.stride, 1.0f, rows[i]);
        }
        for (int64_t half_row = 0; half_row < 2; ++half_row) {
            transpose_16(starts, 64 * half_row, keys + (first / vectors::width * 2 + half_row) * tile_size, 64);
        }
    }
}

// Copies the values to values[n / 32][head_size / 16] tiles, each [16 pairs of keys][16 numbers][2]. Missing values are 0.
void copy_values(const attention_head & head, bfloat16 * values) {
    for (int64_t i = 0; i < padded_scores(head.n_rows); i += 2) {
        for (int64_t k = 0; k < head_size; k += vectors::width) {
            __m512i pair[2];
            for (int64_t p = 0; p < 2; ++p) {
                const bool is_there = i + p < head.n_rows;
                pair[p]             = is_there
                                          ? _mm512_cvtepu16_epi32(rounded(vectors::read(head.values + (i + p) * head.stride + k)))
                                          : _mm512_setzero_si512();
            }
            bfloat16 * tile = values + (i / (2 * n_pairs) * 4 + k / vectors::width) * tile_size;
            _mm512_storeu_si512(tile + i / 2 % n_pairs * 32, _mm512_or_si512(pair[0], _mm512_slli_epi32(pair[1], 16)));
        }
    }
}

// Computes the scores [n_queries][n_padded] of the queries [n_queries][head_size].
void multiply_keys(const bfloat16 * queries, const bfloat16 * keys, int64_t n_padded, float * scores) {
    constexpr int64_t row_bytes = head_size * 2;
    const int64_t     step      = n_padded * static_cast<int64_t>(sizeof(float));
    finish_writes();
    _tile_loadd(4, queries, row_bytes);
    _tile_loadd(5, queries + head_size / 2, row_bytes);
    for (int64_t first = 0; first < n_padded; first += 4 * vectors::width) {
        const bfloat16 * from = keys + first / vectors::width * 2 * tile_size;
        _tile_zero(0);
        _tile_loadd(6, from, 64);
        _tile_loadd(7, from + tile_size, 64);
        _tile_dpbf16ps(0, 4, 6);
        _tile_dpbf16ps(0, 5, 7);
        _tile_zero(1);
        _tile_loadd(6, from + 2 * tile_size, 64);
        _tile_loadd(7, from + 3 * tile_size, 64);
        _tile_dpbf16ps(1, 4, 6);
        _tile_dpbf16ps(1, 5, 7);
        _tile_zero(2);
        _tile_loadd(6, from + 4 * tile_size, 64);
        _tile_loadd(7, from + 5 * tile_size, 64);
        _tile_dpbf16ps(2, 4, 6);
        _tile_dpbf16ps(2, 5, 7);
        _tile_zero(3);
        _tile_loadd(6, from + 6 * tile_size, 64);
        _tile_loadd(7, from + 7 * tile_size, 64);
        _tile_dpbf16ps(3, 4, 6);
        _tile_dpbf16ps(3, 5, 7);
        _tile_stored(0, scores + first, step);
        _tile_stored(1, scores + first + vectors::width, step);
        _tile_stored(2, scores + first + 2 * vectors::width, step);
        _tile_stored(3, scores + first + 3 * vectors::width, step);
    }
}

// Rounds a row of n_padded weights, of which the first n are used; the others become 0.
void round_weights(const float * from, int64_t n, int64_t n_padded, bfloat16 * to) {
    for (int64_t i = 0; i < n_padded; i += vectors::width) {
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(to + i), rounded(vectors::read_first(n - i, from + i)));
    }
}

// Computes sums [n_queries][head_size] of the values with the weights [n_queries][n_padded].
void multiply_values(const bfloat16 * weights, const bfloat16 * values, int64_t n_padded, float * sums) {
    finish_writes();
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (int64_t first = 0; first < n_padded; first += 2 * n_pairs) {
        const bfloat16 * from = values + first / (2 * n_pairs) * 4 * tile_size;
        _tile_loadd(4, weights + first, n_padded * 2);
        _tile_loadd(5, from, 64);
        _tile_loadd(6, from + tile_size, 64);
        _tile_loadd(7, from + 2 * tile_size, 64);
        _tile_dpbf16ps(0, 4, 5);
        _tile_dpbf16ps(1, 4, 6);
        _tile_dpbf16ps(2, 4, 7);
        _tile_loadd(5, from + 3 * tile_size, 64);
        _tile_dpbf16ps(3, 4, 5);
    }
    constexpr int64_t step = head_size * static_cast<int64_t>(sizeof(float));
    _tile_stored(0, sums, step);
    _tile_stored(1, sums + vectors::width, step);
    _tile_stored(2, sums + 2 * vectors::width, step);
    _tile_stored(3, sums + 3 * vectors::width, step);
}

} // namespace

void attend_amx(const attention_head & head, float * scratch) {
    const int64_t n_padded = padded_scores(head.n_rows);
    auto *        keys     = reinterpret_cast<bfloat16 *>(scratch);
    bfloat16 *    values   = keys + head_size * n_padded;
    bfloat16 *    weights  = values + head_size * n_padded;
    float *       scores   = scratch + head_size * n_padded + n_queries / 2 * n_padded;
    static_assert(attention_scratch(1) >= (head_size + n_queries / 2 + n_queries) * padded_scores(1));
    alignas(64) bfloat16 queries[n_queries][head_size];
    alignas(64) float    sums[n_queries][head_size];
    start_tiles();
    copy_keys(head, keys);
    copy_values(head, values);
    for (int64_t row = 0; row < head.n_rows; row += n_queries) {
        const int64_t n = head.n_rows - row < n_queries ? head.n_rows - row : n_queries;
        for (int64_t r = 0; r < n_queries; ++r) {
            round_row(head.queries + (row + (r < n ? r : 0)) * head.stride, attention_scale, queries[r]);
        }
        multiply_keys(queries[0], keys, n_padded, scores);
        float inverse[n_queries];
        for (int64_t r = 0; r < n_queries; ++r) {
            inverse[r] = 1.0f / replace_by_exponentials<vectors>(scores + r * n_padded, head.n_rows);
            round_weights(scores + r * n_padded, head.n_rows, n_padded, weights + r * n_padded);
        }
        multiply_values(weights, values, n_padded, sums[0]);
        for (int64_t r = 0; r < n; ++r) {
            for (int64_t k = 0; k < head_size; k += vectors::width) {
                vectors::write(head.out + (row + r) * head.out_stride + k, vectors::read(sums[r] + k) * inverse[r]);
            }
        }
    }
    _tile_release();
}

} // namespace asr

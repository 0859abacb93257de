// attention.hpp: the attention of the heads of a Whisper model, in 32-bit floats. CTranslate2 computes the scores of all queries,
// then their softmax, then the sums of the values, and the matrices between these steps do not fit into the caches. These functions
// do all steps for a few queries at a time (as in "FlashAttention", Dao et al., 2022, but with whole rows of scores).
//
// Here, a query does not depend on the other queries. So a chunk has exactly the same numbers alone and in a batch.
//
// Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "exponential.hpp"
#include "float_tile.hpp"

namespace asr {

constexpr int64_t head_size       = 64;     // of all Whisper models
constexpr float   attention_scale = 0.125f; // 1 / the square root of head_size

// The queries, keys and values of a head: row i starts at `queries` + i * `stride`, and so on.
struct attention_head {
    const float * queries;
    const float * keys;
    const float * values;
    int64_t       stride;
    int64_t       n_rows;
    float *       out; // row i starts at out + i * out_stride
    int64_t       out_stride;
};

// Returns the number of scores that a row has room for. It is a multiple of the columns of a tile.
constexpr int64_t padded_scores(int64_t n_rows) {
    constexpr int64_t step = 64;
    return (n_rows + step - 1) / step * step;
}

// The numbers that cache_functions::store() writes.
constexpr int64_t stored_numbers(int64_t n_rows) {
    return 2 * head_size * padded_scores(n_rows);
}

// The floats that cache_functions::attend_to_stored() needs as `scratch`.
constexpr int64_t stored_scratch(int64_t n_keys) {
    return rows_of_tile * padded_scores(n_keys);
}

// `scratch` is aligned to 64 bytes and has attention_scratch(n_rows) floats.
using attention_function = void (*)(const attention_head & head, float * scratch);

constexpr int64_t attention_scratch(int64_t n_rows) {
    return stored_numbers(n_rows) + stored_scratch(n_rows);
}

void attend_avx2(const attention_head & head, float * scratch);
void attend_avx512(const attention_head & head, float * scratch);
void attend_amx(const attention_head & head, float * scratch);

// The queries of a head of the decoder, and the keys and values of an encoding, which cache_functions::store() has written. Queries
// and results are as in attention_head.
template <typename Number>
struct stored_attention {
    const float *  queries;
    int64_t        stride;
    int64_t        n_queries;
    const Number * stored;
    int64_t        n_keys;
    float *        out;
    int64_t        out_stride;
};

// The query of a token for each head, and the keys and values of the tokens before it. A slot has the keys of all heads, then the
// values.
template <typename Number>
struct slot_attention {
    const float *          queries; // [n_heads * head_size]
    int64_t                n_heads;
    const Number * const * slots;
    int64_t                n_slots;
    float *                out; // [n_heads * head_size]
};

// The functions for keys and values that are kept as floats or halves.
template <typename Number>
struct cache_functions {
    // Writes the keys and values of a head.
    void (*store)(const attention_head & head, Number * to)                        = nullptr;
    void (*attend_to_stored)(const stored_attention<Number> & of, float * scratch) = nullptr;
    // `scratch` has padded_scores(n_slots) floats.
    void (*attend_to_slots)(const slot_attention<Number> & of, float * scratch) = nullptr;
    // Copies n numbers, a multiple of head_size.
    void (*copy)(const float * from, int64_t n, Number * to) = nullptr;
};

cache_functions<half>  half_cache_avx2();
cache_functions<half>  half_cache_avx512();
cache_functions<float> float_cache_avx2();
cache_functions<float> float_cache_avx512();

// Replaces each of the first n scores of a row by e^(score - the largest score). Returns the sum. The rest of the last vector
// becomes 0.
template <typename Vectors>
float replace_by_exponentials(float * scores, int64_t n) {
    using vector        = typename Vectors::floats;
    constexpr int width = Vectors::width;
    for (int64_t i = n; i % width != 0; ++i) {
        scores[i] = scores[0];
    }
    vector largest_of = Vectors::read(scores);
    for (int64_t i = width; i < n; i += width) {
        const vector next = Vectors::read(scores + i);
        largest_of        = next > largest_of ? next : largest_of;
    }
    float largest = largest_of[0];
    for (int k = 1; k < width; ++k) {
        largest = largest_of[k] > largest ? largest_of[k] : largest;
    }
    for (int64_t i = n; i % width != 0; ++i) {
        scores[i] = largest - 100.0f; // e^-100 counts as 0
    }
    vector sum = {};
    for (int64_t i = 0; i < n; i += width) {
        const vector power                      = exp_of_negative<Vectors>(Vectors::read(scores + i) - largest);
        *reinterpret_cast<vector *>(scores + i) = power;
        sum += power;
    }
    float total = 0.0f;
    for (int k = 0; k < width; ++k) {
        total += sum[k];
    }
    return total;
}

// Vectors: vectors_avx512.hpp or vectors_avx2.hpp
template <typename Vectors>
class attention {
  public:
    static void compute(const attention_head & head, float * scratch) {
        store(head, scratch);
        attend_to_stored<float>(
            { head.queries, head.stride, head.n_rows, scratch, head.n_rows, head.out, head.out_stride },
            scratch + stored_numbers(head.n_rows));
    }

    template <typename Number>
    static cache_functions<Number> functions_for_cache() {
        return { store<Number>, attend_to_stored<Number>, attend_to_slots<Number>, copy<Number> };
    }

    template <typename Number>
    static void store(const attention_head & head, Number * to) {
        const int64_t n_padded = padded_scores(head.n_rows);
        copy_keys(head, n_padded, to);
        copy_values(head, to + head_size * n_padded);
    }

    template <typename Number>
    static void attend_to_stored(const stored_attention<Number> & of, float * scratch) {
        for (int64_t row = 0; row < of.n_queries; row += rows_of_tile) {
            attend_some<rows_of_tile>(of, row, scratch);
        }
    }

    template <typename Number>
    static void attend_to_slots(const slot_attention<Number> & of, float * scratch) {
        constexpr int n_parts = head_size / width;
        const int64_t values  = of.n_heads * head_size;
        for (int64_t first = 0; first < of.n_heads * head_size; first += head_size) {
            vector query[n_parts];
            for (int v = 0; v < n_parts; ++v) {
                query[v] = attention_scale * Vectors::read(of.queries + first + v * width);
            }
            for (int64_t i = 0; i < of.n_slots; ++i) {
                vector sum = {};
#pragma GCC unroll 8
                for (int v = 0; v < n_parts; ++v) {
                    sum += query[v] * Vectors::read(of.slots[i] + first + v * width);
                }
                scratch[i] = Vectors::sum(sum);
            }
            const float inverse      = 1.0f / replace_by_exponentials<Vectors>(scratch, of.n_slots);
            vector      sum[n_parts] = {};
            for (int64_t i = 0; i < of.n_slots; ++i) {
#pragma GCC unroll 8
                for (int v = 0; v < n_parts; ++v) {
                    sum[v] += scratch[i] * Vectors::read(of.slots[i] + values + first + v * width);
                }
            }
            for (int v = 0; v < n_parts; ++v) {
                Vectors::write(of.out + first + v * width, inverse * sum[v]);
            }
        }
    }

    template <typename Number>
    static void copy(const float * from, int64_t n, Number * to) {
        for (int64_t i = 0; i < n; i += width) {
            Vectors::write(to + i, Vectors::read(from + i));
        }
    }

  private:
    using vector = typename Vectors::floats;
    using tile   = float_tile<Vectors>;

    static constexpr int     width         = Vectors::width;
    static constexpr int64_t size_of_float = sizeof(float);

    // Transposes the keys to keys[n_padded / n_columns][head_size][n_columns], so that a tile reads them one after the other. The last
    // columns repeat a key; nothing reads their scores.
    template <typename Number>
    static void copy_keys(const attention_head & head, int64_t n_padded, Number * keys) {
        alignas(64) float square[width * width];
        for (int64_t first = 0; first < n_padded; first += width) {
            const void * rows[width];
            for (int i = 0; i < width; ++i) {
                rows[i] = head.keys + (first + i < head.n_rows ? first + i : 0) * head.stride;
            }
            Number * block = keys + first / tile::n_columns * tile::n_columns * head_size + first % tile::n_columns;
            for (int64_t k = 0; k < head_size; k += width) {
                Vectors::transpose(rows, size_of_float * k, square, size_of_float * width);
                for (int64_t i = 0; i < width; ++i) {
                    Vectors::write(block + (k + i) * tile::n_columns, Vectors::read(square + i * width));
                }
            }
        }
    }

    // Copies the values to values[head_size / n_columns][n_rows][n_columns].
    template <typename Number>
    static void copy_values(const attention_head & head, Number * values) {
        for (int64_t first = 0; first < head_size; first += tile::n_columns) {
            for (int64_t i = 0; i < head.n_rows; ++i) {
                copy(head.values + i * head.stride + first, tile::n_columns,
                     values + first * head.n_rows + i * tile::n_columns);
            }
        }
    }

    // Computes at most n rows of the output from `row`.
    template <int n, typename Number>
    static void attend_some(const stored_attention<Number> & of, int64_t row, float * scores) {
        if constexpr (n > 0) {
            if (of.n_queries - row >= n) {
                attend<n>(of, row, scores);
            } else {
                attend_some<n - 1>(of, row, scores);
            }
        }
    }

    // Computes n rows of the output from `row`.
    template <int n, typename Number>
    static void attend(const stored_attention<Number> & of, int64_t row, float * scores) {
        const int64_t  n_padded = padded_scores(of.n_keys);
        const Number * values   = of.stored + head_size * n_padded;
        float          queries[head_size][n];
        for (int r = 0; r < n; ++r) {
            for (int64_t k = 0; k < head_size; ++k) {
                queries[k][r] = attention_scale * of.queries[(row + r) * of.stride + k];
            }
        }
        for (int64_t first = 0; first < n_padded; first += tile::n_columns) {
            const Number * keys = of.stored + first * head_size;
            tile::template multiply<n>({ &queries[0][0], 1, n }, keys, tile::n_columns, head_size, scores + first,
                                       n_padded, keys + tile::n_columns * head_size);
        }
        float inverse[n];
        for (int r = 0; r < n; ++r) {
            inverse[r] = 1.0f / replace_by_exponentials<Vectors>(scores + r * n_padded, of.n_keys);
        }
        for (int64_t first = 0; first < head_size; first += tile::n_columns) {
            float *        out  = of.out + row * of.out_stride + first;
            const Number * from = values + first * of.n_keys;
            tile::template multiply<n>({ scores, n_padded, 1 }, from, tile::n_columns, of.n_keys, out, of.out_stride,
                                       from + 16 * tile::n_columns);
            for (int r = 0; r < n; ++r) {
                for (int64_t k = 0; k < tile::n_columns; ++k) {
                    out[r * of.out_stride + k] *= inverse[r];
                }
            }
        }
    }
};

} // namespace asr

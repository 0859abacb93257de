// attention.hpp: the attention of the heads of a Whisper model, in 32-bit floats. CTranslate2 computes the scores of all queries,
// then their softmax, then the sums of the values, and the matrices between these steps do not fit into the caches. These functions
// do all steps for a few queries at a time (as in "FlashAttention", Dao et al., 2022, but with whole rows of scores).
//
// Here, a query does not depend on the other queries. So a chunk has exactly the same numbers alone and in a batch.
//
// Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "float_tile.hpp"

namespace asr {

constexpr int64_t head_size = 64; // of all Whisper models

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

// Returns the number of floats that a call needs as `scratch`, which is aligned to 64 bytes.
constexpr int64_t attention_scratch(int64_t n_rows) {
    return (2 * head_size + rows_of_tile) * padded_scores(n_rows);
}

using attention_function = void (*)(const attention_head & head, float * scratch);

void attend_avx2(const attention_head & head, float * scratch);
void attend_avx512(const attention_head & head, float * scratch);

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
    // Writes the keys and values of a head to to[stored_numbers(n_rows)].
    void (*store)(const attention_head & head, Number * to) = nullptr;
    // `scratch` has stored_scratch(n_keys) floats.
    void (*attend_to_stored)(const stored_attention<Number> & of, float * scratch) = nullptr;
    // `scratch` has padded_scores(n_slots) floats.
    void (*attend_to_slots)(const slot_attention<Number> & of, float * scratch) = nullptr;
    // Copies n numbers, a multiple of head_size.
    void (*copy)(const float * from, int64_t n, Number * to) = nullptr;
};

constexpr int64_t stored_scratch(int64_t n_keys) {
    return rows_of_tile * padded_scores(n_keys);
}

constexpr int64_t stored_numbers(int64_t n_rows) {
    return 2 * head_size * padded_scores(n_rows);
}

cache_functions<half>  half_cache_avx2();
cache_functions<half>  half_cache_avx512();
cache_functions<float> float_cache_avx2();
cache_functions<float> float_cache_avx512();

// Vectors: see float_tile.hpp. It also has
//   integers  type of a vector with as many integers of 32 bits
//   sum(of)   returns the sum of the floats of a vector
template <typename Vectors>
class attention {
  public:
    static void compute(const attention_head & head, float * scratch) {
        float * scores = scratch + stored_numbers(head.n_rows);
        store(head, scratch);
        const queries_of all{ head.queries, head.stride, head.out, head.out_stride };
        int64_t          row = 0;
        for (; row + n_queries <= head.n_rows; row += n_queries) {
            attend<n_queries>(all, row, head.n_rows, scratch, scores);
        }
        for (; row < head.n_rows; ++row) {
            attend<1>(all, row, head.n_rows, scratch, scores);
        }
    }

    template <typename Number>
    static void store(const attention_head & head, Number * to) {
        const int64_t n_padded = padded_scores(head.n_rows);
        copy_keys(head, n_padded, to);
        copy_values(head, to + head_size * n_padded);
    }

    template <typename Number>
    static void attend_to_stored(const stored_attention<Number> & of, float * scratch) {
        const queries_of all{ of.queries, of.stride, of.out, of.out_stride };
        for (int64_t row = 0; row < of.n_queries; row += n_queries) {
            attend_some<n_queries>(of.n_queries - row, all, row, of.n_keys, of.stored, scratch);
        }
    }

    template <typename Number>
    static void attend_to_slots(const slot_attention<Number> & of, float * scratch) {
        constexpr int n_parts = head_size / width;
        const int64_t values  = of.n_heads * head_size;
        for (int64_t first = 0; first < of.n_heads * head_size; first += head_size) {
            vector query[n_parts];
            for (int v = 0; v < n_parts; ++v) {
                query[v] = scale * Vectors::read(of.queries + first + v * width);
            }
            for (int64_t i = 0; i < of.n_slots; ++i) {
                vector sum = {};
#pragma GCC unroll 8
                for (int v = 0; v < n_parts; ++v) {
                    sum += query[v] * Vectors::read(of.slots[i] + first + v * width);
                }
                scratch[i] = Vectors::sum(sum);
            }
            const float inverse      = 1.0f / replace_by_exponentials(scratch, of.n_slots);
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
    using vector   = typename Vectors::floats;
    using integers = typename Vectors::integers;

    using tile = float_tile<Vectors>;

    // Queries and where their results go, as in attention_head.
    struct queries_of {
        const float * queries;
        int64_t       stride;
        float *       out;
        int64_t       out_stride;
    };

    static constexpr int     width         = Vectors::width;
    static constexpr int64_t size_of_float = sizeof(float);
    static constexpr int     n_queries     = rows_of_tile;
    static constexpr float   scale         = 0.125f; // 1 / the square root of head_size

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
    static void attend_some(int64_t n_left, const queries_of & of, int64_t row, int64_t n_keys, const Number * stored,
                            float * scores) {
        if constexpr (n > 0) {
            if (n_left >= n) {
                attend<n>(of, row, n_keys, stored, scores);
            } else {
                attend_some<n - 1>(n_left, of, row, n_keys, stored, scores);
            }
        }
    }

    // Computes n rows of the output from `row`.
    template <int n, typename Number>
    static void attend(const queries_of & of, int64_t row, int64_t n_keys, const Number * stored, float * scores) {
        const int64_t  n_padded = padded_scores(n_keys);
        const Number * values   = stored + head_size * n_padded;
        float          queries[head_size][n];
        for (int r = 0; r < n; ++r) {
            for (int64_t k = 0; k < head_size; ++k) {
                queries[k][r] = scale * of.queries[(row + r) * of.stride + k];
            }
        }
        for (int64_t first = 0; first < n_padded; first += tile::n_columns) {
            const Number * keys = stored + first * head_size;
            tile::template multiply<n>({ &queries[0][0], 1, n }, keys, tile::n_columns, head_size, scores + first,
                                       n_padded, keys + tile::n_columns * head_size);
        }
        float inverse[n];
        for (int r = 0; r < n; ++r) {
            inverse[r] = 1.0f / replace_by_exponentials(scores + r * n_padded, n_keys);
        }
        for (int64_t first = 0; first < head_size; first += tile::n_columns) {
            float *        out  = of.out + row * of.out_stride + first;
            const Number * from = values + first * n_keys;
            tile::template multiply<n>({ scores, n_padded, 1 }, from, tile::n_columns, n_keys, out, of.out_stride,
                                       from + 16 * tile::n_columns);
            for (int r = 0; r < n; ++r) {
                for (int64_t k = 0; k < tile::n_columns; ++k) {
                    out[r * of.out_stride + k] *= inverse[r];
                }
            }
        }
    }

    // Replaces each of the first n scores of a row by e^(score - the largest score). Returns the sum. The rest of the last vector
    // becomes 0.
    static float replace_by_exponentials(float * scores, int64_t n) {
        for (int64_t i = n; i % width != 0; ++i) {
            scores[i] = scores[0];
        }
        vector largest_of = read(scores);
        for (int64_t i = width; i < n; i += width) {
            const vector next = read(scores + i);
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
            const vector power                      = exp_of_negative(read(scores + i) - largest);
            *reinterpret_cast<vector *>(scores + i) = power;
            sum += power;
        }
        float total = 0.0f;
        for (int k = 0; k < width; ++k) {
            total += sum[k];
        }
        return total;
    }

    // e^x for x from -87 to 0 with an error of about 1e-7 of the result, and 0 for smaller x: 2^n e^r, where |r| is at most half
    // of ln(2).
    static vector exp_of_negative(vector x) {
        constexpr float log2_e = 1.44269504f, ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
        const vector    smallest = vector{} - 87.0f;
        const vector    limited  = x < smallest ? smallest : x;
        const integers  n = __builtin_convertvector(limited * log2_e - 0.5f, integers); // rounds, because it cuts off
        const vector    whole = __builtin_convertvector(n, vector);
        const vector    r     = limited - whole * ln2_high - whole * ln2_low;
        // The series of e^r.
        vector sum       = r * (1.0f / 5040.0f) + 1.0f / 720.0f;
        sum              = sum * r + 1.0f / 120.0f;
        sum              = sum * r + 1.0f / 24.0f;
        sum              = sum * r + 1.0f / 6.0f;
        sum              = sum * r + 0.5f;
        sum              = sum * r + 1.0f;
        sum              = sum * r + 1.0f;
        const auto power = reinterpret_cast<vector>((n + 127) << 23);
        return x < smallest ? vector{} : sum * power;
    }

    static vector read(const float * from) { return Vectors::read(from); }
};

} // namespace asr

// attention.hpp: the attention of one head of a Whisper encoder, in 32-bit floats. CTranslate2 computes the scores of all queries,
// then their softmax, then the sums of the values, and the matrices between these steps do not fit into the caches. This function
// does all steps for a few queries at a time (as in "FlashAttention", Dao et al., 2022, but with whole rows of scores).
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

// Vectors: see float_tile.hpp. It also has the type `integers`, a vector with as many integers of 32 bits.
template <typename Vectors>
class attention {
  public:
    static void compute(const attention_head & head, float * scratch) {
        const int64_t n_padded = padded_scores(head.n_rows);
        float *       keys     = scratch;
        float *       values   = keys + head_size * n_padded;
        float *       scores   = values + head_size * n_padded;
        copy_keys(head, n_padded, keys);
        copy_values(head, values);
        int64_t row = 0;
        for (; row + n_queries <= head.n_rows; row += n_queries) {
            attend<n_queries>(head, row, n_padded, keys, values, scores);
        }
        for (; row < head.n_rows; ++row) {
            attend<1>(head, row, n_padded, keys, values, scores);
        }
    }

  private:
    using vector   = typename Vectors::floats;
    using integers = typename Vectors::integers;

    using tile = float_tile<Vectors, Vectors::n_vectors>;

    static constexpr int     width         = Vectors::width;
    static constexpr int64_t size_of_float = sizeof(float);
    static constexpr int     n_queries     = rows_of_tile;

    // Transposes the keys to keys[n_padded / n_columns][head_size][n_columns], so that a tile reads them one after the other. The last
    // columns repeat a key; nothing reads their scores.
    static void copy_keys(const attention_head & head, int64_t n_padded, float * keys) {
        for (int64_t first = 0; first < n_padded; first += width) {
            const void * rows[width];
            for (int i = 0; i < width; ++i) {
                rows[i] = head.keys + (first + i < head.n_rows ? first + i : 0) * head.stride;
            }
            float * block = keys + first / tile::n_columns * tile::n_columns * head_size + first % tile::n_columns;
            for (int64_t k = 0; k < head_size; k += width) {
                Vectors::transpose(rows, size_of_float * k, block + k * tile::n_columns,
                                   size_of_float * tile::n_columns);
            }
        }
    }

    // Copies the values to values[head_size / n_columns][n_rows][n_columns].
    static void copy_values(const attention_head & head, float * values) {
        for (int64_t first = 0; first < head_size; first += tile::n_columns) {
            for (int64_t i = 0; i < head.n_rows; ++i) {
                memcpy(values + first * head.n_rows + i * tile::n_columns, head.values + i * head.stride + first,
                       tile::n_columns * sizeof(float));
            }
        }
    }

    // Computes the rows from `row` of the output.
    template <int n>
    static void attend(const attention_head & head, int64_t row, int64_t n_padded, const float * keys,
                       const float * values, float * scores) {
        constexpr float scale = 0.125f; // 1 / the square root of head_size
        float           queries[head_size][n];
        for (int r = 0; r < n; ++r) {
            for (int64_t k = 0; k < head_size; ++k) {
                queries[k][r] = scale * head.queries[(row + r) * head.stride + k];
            }
        }
        for (int64_t first = 0; first < n_padded; first += tile::n_columns) {
            tile::template multiply<n>({ &queries[0][0], 1, n }, keys + first * head_size, tile::n_columns, head_size,
                                       false, scores + first, n_padded);
        }
        float inverse[n];
        for (int r = 0; r < n; ++r) {
            inverse[r] = 1.0f / replace_by_exponentials(scores + r * n_padded, head.n_rows);
        }
        for (int64_t first = 0; first < head_size; first += tile::n_columns) {
            float * out = head.out + row * head.out_stride + first;
            tile::template multiply<n>({ scores, n_padded, 1 }, values + first * head.n_rows, tile::n_columns,
                                       head.n_rows, false, out, head.out_stride);
            for (int r = 0; r < n; ++r) {
                for (int64_t k = 0; k < tile::n_columns; ++k) {
                    out[r * head.out_stride + k] *= inverse[r];
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

    static vector read(const float * from) { return *reinterpret_cast<const vector *>(from); }
};

} // namespace asr

// cpu.cpp: compares the products of matrices and the attention of ffi/ctranslate2/cpu with sums in 64-bit numbers. The compiler's
// options choose the functions.
//
// Usage: cpu. Prints "ok", or the first value that is wrong.

#if defined(__AVX512VNNI__)
#include "bytes_avx512.cpp"
#include "floats_avx512.cpp"
#define LEVEL(name) name##_avx512
constexpr auto multiply_bytes = asr::multiply_bytes_avx512;
#else
#include "floats_avx2.cpp"
#define LEVEL(name) name##_avx2
#if defined(__AVXVNNI__)
#include "bytes_avx_vnni.cpp"
constexpr auto multiply_bytes = asr::multiply_bytes_avx_vnni;
#else
#include "bytes_avx2.cpp"
constexpr auto multiply_bytes = asr::multiply_bytes_avx2;
#endif
#endif

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

namespace {

std::mt19937 generator(7);

constexpr int64_t n_around  = 3; // numbers after each row of a result, which must stay
constexpr int     untouched = -77;

std::vector<float> floats(int64_t n) {
    std::vector<float> made;
    for (int64_t i = 0; i < n; ++i) {
        made.push_back(static_cast<float>(generator() % 2001) / 500.0f - 2.0f);
    }
    return made;
}

[[noreturn]] void fail(const char * what, int64_t row, int64_t column, double expected, double found) {
    std::printf("%s: value %lld of row %lld: expected %g, found %g\n", what, static_cast<long long>(column),
                static_cast<long long>(row), expected, found);
    std::exit(1);
}

// The first of five rows has only the largest or the smallest numbers, and three of them have small numbers with a few large ones,
// as in a network.
uint8_t activation(int64_t row, int64_t i) {
    switch (row % 5) {
    case 0:
        return i % 2 == 0 ? 0 : 255;
    case 1:
        return static_cast<uint8_t>(generator() % 256);
    default:
        return static_cast<uint8_t>(i % 29 == row % 29 ? generator() % 256 : 128 - 20 + generator() % 41);
    }
}

void check_bytes(int64_t n_rows, int64_t n_columns, int64_t depth) {
    std::vector<uint8_t> activations;
    std::vector<int8_t>  weights;
    std::vector<int32_t> offsets;
    for (int64_t i = 0; i < n_rows * depth; ++i) {
        activations.push_back(activation(i / depth, i % depth));
    }
    for (int64_t column = 0; column < n_columns; ++column) {
        int32_t sum = 0;
        for (int64_t i = 0; i < depth; ++i) {
            weights.push_back(static_cast<int8_t>(column % 5 == 0 ? (i % 2 == 0 ? -127 : 127)
                                                                  : static_cast<int>(generator() % 255) - 127));
            sum += weights.back();
        }
        offsets.push_back(-128 * sum);
    }
    const int64_t           stride = n_columns + n_around;
    std::vector<int32_t>    out(static_cast<size_t>(n_rows * stride), untouched);
    const asr::byte_product product = { activations.data(), n_rows,     weights.data(), n_columns, depth,
                                        offsets.data(),     out.data(), stride };
    const int64_t           middle  = n_columns / 2 / asr::columns_step * asr::columns_step;
    multiply_bytes(product, 0, middle);
    multiply_bytes(product, middle, n_columns);
    for (int64_t row = 0; row < n_rows; ++row) {
        for (int64_t column = 0; column < stride; ++column) {
            int32_t expected = column < n_columns ? offsets[static_cast<size_t>(column)] : untouched;
            for (int64_t i = 0; column < n_columns && i < depth; ++i) {
                expected += activations[static_cast<size_t>(row * depth + i)] *
                            weights[static_cast<size_t>(column * depth + i)];
            }
            const int32_t found = out[static_cast<size_t>(row * stride + column)];
            if (found != expected) {
                fail("product of bytes", row, column, expected, found);
            }
        }
    }
}

void check_floats(int64_t n_rows, int64_t n_columns, int64_t depth, bool transposed) {
    constexpr float          factor   = 0.125f;
    const int64_t            b_stride = (transposed ? depth : n_columns) + 5;
    const int64_t            stride   = n_columns + n_around;
    const std::vector<float> a        = floats(n_rows * depth);
    const std::vector<float> b        = floats((transposed ? n_columns : depth) * b_stride);
    std::vector<float>       out(static_cast<size_t>(n_rows * stride), untouched);
    const asr::float_product product = { a.data(), depth,  b.data(),  b_stride, out.data(),
                                         stride,   n_rows, n_columns, depth,    factor };
    (transposed ? asr::LEVEL(multiply_by_transposed) : asr::LEVEL(multiply_floats))(product);
    for (int64_t row = 0; row < n_rows; ++row) {
        for (int64_t column = 0; column < stride; ++column) {
            double expected = column < n_columns ? 0.0 : untouched;
            double size     = 1.0;
            for (int64_t i = 0; column < n_columns && i < depth; ++i) {
                const int64_t at = transposed ? column * b_stride + i : i * b_stride + column;
                const double  of =
                    factor * static_cast<double>(a[static_cast<size_t>(row * depth + i)]) * b[static_cast<size_t>(at)];
                expected += of;
                size += std::abs(of);
            }
            const float found = out[static_cast<size_t>(row * stride + column)];
            if (!(std::abs(found - expected) <= 1e-6 * size)) {
                fail(transposed ? "product of floats, transposed" : "product of floats", row, column, expected, found);
            }
        }
    }
}

// One head of two, whose queries, keys and values are beside each other, as in the engine.
// The decoder computes a chunk alone, or together with longer chunks. The numbers of the chunk must be exactly the same. So the
// product of a row must not depend on the other rows, and not on what follows the numbers of its chunk.
void check_company(int64_t n_rows, int64_t n_positions) {
    constexpr int64_t        n_more = 70; // positions that only longer chunks have
    const int64_t            n_all  = n_positions + n_more;
    const std::vector<float> keys   = floats(n_all * asr::head_size);
    const std::vector<float> vector = floats(n_rows * asr::head_size);
    std::vector<float>       scores(static_cast<size_t>(n_rows * n_all));
    std::vector<float>       sums(static_cast<size_t>(n_rows * asr::head_size));
    asr::LEVEL(multiply_by_transposed)({ vector.data(), asr::head_size, keys.data(), asr::head_size, scores.data(), n_all, n_rows, n_all,
                                         asr::head_size, 0.125f });
    std::vector<float> weights = scores; // the softmax sets the weights of further positions to 0
    for (int64_t i = 0; i < n_rows * n_all; ++i) {
        if (i % n_all >= n_positions) {
            weights[static_cast<size_t>(i)] = 0.0f;
        }
    }
    asr::LEVEL(multiply_floats)({ weights.data(), n_all, keys.data(), asr::head_size, sums.data(), asr::head_size, n_rows, asr::head_size,
                                  n_all, 1.0f });
    for (int64_t row = 0; row < n_rows; ++row) {
        std::vector<float> own_scores(static_cast<size_t>(n_positions));
        std::vector<float> own_sums(static_cast<size_t>(asr::head_size));
        asr::LEVEL(multiply_by_transposed)({ vector.data() + row * asr::head_size, asr::head_size, keys.data(), asr::head_size,
                                             own_scores.data(), n_positions, 1, n_positions, asr::head_size, 0.125f });
        asr::LEVEL(multiply_floats)({ own_scores.data(), n_positions, keys.data(), asr::head_size, own_sums.data(), asr::head_size, 1,
                                      asr::head_size, n_positions, 1.0f });
        for (int64_t i = 0; i < n_positions; ++i) {
            const float found = scores[static_cast<size_t>(row * n_all + i)];
            if (found != own_scores[static_cast<size_t>(i)]) {
                fail("score in company", row, i, own_scores[static_cast<size_t>(i)], found);
            }
        }
        for (int64_t i = 0; i < asr::head_size; ++i) {
            const float found = sums[static_cast<size_t>(row * asr::head_size + i)];
            if (found != own_sums[static_cast<size_t>(i)]) {
                fail("sum in company", row, i, own_sums[static_cast<size_t>(i)], found);
            }
        }
    }
}

void check_attention(int64_t n_rows, float largest) {
    constexpr int64_t  n_heads = 2, n_state = n_heads * asr::head_size;
    std::vector<float> projected = floats(n_rows * 3 * n_state);
    for (float & number : projected) {
        number *= largest;
    }
    std::vector<float> out(static_cast<size_t>(n_rows * n_state), untouched);
    const auto         scratch = std::unique_ptr<float, decltype(&std::free)>(
        static_cast<float *>(
            std::aligned_alloc(64, static_cast<size_t>(asr::attention_scratch(n_rows)) * sizeof(float))),
        &std::free);
    const float * head = projected.data() + asr::head_size;
    asr::LEVEL(attend)(
        { head, head + n_state, head + 2 * n_state, 3 * n_state, n_rows, out.data() + asr::head_size, n_state },
        scratch.get());
    for (int64_t row = 0; row < n_rows; ++row) {
        std::vector<double> scores;
        double              most = -INFINITY, total = 0.0;
        for (int64_t i = 0; i < n_rows; ++i) {
            double score = 0.0;
            for (int64_t k = 0; k < asr::head_size; ++k) {
                score += static_cast<double>(head[row * 3 * n_state + k]) * head[i * 3 * n_state + n_state + k] / 8.0;
            }
            scores.push_back(score);
            most = std::max(most, score);
        }
        for (double & score : scores) {
            total += score = std::exp(score - most);
        }
        for (int64_t k = 0; k < n_state; ++k) {
            double expected = k < asr::head_size ? untouched : 0.0;
            for (int64_t i = 0; k >= asr::head_size && i < n_rows; ++i) {
                expected +=
                    scores[static_cast<size_t>(i)] / total * head[i * 3 * n_state + 2 * n_state + k - asr::head_size];
            }
            const float found = out[static_cast<size_t>(row * n_state + k)];
            if (!(std::abs(found - expected) <= 1e-5 * largest * (1.0f + largest))) {
                fail("attention", row, k, expected, found);
            }
        }
    }
}

} // namespace

int main() {
    for (const int64_t n_rows : { 1, 5, 6, 7, 12, 13, 40 }) {
        for (const int64_t n_columns : { 1, 31, 64, 77 }) {
            check_bytes(n_rows, n_columns, 64);
            check_bytes(n_rows, n_columns, 192);
        }
    }
    check_bytes(70, 33, 2048); // more groups of steps than one block of AVX2 has
    check_bytes(700, 17, 64);  // more tiles
    check_bytes(2, 32, asr::depth_max);
    for (const int64_t n_rows : { 1, 4, 5, 6, 7, 12, 38 }) {
        for (const int64_t depth : { 1, 63, 64, 65, 771 }) {
            check_floats(n_rows, 64, depth, false);
        }
        check_floats(n_rows, 128, 100, false);
        for (const int64_t n_columns : { 1, 15, 16, 33, 64, 100 }) {
            check_floats(n_rows, n_columns, 64, true);
            check_floats(n_rows, n_columns, 16, true);
            check_floats(n_rows, n_columns, asr::transposed_depth_max, true);
        }
    }
    for (const int64_t n_rows : { 1, 5, 6, 38 }) {
        for (const int64_t n_positions : { 1, 40, 64, 771 }) {
            check_company(n_rows, n_positions);
        }
    }
    for (const int64_t n_rows : { 1, 6, 15, 64, 65, 131 }) {
        check_attention(n_rows, 1.0f);
        check_attention(n_rows, 8.0f); // one key gets nearly all the weight, and the others' powers are 0
    }
    std::puts("ok");
}

// cpu.cpp: compares the products of matrices and the attention of ffi/ctranslate2/cpu with sums in 64-bit numbers. The compiler's
// options choose the functions.
//
// Usage: cpu. Prints "ok", or the first value that is wrong.

#if defined(__AVX512VNNI__)
#include "floats_avx512.cpp"
#define LEVEL(name) name##_avx512
#include "bytes_avx512.cpp"
#if defined(__AMX_INT8__)
#include "amx_permission.hpp"
#include "bytes_amx.cpp"
#include "floats_amx.cpp"
constexpr auto multiply_bytes = asr::multiply_bytes_amx;
#else
constexpr auto multiply_bytes = asr::multiply_bytes_avx512;
#endif
#else
#include "bytes_avx2.cpp"
#include "floats_avx2.cpp"
#define LEVEL(name) name##_avx2
#if defined(__AVXVNNI__)
#include "bytes_avx_vnni.cpp"
constexpr auto multiply_bytes = asr::multiply_bytes_avx_vnni;
#else
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

// Multiplies as two threads do.
void multiply_in_parts(const asr::byte_product & product) {
    const int64_t middle = product.n_columns / 2 / asr::columns_step * asr::columns_step;
    multiply_bytes(product, 0, middle);
    multiply_bytes(product, middle, product.n_columns);
}

void check_result(asr::byte_product product, const std::vector<int32_t> & sums, bool is_bare);

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
    const int64_t        stride = n_columns + n_around;
    std::vector<int32_t> sums(static_cast<size_t>(n_rows * stride), untouched);
    asr::byte_product    product = { activations.data(), n_rows,      weights.data(), n_columns, depth,
                                     offsets.data(),     sums.data(), stride };
    multiply_in_parts(product);
    for (int64_t row = 0; row < n_rows; ++row) {
        for (int64_t column = 0; column < stride; ++column) {
            int32_t expected = column < n_columns ? offsets[static_cast<size_t>(column)] : untouched;
            for (int64_t i = 0; column < n_columns && i < depth; ++i) {
                expected += activations[static_cast<size_t>(row * depth + i)] *
                            weights[static_cast<size_t>(column * depth + i)];
            }
            const int32_t found = sums[static_cast<size_t>(row * stride + column)];
            if (found != expected) {
                fail("product of bytes", row, column, expected, found);
            }
        }
    }
    product.sums = nullptr;
    for (const bool is_bare : { true, false }) {
        check_result(product, sums, is_bare);
    }
}

// Checks the floats that are made of the sums: bare, or with biases, GELU and numbers to add.
void check_result(asr::byte_product product, const std::vector<int32_t> & sums, bool is_bare) {
    std::vector<float>       out(sums.size(), untouched);
    const std::vector<float> added = floats(static_cast<int64_t>(sums.size())), biases = floats(product.n_columns);
    std::vector<float>       row_scales = floats(product.n_rows), column_scales = floats(product.n_columns);
    for (float & scale : row_scales) {
        scale *= 1e-3f;
    }
    product.out           = out.data();
    product.row_scales    = row_scales.data();
    product.column_scales = column_scales.data();
    if (!is_bare) {
        product.biases       = biases.data();
        product.added        = added.data();
        product.applies_gelu = true;
    }
    multiply_in_parts(product);
    for (int64_t row = 0; row < product.n_rows; ++row) {
        for (int64_t column = 0; column < product.out_stride; ++column) {
            const auto at       = static_cast<size_t>(row * product.out_stride + column);
            const auto c        = static_cast<size_t>(column);
            double     expected = untouched;
            if (column < product.n_columns) {
                expected = static_cast<double>(sums[at]) * row_scales[static_cast<size_t>(row)] * column_scales[c];
                if (!is_bare) {
                    expected += biases[c];
                    expected = expected / 2.0 * (1.0 + std::erf(expected / std::sqrt(2.0))) + added[at];
                }
            }
            if (!(std::abs(out[at] - expected) <= 1e-6 + 1e-6 * std::abs(expected))) {
                fail(is_bare ? "result of a product" : "result with GELU", row, column, expected, out[at]);
            }
        }
    }
}

// The largest number becomes 255 or 1, and 0 becomes 128.
void check_quantize(int64_t n, float largest) {
    std::vector<float>   from = floats(n);
    std::vector<uint8_t> to(from.size() + n_around, 7);
    from[0]          = 0.0f;
    float size       = 0.0f;
    for (float & number : from) {
        number *= largest;
        size = std::max(size, std::abs(number));
    }
    const float  unit     = asr::LEVEL(quantize)(from.data(), n, to.data());
    const double expected = size == 0.0f ? 1.0 : static_cast<double>(size) / 127.0;
    if (!(std::abs(unit - expected) <= 1e-6 * expected)) {
        fail("unit of bytes", 0, 0, expected, unit);
    }
    for (int64_t i = 0; i < n; ++i) {
        const double steps = static_cast<double>(from[static_cast<size_t>(i)]) / expected + 128.0;
        if (!(std::abs(to[static_cast<size_t>(i)] - steps) <= 0.5001)) {
            fail("bytes", 0, i, steps, to[static_cast<size_t>(i)]);
        }
    }
    for (size_t i = from.size(); i < to.size(); ++i) {
        if (to[i] != 7) {
            fail("bytes", 0, static_cast<int64_t>(i), 7, to[i]);
        }
    }
}

// Compares attention with sums in 64-bit numbers. `keys`, `values` and `queries` return number k of a row. `tolerance` is a part of
// the largest number.
template <typename Queries, typename Keys, typename Values, typename Found>
void expect_attention(const char * what, int64_t n_queries, int64_t n_keys, double tolerance, Queries queries, Keys keys,
                      Values values, Found found) {
    for (int64_t row = 0; row < n_queries; ++row) {
        std::vector<double> weights;
        double              most = -INFINITY, total = 0.0;
        for (int64_t i = 0; i < n_keys; ++i) {
            double score = 0.0;
            for (int64_t k = 0; k < asr::head_size; ++k) {
                score += static_cast<double>(queries(row, k)) * keys(i, k) / 8.0;
            }
            weights.push_back(score);
            most = std::max(most, score);
        }
        for (double & weight : weights) {
            total += weight = std::exp(weight - most);
        }
        for (int64_t k = 0; k < asr::head_size; ++k) {
            double expected = 0.0;
            for (int64_t i = 0; i < n_keys; ++i) {
                expected += weights[static_cast<size_t>(i)] / total * values(i, k);
            }
            if (!(std::abs(found(row, k) - expected) <= tolerance)) {
                fail(what, row, k, expected, found(row, k));
            }
        }
    }
}

using aligned_floats = std::unique_ptr<float, decltype(&std::free)>;

aligned_floats aligned(int64_t n) {
    return { static_cast<float *>(std::aligned_alloc(64, static_cast<size_t>(n) * sizeof(float))), &std::free };
}

// One head of two, whose queries, keys and values are beside each other, as in the engine.
void check_attention(asr::attention_function attend, int64_t n_rows, float largest, double tolerance) {
    constexpr int64_t  n_heads = 2, n_state = n_heads * asr::head_size;
    std::vector<float> projected = floats(n_rows * 3 * n_state);
    for (float & number : projected) {
        number *= largest;
    }
    std::vector<float>   out(static_cast<size_t>(n_rows * n_state), untouched);
    const aligned_floats scratch = aligned(asr::attention_scratch(n_rows));
    const float *        head    = projected.data() + asr::head_size;
    attend(
        { head, head + n_state, head + 2 * n_state, 3 * n_state, n_rows, out.data() + asr::head_size, n_state },
        scratch.get());
    const auto part = [&](int64_t which) {
        return [=](int64_t row, int64_t k) { return head[row * 3 * n_state + which * n_state + k]; };
    };
    expect_attention("attention", n_rows, n_rows, tolerance * largest * (1.0f + largest), part(0), part(1), part(2),
                     [&](int64_t row, int64_t k) { return out[static_cast<size_t>(row * n_state + asr::head_size + k)]; });
    for (int64_t i = 0; i < n_rows * n_state; ++i) {
        if (i % n_state < asr::head_size && out[static_cast<size_t>(i)] != untouched) {
            fail("attention", i / n_state, i % n_state, untouched, out[static_cast<size_t>(i)]);
        }
    }
}

// Queries of a decoder attend to a head of an encoding. A query alone must have exactly the same result as among others, because the
// text of a chunk must not depend on the other chunks of a batch.
template <typename Number>
void check_stored(const asr::cache_functions<Number> & functions, int64_t n_queries, int64_t n_keys, double tolerance) {
    constexpr int64_t        n_state   = 2 * asr::head_size;
    const std::vector<float> projected = floats(n_keys * 2 * n_state); // keys of two heads, then values
    const std::vector<float> queries   = floats(n_queries * n_state);
    std::vector<Number>      stored(static_cast<size_t>(asr::stored_numbers(n_keys)));
    const float *            keys = projected.data() + asr::head_size;
    functions.store({ nullptr, keys, keys + n_state, 2 * n_state, n_keys, nullptr, 0 }, stored.data());
    const aligned_floats scratch = aligned(asr::stored_scratch(n_keys));
    std::vector<float>   out(static_cast<size_t>(n_queries * n_state)), alone(static_cast<size_t>(n_state));
    functions.attend_to_stored({ queries.data(), n_state, n_queries, stored.data(), n_keys, out.data(), n_state }, scratch.get());
    const auto at = [=](const float * from, int64_t stride) {
        return [=](int64_t row, int64_t k) { return from[row * stride + k]; };
    };
    expect_attention("attention to stored keys", n_queries, n_keys, tolerance, at(queries.data(), n_state), at(keys, 2 * n_state),
                     at(keys + n_state, 2 * n_state), at(out.data(), n_state));
    for (int64_t row = 0; row < n_queries; ++row) {
        functions.attend_to_stored({ queries.data() + row * n_state, n_state, 1, stored.data(), n_keys, alone.data(), n_state },
                                   scratch.get());
        for (int64_t k = 0; k < asr::head_size; ++k) {
            const float found = out[static_cast<size_t>(row * n_state + k)];
            if (found != alone[static_cast<size_t>(k)]) {
                fail("attention in company", row, k, alone[static_cast<size_t>(k)], found);
            }
        }
    }
}

// A token attends to slots in any order. Two heads.
template <typename Number>
void check_slots(const asr::cache_functions<Number> & functions, int64_t n_slots, double tolerance) {
    constexpr int64_t           n_heads = 2, n_state = n_heads * asr::head_size;
    const std::vector<float>    query   = floats(n_state);
    const std::vector<float>    numbers = floats(n_slots * 2 * n_state);
    std::vector<Number>         stored(numbers.size());
    std::vector<const Number *> slots;
    functions.copy(numbers.data(), static_cast<int64_t>(numbers.size()), stored.data());
    for (int64_t i = 0; i < n_slots; ++i) {
        slots.push_back(stored.data() + (n_slots - 1 - i) * 2 * n_state);
    }
    std::vector<float> scratch(static_cast<size_t>(asr::padded_scores(n_slots))), out(static_cast<size_t>(n_state));
    functions.attend_to_slots({ query.data(), n_heads, slots.data(), n_slots, out.data() }, scratch.data());
    for (int64_t head = 0; head < n_state; head += asr::head_size) {
        const auto slot = [&](int64_t first) {
            return [&numbers, n_slots, first](int64_t i, int64_t k) {
                return numbers[static_cast<size_t>((n_slots - 1 - i) * 2 * n_state + first + k)];
            };
        };
        expect_attention(
            "attention to slots", 1, n_slots, tolerance, [&](int64_t, int64_t k) { return query[static_cast<size_t>(head + k)]; },
            slot(head), slot(n_state + head), [&](int64_t, int64_t k) { return out[static_cast<size_t>(head + k)]; });
    }
}

} // namespace

int main() {
#if defined(__AMX_INT8__)
    __builtin_cpu_init();
    if (!asr::can_use_amx()) {
        std::puts("Cannot use AMX on this machine");
        return 1;
    }
#endif
    for (const int64_t n_rows : { 1, 5, 6, 7, 12, 13, 16, 17, 40, 133 }) {
        for (const int64_t n_columns : { 1, 31, 64, 77 }) {
            check_bytes(n_rows, n_columns, 64);
            check_bytes(n_rows, n_columns, 192);
        }
    }
    check_bytes(70, 33, 2048); // more groups of steps than one block of AVX2 has
    check_bytes(700, 17, 64);  // more tiles
    check_bytes(2, 32, asr::depth_max);
    for (const float largest : { 0.0f, 1e-3f, 100.0f }) {
        check_quantize(64, largest);
        check_quantize(192, largest);
    }
    // Numbers are at most 2, and halves have 11 bits.
    constexpr double tolerance = 2e-5, tolerance_of_halves = 4e-3;
    for (const int64_t n_keys : { 1, 15, 16, 40, 64, 65, 771 }) {
        for (const int64_t n_queries : { 1, 4, 5, 6, 7, 13 }) {
            check_stored(asr::LEVEL(float_cache)(), n_queries, n_keys, tolerance);
            check_stored(asr::LEVEL(half_cache)(), n_queries, n_keys, tolerance_of_halves);
        }
        check_slots(asr::LEVEL(float_cache)(), n_keys, tolerance);
        check_slots(asr::LEVEL(half_cache)(), n_keys, tolerance_of_halves);
    }
    for (const int64_t n_rows : { 1, 6, 15, 64, 65, 131 }) {
        check_attention(asr::LEVEL(attend), n_rows, 1.0f, 1e-5);
        // One key gets nearly all the weight, and the others' powers are 0.
        check_attention(asr::LEVEL(attend), n_rows, 8.0f, 1e-5);
#if defined(__AMX_INT8__)
        check_attention(asr::attend_amx, n_rows, 1.0f, 1e-2); // the numbers have 8 bits
#endif
    }
    std::puts("ok");
}

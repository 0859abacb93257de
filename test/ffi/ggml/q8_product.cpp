// q8_product.cpp: compares products of q8_0 matrices with sums in 64-bit floats. The compiler's options choose the tile.
//
// Usage: q8_product. Prints "ok", or the first product that is wrong.

#include <cstdint>

// The same block as in ggml: 32 numbers with a common scale, a float of 16 bits.
struct block_q8_0 {
    uint16_t d;
    int8_t   qs[32];
};

#if defined(__AVX512VNNI__)
#    include "q8_tile_avx512.hpp"
using tile = asr::q8_tile_avx512;
#else
#    include "q8_tile_avx2.hpp"
using tile = asr::q8_tile_avx2;
#endif

#include <cmath>
#include <cstdio>
#include <random>

namespace {

struct matrix {
    int64_t                 n_rows, n_blocks;
    std::vector<block_q8_0> blocks;

    // Random numbers, and the smallest and the largest number in each fifth row.
    matrix(int64_t n_rows, int64_t n_blocks, std::mt19937 & random) : n_rows(n_rows), n_blocks(n_blocks) {
        for (int64_t i = 0; i < n_rows * n_blocks; ++i) {
            block_q8_0 block = { static_cast<uint16_t>(0x2000 + random() % 0x1000), {} };
            for (auto & number : block.qs) {
                number = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
            }
            if (i / n_blocks % 5 == 0) {
                std::fill(std::begin(block.qs), std::end(block.qs), static_cast<int8_t>(i % 2 == 0 ? -127 : 127));
            }
            blocks.push_back(block);
        }
    }

    asr::q8_matrix view() const { return { blocks.data(), n_blocks, n_rows }; }

    double at(int64_t row, int64_t i) const {
        const block_q8_0 & block = blocks[static_cast<size_t>(row * n_blocks + i / 32)];
        return static_cast<double>(_cvtsh_ss(block.d)) * block.qs[i % 32];
    }
};

// Computes the product in `n_parts` parts, as threads do, and returns whether each value is right.
bool is_right(int64_t m, int64_t n, int64_t n_blocks, int64_t n_parts, std::mt19937 & random) {
    const matrix       weights(m, n_blocks, random), activations(n, n_blocks, random);
    const int64_t      stride = m + 3; // the values between the rows must stay
    const float        untouched = -1.0f;
    std::vector<float> out(static_cast<size_t>(n * stride), untouched);
    const int64_t      n_tiles = (m + tile::n_rows - 1) / tile::n_rows;
    for (int64_t part = 0; part < n_parts; ++part) {
        asr::q8_product<tile>::multiply(weights.view(), activations.view(), n_blocks, n_tiles * part / n_parts * tile::n_rows,
                                        std::min(m, n_tiles * (part + 1) / n_parts * tile::n_rows), out.data(), stride);
    }
    for (int64_t c = 0; c < n; ++c) {
        for (int64_t r = 0; r < stride; ++r) {
            const float value = out[static_cast<size_t>(c * stride + r)];
            double      sum = 0.0, size = 0.0;
            for (int64_t i = 0; r < m && i < 32 * n_blocks; ++i) {
                sum += weights.at(r, i) * activations.at(c, i);
                size += std::abs(weights.at(r, i) * activations.at(c, i));
            }
            const bool is_value_right = r < m ? std::abs(value - sum) <= 1e-6 * size : value == untouched;
            if (!is_value_right) {
                std::printf("%lld x %lld x %lld blocks in %lld parts: row %lld, column %lld is %g, expected %g\n",
                            static_cast<long long>(m), static_cast<long long>(n), static_cast<long long>(n_blocks),
                            static_cast<long long>(n_parts), static_cast<long long>(r), static_cast<long long>(c),
                            static_cast<double>(value), sum);
                return false;
            }
        }
    }
    return true;
}

} // namespace

int main() {
    std::mt19937  random(1);
    const int64_t shapes[][3] = { { 1, 1, 1 },   { 32, 6, 1 },   { 8, 4, 2 },    { 33, 7, 3 },    { 64, 12, 8 },
                                  { 51, 13, 5 }, { 100, 90, 4 }, { 70, 65, 40 }, { 31, 200, 128 } };
    for (const auto & shape : shapes) {
        for (const int64_t n_parts : { 1, 2, 5 }) {
            if (!is_right(shape[0], shape[1], shape[2], n_parts, random)) {
                return 1;
            }
        }
    }
    std::puts("ok");
}

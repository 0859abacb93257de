// bytes_avx2.cpp: products of matrices of 8-bit numbers with AVX2. Its instruction multiplies unsigned and signed numbers, and
// returns sums of two products in 16 bits. It gets the weights plus 128, and the activations in groups of steps (step_groups.hpp),
// so that four of these sums can be added in 16 bits. 128 times the sum of the activations is subtracted at the end.

#include "byte_result.hpp"
#include "step_groups.hpp"
#include "vectors_avx2.hpp"

namespace asr {

namespace {

constexpr int rows_of_bytes_tile = 6;

// A product whose activations are in groups. The member `activations` is not used.
struct grouped_product : byte_product {
    const grouped_rows * tiles;     // each has the next rows_of_bytes_tile rows
    int64_t              first_row; // of the tiles
};

struct tile {
    static constexpr int n_vectors = 2; // vectors of 8 columns
    static constexpr int n_group   = 8;
    static constexpr int n_columns = n_group * n_vectors;
    static constexpr int n_rows    = rows_of_bytes_tile;

    static constexpr auto transpose = transpose_8<true>;

    using product_type = grouped_product;

    template <int n, bool prefetches>
    static void multiply(const uint8_t * panel, const grouped_product & product, int64_t row, int64_t column,
                         int64_t n_used) {
        const grouped_rows & rows = product.tiles[row / n_rows];
        __m256i              sum[n][n_vectors];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                sum[r][v] = _mm256_set1_epi32(-128 * rows.sums[r]);
            }
        }
        for (int64_t i = 0; i < rows.n_groups; ++i) {
            const step_group & group = rows.groups[i];
            __m256i            part[n][n_vectors];
#pragma GCC unroll 4
            for (int s = 0; s < steps_of_group; ++s) {
                if constexpr (prefetches) {
                    prefetch_weights(product, column, 4 * (steps_of_group * i + s), n_columns);
                }
                const uint8_t * from      = panel + 4 * n_columns * static_cast<int64_t>(group.steps[s]);
                const __m256i   weights[] = { _mm256_load_si256(reinterpret_cast<const __m256i *>(from)),
                                              _mm256_load_si256(reinterpret_cast<const __m256i *>(from + 32)) };
#pragma GCC unroll 8
                for (int r = 0; r < n; ++r) {
                    const __m256i four = _mm256_set1_epi32(group.numbers[s][r]);
#pragma GCC unroll 2
                    for (int v = 0; v < n_vectors; ++v) {
                        const __m256i pairs = _mm256_maddubs_epi16(weights[v], four);
                        part[r][v]          = s == 0 ? pairs : _mm256_add_epi16(part[r][v], pairs);
                        asm("" : "+x"(part[r][v])); // GCC would otherwise move the sums to the memory and back
                    }
                }
            }
#pragma GCC unroll 8
            for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
                for (int v = 0; v < n_vectors; ++v) {
                    sum[r][v] = _mm256_add_epi32(sum[r][v], _mm256_madd_epi16(part[r][v], _mm256_set1_epi16(1)));
                }
            }
        }
        alignas(32) int32_t sums[n * n_columns];
#pragma GCC unroll 8
        for (int r = 0; r < n; ++r) {
#pragma GCC unroll 2
            for (int v = 0; v < n_vectors; ++v) {
                _mm256_store_si256(reinterpret_cast<__m256i *>(sums + r * n_columns + n_group * v), sum[r][v]);
            }
        }
        write_result<avx2_vectors>(product, product.first_row + row, n, column, n_used, sums, n_columns);
    }
};

} // namespace

void multiply_bytes_avx2(const byte_product & product, int64_t first, int64_t last) {
    // Groups for a block of rows, which stays in the second cache of the core, and those of one tile more.
    constexpr int64_t n_groups_enough = 1600, n_tiles_max = 100;
    step_group        groups[n_groups_enough + groups_max(depth_max)];
    grouped_rows      tiles[n_tiles_max];
    for (int64_t row = 0; row < product.n_rows;) {
        grouped_product part{ product, tiles, row };
        int64_t         n_groups = 0;
        int64_t         n_tiles  = 0;
        part.n_rows              = 0;
        while (row < product.n_rows && n_groups < n_groups_enough && n_tiles < n_tiles_max) {
            const int64_t n = product.n_rows - row < tile::n_rows ? product.n_rows - row : tile::n_rows;
            tiles[n_tiles] =
                group_maker::of(product.activations + row * product.depth, n, product.depth, groups + n_groups);
            n_groups += tiles[n_tiles++].n_groups;
            part.n_rows += n;
            row += n;
        }
        byte_product_of<tile>::multiply(part, first, last);
    }
}

float quantize_avx2(const float * from, int64_t n, uint8_t * to) {
    return quantize<avx2_vectors>(from, n, to);
}

} // namespace asr

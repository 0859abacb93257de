// q8_product.hpp: the product of two matrices of ggml's type q8_0, whose rows consist of blocks of 32 numbers of 8 bits with a
// common scale. ggml's own product reads both matrices as they are, one pair of rows at a time. This product first copies a
// part of each matrix to an order in which one instruction multiplies the numbers of many rows (as in "Anatomy of
// High-Performance Matrix Multiplication", Goto and van de Geijn, 2008). The copies stay in the caches of the core.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace asr {

// A matrix of q8_0. Row i starts at blocks + i * stride.
struct q8_matrix {
    const block_q8_0 * blocks;
    int64_t            stride;
    int64_t            n_rows;
};

// The same block of `n` rows: values[i][r] are the numbers 4 * i to 4 * i + 3 of row r.
template <int n> struct alignas(64) q8_panel_block {
    int8_t  values[8][n][4];
    float   scales[n];
    int32_t offsets[n]; // Tile::offset_of the numbers of each row, only of activations
};

// Computes out[c][r] = the product of row r of `weights` and row c of `activations`, rows of `n_blocks` blocks.
// A Tile has:
//   n_rows, n_columns   rows of the weights and of the activations that it multiplies at the same time
//   n_activations_min   with fewer rows of activations, the copies take longer than they save
//   weight_mask         is XORed with each number of the weights
//   offset_of(qs)       what the tile adds to each product with these 32 activations
//   multiply(const q8_panel_block<n_rows> *, const q8_panel_block<n_columns> *, int64_t n_blocks, float out[n_columns][n_rows])
template <typename Tile> class q8_product {
  public:
    // Computes out[c * out_stride + r] for the weights' rows from `first` to before `last`, which are divided among threads.
    static void multiply(const q8_matrix & weights, const q8_matrix & activations, int64_t n_blocks, int64_t first,
                         int64_t last, float * out, int64_t out_stride) {
        thread_local std::vector<row_block>    rows;
        thread_local std::vector<column_block> columns;
        const int64_t                          n_groups_max =
            std::max<int64_t>(1, bytes_of_columns / (n_blocks * static_cast<int64_t>(sizeof(column_block))));
        for (int64_t column = 0; column < activations.n_rows; column += n_groups_max * Tile::n_columns) {
            const int64_t n_columns = std::min(n_groups_max * Tile::n_columns, activations.n_rows - column);
            const int64_t n_groups  = (n_columns + Tile::n_columns - 1) / Tile::n_columns;
            columns.resize(static_cast<size_t>(n_groups * n_blocks));
            for (int64_t group = 0; group < n_groups; ++group) {
                pack_activations(activations, column + group * Tile::n_columns, n_blocks,
                                 &columns[static_cast<size_t>(group * n_blocks)]);
            }
            rows.resize(static_cast<size_t>(n_blocks));
            for (int64_t row = first; row < last; row += Tile::n_rows) {
                pack_weights(weights, row, n_blocks, rows.data());
                for (int64_t group = 0; group < n_groups; ++group) {
                    alignas(64) float tile[Tile::n_columns][Tile::n_rows];
                    Tile::multiply(rows.data(), &columns[static_cast<size_t>(group * n_blocks)], n_blocks, tile);
                    const int64_t column_of_tile = column + group * Tile::n_columns;
                    const int64_t n_rows         = std::min<int64_t>(Tile::n_rows, last - row);
                    for (int64_t c = 0; c < std::min<int64_t>(Tile::n_columns, activations.n_rows - column_of_tile); ++c) {
                        std::memcpy(out + (column_of_tile + c) * out_stride + row, tile[c], n_rows * sizeof(float));
                    }
                }
            }
        }
    }

  private:
    using row_block    = q8_panel_block<Tile::n_rows>;
    using column_block = q8_panel_block<Tile::n_columns>;

    // The packed activations stay in the second cache of the core, beside the packed weights.
    static constexpr int64_t bytes_of_columns = 256 * 1024;

    // Copies rows from row `first` to a panel. The rows after the end of the matrix are 0.
    static void pack_weights(const q8_matrix & weights, int64_t first, int64_t n_blocks, row_block * panel) {
        static const block_q8_0 zeros = {};
        for (int r = 0; r < Tile::n_rows; r += 8) {
            const block_q8_0 * from[8];
            int64_t            step[8];
            for (int i = 0; i < 8; ++i) {
                const bool is_present = first + r + i < weights.n_rows;
                from[i] = is_present ? weights.blocks + (first + r + i) * weights.stride : &zeros;
                step[i] = is_present ? 1 : 0;
            }
            for (int64_t l = 0; l < n_blocks; ++l) {
                pack_eight(from, panel[l], r);
                for (int i = 0; i < 8; ++i) {
                    from[i] += step[i];
                }
            }
        }
    }

    // Copies one block of eight rows to rows r to r + 7 of a panel: transposes 8 x 8 groups of four numbers.
    static void pack_eight(const block_q8_0 * const * from, row_block & to, int r) {
        const __m256i mask = _mm256_set1_epi8(static_cast<char>(Tile::weight_mask));
        __m256i       rows[8], pairs[8];
        for (int i = 0; i < 8; ++i) {
            rows[i] = _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from[i]->qs)), mask);
        }
        for (int i = 0; i < 8; i += 2) {
            pairs[i]     = _mm256_unpacklo_epi32(rows[i], rows[i + 1]);
            pairs[i + 1] = _mm256_unpackhi_epi32(rows[i], rows[i + 1]);
        }
        for (int i = 0; i < 8; i += 4) {
            rows[i]     = _mm256_unpacklo_epi64(pairs[i], pairs[i + 2]);
            rows[i + 1] = _mm256_unpackhi_epi64(pairs[i], pairs[i + 2]);
            rows[i + 2] = _mm256_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
            rows[i + 3] = _mm256_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
        }
        for (int i = 0; i < 4; ++i) {
            store(to.values[i][r], _mm256_permute2x128_si256(rows[i], rows[i + 4], 0x20));
            store(to.values[i + 4][r], _mm256_permute2x128_si256(rows[i], rows[i + 4], 0x31));
        }
        const __m128i scales = _mm_setr_epi16(from[0]->d, from[1]->d, from[2]->d, from[3]->d, from[4]->d, from[5]->d,
                                              from[6]->d, from[7]->d);
        _mm256_store_ps(to.scales + r, _mm256_cvtph_ps(scales));
    }

    static void store(void * to, __m256i values) { _mm256_store_si256(static_cast<__m256i *>(to), values); }

    static void pack_activations(const q8_matrix & activations, int64_t first, int64_t n_blocks, column_block * panel) {
        const int n_present = static_cast<int>(std::min<int64_t>(Tile::n_columns, activations.n_rows - first));
        for (int64_t l = 0; l < n_blocks; ++l) {
            column_block & to = panel[l];
            if (n_present < Tile::n_columns) {
                to = {};
            }
            for (int c = 0; c < n_present; ++c) {
                const block_q8_0 & from = activations.blocks[(first + c) * activations.stride + l];
                for (int i = 0; i < 8; ++i) {
                    std::memcpy(to.values[i][c], from.qs + 4 * i, 4);
                }
                to.scales[c]  = _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(from.d)));
                to.offsets[c] = Tile::offset_of(from.qs);
            }
        }
    }
};

} // namespace asr

// bytes_amx.cpp: products of matrices of 8-bit numbers with AMX. Its registers are tiles of 16 rows of 64 bytes. An instruction
// multiplies a tile whose rows are rows of a matrix, and a tile that holds numbers of 16 rows of the other matrix in the order of a
// panel (byte_product.hpp). It adds the 256 sums of 64 products to a third tile.

#include "byte_result.hpp"
#include "tile_shapes.hpp"
#include "vectors_avx512.hpp"

namespace asr {

namespace {

constexpr int64_t tile_rows = 16;
constexpr int64_t pair_rows = 2 * tile_rows; // rows of each matrix that are multiplied at the same time

static_assert(pair_rows == columns_step);

// Rows of a matrix as they are in the memory, and the step between them in bytes.
struct rows_of_bytes {
    const void * first;
    int64_t      step;
};

// Returns `pair_rows` rows from `first` of a matrix whose rows have `depth` bytes. If the matrix has fewer, returns a copy in
// `buffer`, in which the first row replaces missing rows.
rows_of_bytes pair_from(const void * matrix, int64_t first, int64_t n_rows, int64_t depth, uint8_t * buffer) {
    const auto * from = static_cast<const uint8_t *>(matrix) + first * depth;
    if (n_rows - first >= pair_rows) {
        return { from, depth };
    }
    for (int64_t i = 0; i < pair_rows; ++i) {
        memcpy(buffer + i * depth, from + (i < n_rows - first ? i * depth : 0), static_cast<size_t>(depth));
    }
    return { buffer, depth };
}

// Copies `pair_rows` rows to panel[depth / 4][pair_rows][4].
void pack_pair(const rows_of_bytes & from, int64_t depth, uint8_t * panel) {
    for (int64_t first = 0; first < pair_rows; first += tile_rows) {
        const void * rows[tile_rows];
        for (int64_t i = 0; i < tile_rows; ++i) {
            rows[i] = static_cast<const uint8_t *>(from.first) + (first + i) * from.step;
        }
        for (int64_t i = 0; i < depth; i += depth_step) {
            transpose_16(rows, i, panel + i * pair_rows + 4 * first, 4 * pair_rows);
        }
    }
}

// Requests the weights of the next pair while the weights of a pair are multiplied with all activations. When all are requested at
// the beginning, the memory waits later.
class next_weights {
  public:
    next_weights(const byte_product & product, int64_t column)
        : next_(product.weights + (column + pair_rows) * product.depth),
          lines_of_step_(1 + (pair_rows - 1) * pair_rows / (product.n_rows < pair_rows ? pair_rows : product.n_rows)) {}

    // Call this in each step of `depth_step` for each pair of rows of the activations.
    void request() {
        for (int64_t i = 0; i < lines_of_step_; ++i, next_ += 64) {
            _mm_prefetch(reinterpret_cast<const char *>(next_), _MM_HINT_T1);
        }
    }

  private:
    const int8_t * next_;
    const int64_t  lines_of_step_;
};

// The tiles 0 to 3 are the sums [2][2] of 16 rows of the first and 16 rows of the second matrix.

void start_sums(const int32_t * of_columns) {
    _tile_loadd(0, of_columns, 0);
    _tile_loadd(1, of_columns + tile_rows, 0);
    _tile_loadd(2, of_columns, 0);
    _tile_loadd(3, of_columns + tile_rows, 0);
}

// Writes the sums to to[pair_rows][pair_rows].
void write_sums(int32_t * to) {
    constexpr int64_t step = pair_rows * static_cast<int64_t>(sizeof(int32_t));
    _tile_stored(0, to, step);
    _tile_stored(1, to + tile_rows, step);
    _tile_stored(2, to + tile_rows * pair_rows, step);
    _tile_stored(3, to + tile_rows * pair_rows + tile_rows, step);
}

int64_t at_most_a_pair(int64_t n) {
    return n < pair_rows ? n : pair_rows;
}

// --- many rows of activations: panels of weights, as in byte_product_of ---

void multiply_many(const byte_product & product, int64_t first, int64_t last) {
    alignas(64) uint8_t panel[pair_rows * depth_max];
    alignas(64) uint8_t copied[pair_rows * depth_max];
    alignas(64) int32_t offsets[pair_rows];
    alignas(64) int32_t sums[pair_rows * pair_rows];
    const int64_t       depth = product.depth;
    for (int64_t column = first; column < last; column += pair_rows) {
        const int64_t n_used = at_most_a_pair(last - column);
        next_weights  next(product, column);
        pack_pair(pair_from(product.weights, column, last, depth, copied), depth, panel);
        for (int64_t i = 0; i < pair_rows; i += tile_rows) {
            avx512_vectors::write(offsets + i, avx512_vectors::read_first(n_used - i, product.offsets + column + i));
        }
        for (int64_t row = 0; row < product.n_rows; row += pair_rows) {
            const rows_of_bytes from  = pair_from(product.activations, row, product.n_rows, depth, copied);
            const auto *        upper = static_cast<const uint8_t *>(from.first);
            const auto *        lower = upper + tile_rows * depth;
            finish_writes();
            start_sums(offsets);
            for (int64_t i = 0; i < depth; i += depth_step) {
                next.request();
                const uint8_t * weights = panel + i * pair_rows;
                _tile_loadd(4, upper + i, from.step);
                _tile_loadd(6, weights, 4 * pair_rows);
                _tile_loadd(7, weights + 4 * tile_rows, 4 * pair_rows);
                _tile_loadd(5, lower + i, from.step);
                _tile_dpbusd(0, 4, 6);
                _tile_dpbusd(1, 4, 7);
                _tile_dpbusd(2, 5, 6);
                _tile_dpbusd(3, 5, 7);
            }
            write_sums(sums);
            write_result<avx512_vectors>(product, row, at_most_a_pair(product.n_rows - row), column, n_used, sums,
                                         pair_rows);
        }
    }
}

// --- few rows of activations: these are copied to panels, and the weights are read as they are ---

constexpr int64_t few_rows      = 128;
constexpr int64_t few_rows_size = 64 * depth_max; // bytes of the panels

// Makes sums[16 rows][16 columns] from square[16 columns][16 rows]. Both have rows of `pair_rows` numbers.
void turn_square(const int32_t * square, const int32_t * offsets, int64_t n_columns, int32_t * sums) {
    alignas(64) int32_t turned[tile_rows * tile_rows];
    const void *        rows[tile_rows];
    for (int64_t i = 0; i < tile_rows; ++i) {
        rows[i] = square + i * pair_rows;
    }
    transpose_16(rows, 0, turned, tile_rows * static_cast<int64_t>(sizeof(int32_t)));
    const auto start = avx512_vectors::read_first(n_columns, offsets);
    for (int64_t i = 0; i < tile_rows; ++i) {
        avx512_vectors::write(sums + i * pair_rows, start + avx512_vectors::read(turned + i * tile_rows));
    }
}

void multiply_few(const byte_product & product, int64_t first, int64_t last) {
    alignas(64) uint8_t panels[few_rows_size];
    alignas(64) uint8_t copied[pair_rows * depth_max];
    alignas(64) int32_t turned[pair_rows * pair_rows];
    alignas(64) int32_t sums[pair_rows * pair_rows];
    const int64_t       depth = product.depth;
    for (int64_t row = 0; row < product.n_rows; row += pair_rows) {
        pack_pair(pair_from(product.activations, row, product.n_rows, depth, copied), depth, panels + row * depth);
    }
    for (int64_t column = first; column < last; column += pair_rows) {
        const int64_t       n_used = at_most_a_pair(last - column);
        next_weights        next(product, column);
        const rows_of_bytes weights = pair_from(product.weights, column, last, depth, copied);
        const auto *        upper   = static_cast<const uint8_t *>(weights.first);
        const auto *        lower   = upper + tile_rows * depth;
        for (int64_t row = 0; row < product.n_rows; row += pair_rows) {
            finish_writes();
            _tile_zero(0);
            _tile_zero(1);
            _tile_zero(2);
            _tile_zero(3);
            for (int64_t i = 0; i < depth; i += depth_step) {
                next.request();
                const uint8_t * activations = panels + row * depth + i * pair_rows;
                _tile_loadd(4, upper + i, weights.step);
                _tile_loadd(5, lower + i, weights.step);
                _tile_loadd(6, activations, 4 * pair_rows);
                _tile_dpbsud(0, 4, 6);
                _tile_dpbsud(2, 5, 6);
                if (product.n_rows - row > tile_rows) {
                    _tile_loadd(7, activations + 4 * tile_rows, 4 * pair_rows);
                    _tile_dpbsud(1, 4, 7);
                    _tile_dpbsud(3, 5, 7);
                }
            }
            write_sums(turned);
            for (int64_t c = 0; c < n_used; c += tile_rows) {
                for (int64_t r = 0; r < at_most_a_pair(product.n_rows - row); r += tile_rows) {
                    turn_square(turned + c * pair_rows + r, product.offsets + column + c, n_used - c,
                                sums + r * pair_rows + c);
                }
            }
            write_result<avx512_vectors>(product, row, at_most_a_pair(product.n_rows - row), column, n_used, sums,
                                         pair_rows);
        }
    }
}

} // namespace

void multiply_bytes_amx(const byte_product & product, int64_t first, int64_t last) {
    const int64_t n_padded = (product.n_rows + pair_rows - 1) / pair_rows * pair_rows;
    start_tiles();
    if (n_padded <= few_rows && n_padded * product.depth <= few_rows_size) {
        multiply_few(product, first, last);
    } else {
        multiply_many(product, first, last);
    }
    _tile_release();
}

} // namespace asr

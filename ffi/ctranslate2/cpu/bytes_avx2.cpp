// bytes_avx2.cpp: products of matrices of 8-bit numbers with AVX2. Its instruction multiplies unsigned numbers and signed
// numbers, and limits the sum of two products to 16 bits, which 2 * 255 * 127 exceeds. So it gets the absolute values of the
// weights, and the activations minus 128 with the signs of the weights: the sum of two products is at most 2 * 127 * 127.

#include "byte_tile_of_eight.hpp"

namespace asr {

namespace {

struct instructions {
    static constexpr int n_groups = 1;
    static constexpr int n_rows   = 6;

    struct weights {
        __m256i values;
        __m256i sizes;
    };

    static weights read(__m256i values) { return { values, _mm256_abs_epi8(values) }; }

    static __m256i add(__m256i sum, const weights & of, __m256i activations) {
        const __m256i factors = _mm256_sign_epi8(activations, of.values);
        return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(of.sizes, factors), _mm256_set1_epi16(1)));
    }
};

} // namespace

void multiply_bytes_avx2(const byte_product & product, int64_t first, int64_t last) {
    // Activations from -127 to 127, for a block of rows that stays in the second cache of the core.
    constexpr int64_t   n_bytes_max = 128 * 1024;
    alignas(64) uint8_t shifted[n_bytes_max];
    const int64_t       n_rows_max = n_bytes_max / product.depth;
    for (int64_t row = 0; row < product.n_rows; row += n_rows_max) {
        byte_product part = product;
        part.n_rows       = product.n_rows - row < n_rows_max ? product.n_rows - row : n_rows_max;
        part.out += row * product.out_stride;
        part.activations = shifted;
        part.offsets     = nullptr;
        for (int64_t i = 0; i < part.n_rows * product.depth; ++i) {
            shifted[i] = product.activations[row * product.depth + i] ^ 0x80;
        }
        byte_product_of<byte_tile_of_eight<instructions>>::multiply(part, first, last);
    }
}

} // namespace asr

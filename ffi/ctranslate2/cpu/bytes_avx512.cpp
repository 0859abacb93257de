// bytes_avx512.cpp: products of matrices of 8-bit numbers with AVX-512 VNNI.

#include "mask.hpp"
#include "transpose.hpp"
#include "vnni_tile.hpp"

namespace asr {

namespace {

struct byte_vectors {
    static constexpr int width = 16;

    using integers = __m512i;

    static constexpr auto transpose = transpose_16;

    static integers load(const uint8_t * from) { return _mm512_load_si512(from); }

    static integers load_first(int64_t n, const int32_t * from) {
        return _mm512_maskz_loadu_epi32(first_of_16(n), from);
    }

    static void store_first(int64_t n, int32_t * to, integers numbers) {
        _mm512_mask_storeu_epi32(to, first_of_16(n), numbers);
    }

    static integers repeat(__m128i four) { return _mm512_broadcastd_epi32(four); }

    static integers add_products(integers sum, integers four, integers weights) {
        return _mm512_dpbusd_epi32(sum, four, weights);
    }
};

} // namespace

void multiply_bytes_avx512(const byte_product & product, int64_t first, int64_t last) {
    using narrow = vnni_tile<byte_vectors, 1>;
    if (product.n_rows <= narrow::n_rows) {
        // The memory limits this product, and smaller panels keep the memory busy.
        byte_product_of<narrow>::multiply(product, first, last);
    } else {
        byte_product_of<vnni_tile<byte_vectors, 2>>::multiply(product, first, last);
    }
}

} // namespace asr

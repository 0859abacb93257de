// bytes_avx512.cpp: products of matrices of 8-bit numbers with AVX-512 VNNI.

#include "vectors_avx512.hpp"
#include "vnni_tile.hpp"

namespace asr {

namespace {

struct byte_vectors : avx512_vectors {
    static __m512i read_weights(const uint8_t * from) { return _mm512_load_si512(from); }

    static __m512i repeat(__m128i four) { return _mm512_broadcastd_epi32(four); }

    static integers add_products(integers sum, __m512i four, __m512i weights) {
        return reinterpret_cast<integers>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), four, weights));
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

float quantize_avx512(const float * from, int64_t n, uint8_t * to) {
    return quantize<avx512_vectors>(from, n, to);
}

} // namespace asr

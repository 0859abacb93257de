// bytes_avx_vnni.cpp: products of matrices of 8-bit numbers with AVX-VNNI, for CPUs without AVX-512.

#include "vectors_avx2.hpp"
#include "vnni_tile.hpp"

namespace asr {

namespace {

struct byte_vectors : avx2_vectors {
    static __m256i read_weights(const uint8_t * from) {
        return _mm256_load_si256(reinterpret_cast<const __m256i *>(from));
    }

    static __m256i repeat(__m128i four) { return _mm256_broadcastd_epi32(four); }

    static integers add_products(integers sum, __m256i four, __m256i weights) {
        return reinterpret_cast<integers>(_mm256_dpbusd_avx_epi32(reinterpret_cast<__m256i>(sum), four, weights));
    }
};

} // namespace

void multiply_bytes_avx_vnni(const byte_product & product, int64_t first, int64_t last) {
    byte_product_of<vnni_tile<byte_vectors, 2>>::multiply(product, first, last);
}

} // namespace asr

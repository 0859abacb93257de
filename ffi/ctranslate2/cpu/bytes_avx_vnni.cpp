// bytes_avx_vnni.cpp: products of matrices of 8-bit numbers with AVX-VNNI, for CPUs without AVX-512.

#include "mask.hpp"
#include "transpose.hpp"
#include "vnni_tile.hpp"

namespace asr {

namespace {

struct byte_vectors {
    static constexpr int width = 8;

    using integers = __m256i;

    static constexpr auto transpose = transpose_8<>;

    static integers load(const uint8_t * from) { return _mm256_load_si256(reinterpret_cast<const integers *>(from)); }

    static integers load_first(int64_t n, const int32_t * from) { return _mm256_maskload_epi32(from, first_of_8(n)); }

    static void store_first(int64_t n, int32_t * to, integers numbers) {
        _mm256_maskstore_epi32(to, first_of_8(n), numbers);
    }

    static integers repeat(__m128i four) { return _mm256_broadcastd_epi32(four); }

    static integers add_products(integers sum, integers four, integers weights) {
        return _mm256_dpbusd_avx_epi32(sum, four, weights);
    }
};

} // namespace

void multiply_bytes_avx_vnni(const byte_product & product, int64_t first, int64_t last) {
    byte_product_of<vnni_tile<byte_vectors, 2>>::multiply(product, first, last);
}

} // namespace asr

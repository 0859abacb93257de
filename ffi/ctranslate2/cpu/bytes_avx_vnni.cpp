// bytes_avx_vnni.cpp: products of matrices of 8-bit numbers with AVX-VNNI, for CPUs without AVX-512.

#include "byte_tile_of_eight.hpp"

namespace asr {

namespace {

struct instructions {
    static constexpr int n_groups = 2;
    static constexpr int n_rows   = 6;

    using weights = __m256i;

    static __m256i read(__m256i values) { return values; }

    static __m256i add(__m256i sum, __m256i values, __m256i activations) {
        return _mm256_dpbusd_avx_epi32(sum, activations, values);
    }
};

} // namespace

void multiply_bytes_avx_vnni(const byte_product & product, int64_t first, int64_t last) {
    byte_product_of<byte_tile_of_eight<instructions>>::multiply(product, first, last);
}

} // namespace asr

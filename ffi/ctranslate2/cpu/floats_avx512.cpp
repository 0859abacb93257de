// floats_avx512.cpp: products of matrices with few rows, in 32-bit floats with AVX-512.

#include "float_product.hpp"
#include "vectors_avx512.hpp"

namespace asr {

void multiply_floats_avx512(const float_product & product) {
    float_product_of<vectors_avx512>::multiply(product);
}

void multiply_by_transposed_avx512(const float_product & product) {
    float_product_of<vectors_avx512>::multiply_by_transposed(product);
}

} // namespace asr

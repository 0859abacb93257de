// floats_avx2.cpp: products of matrices with few rows, in 32-bit floats with AVX2.

#include "float_product.hpp"
#include "vectors_avx2.hpp"

namespace asr {

void multiply_floats_avx2(const float_product & product) {
    float_product_of<vectors_avx2>::multiply(product);
}

void multiply_by_transposed_avx2(const float_product & product) {
    float_product_of<vectors_avx2>::multiply_by_transposed(product);
}

} // namespace asr

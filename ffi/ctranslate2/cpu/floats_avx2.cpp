// floats_avx2.cpp: products of matrices with few rows, and the attention of an encoder, in 32-bit floats with AVX2.

#include "attention.hpp"
#include "float_product.hpp"
#include "transpose.hpp"

namespace asr {

namespace {

struct vectors {
    static constexpr int width     = 8;
    static constexpr int n_vectors = 2;

    typedef float   floats __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(32), aligned(4)));

    static constexpr auto transpose = transpose_8<>;
};

} // namespace

void multiply_floats_avx2(const float_product & product) {
    float_product_of<vectors>::multiply(product);
}

void multiply_by_transposed_avx2(const float_product & product) {
    float_product_of<vectors>::multiply_by_transposed(product);
}

void attend_avx2(const attention_head & head, float * scratch) {
    attention<vectors>::compute(head, scratch);
}

} // namespace asr

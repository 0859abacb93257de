// floats_avx2.cpp: the attention in 32-bit floats with AVX2.

#include "attention.hpp"
#include "vectors_avx2.hpp"

namespace asr {

cache_functions<half> half_cache_avx2() {
    return attention<avx2_vectors>::functions_for_cache<half>();
}

cache_functions<float> float_cache_avx2() {
    return attention<avx2_vectors>::functions_for_cache<float>();
}

void attend_avx2(const attention_head & head, float * scratch) {
    attention<avx2_vectors>::compute(head, scratch);
}

} // namespace asr

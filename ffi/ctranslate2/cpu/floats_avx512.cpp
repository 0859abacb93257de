// floats_avx512.cpp: the attention in 32-bit floats with AVX-512.

#include "attention.hpp"
#include "vectors_avx512.hpp"

namespace asr {

cache_functions<half> half_cache_avx512() {
    return attention<avx512_vectors>::functions_for_cache<half>();
}

cache_functions<float> float_cache_avx512() {
    return attention<avx512_vectors>::functions_for_cache<float>();
}

void attend_avx512(const attention_head & head, float * scratch) {
    attention<avx512_vectors>::compute(head, scratch);
}

} // namespace asr

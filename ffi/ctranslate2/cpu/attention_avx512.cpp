// attention_avx512.cpp: the attention of an encoder with AVX-512.

#include "attention.hpp"
#include "vectors_avx512.hpp"

namespace asr {

void attend_avx512(const attention_head & head, float * scratch) {
    attention<vectors_avx512>::compute(head, scratch);
}

} // namespace asr

// attention_avx2.cpp: the attention of an encoder with AVX2.

#include "attention.hpp"
#include "vectors_avx2.hpp"

namespace asr {

void attend_avx2(const attention_head & head, float * scratch) {
    attention<vectors_avx2>::compute(head, scratch);
}

} // namespace asr

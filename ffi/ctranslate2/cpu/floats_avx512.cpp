// floats_avx512.cpp: the attention in 32-bit floats with AVX-512.

#include "attention.hpp"
#include "transpose.hpp"

namespace asr {

namespace {

struct vectors {
    static constexpr int width     = 16;
    static constexpr int n_vectors = 4;

    typedef float   floats __attribute__((vector_size(64), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(64), aligned(4)));

    static constexpr auto transpose = transpose_16;

    static floats read(const float * from) { return *reinterpret_cast<const floats *>(from); }

    static floats read(const half * from) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
    }

    static void write(float * to, floats from) { *reinterpret_cast<floats *>(to) = from; }

    static void write(half * to, floats from) {
        const __m512 limited = _mm512_max_ps(_mm512_min_ps(from, _mm512_set1_ps(half_max)), _mm512_set1_ps(-half_max));
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), _mm512_cvtps_ph(limited, _MM_FROUND_TO_NEAREST_INT));
    }

    static float sum(floats of) { return _mm512_reduce_add_ps(of); }
};

template <typename Number>
cache_functions<Number> make_cache_functions() {
    using of = attention<vectors>;
    return { of::store<Number>, of::attend_to_stored<Number>, of::attend_to_slots<Number>, of::copy<Number> };
}

} // namespace

cache_functions<half> half_cache_avx512() {
    return make_cache_functions<half>();
}

cache_functions<float> float_cache_avx512() {
    return make_cache_functions<float>();
}

void attend_avx512(const attention_head & head, float * scratch) {
    attention<vectors>::compute(head, scratch);
}

} // namespace asr

// floats_avx2.cpp: the attention in 32-bit floats with AVX2.

#include "attention.hpp"
#include "transpose.hpp"

namespace asr {

namespace {

struct vectors {
    static constexpr int width     = 8;
    static constexpr int n_vectors = 2;

    typedef float   floats __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(32), aligned(4)));

    static constexpr auto transpose = transpose_8<>;

    static floats read(const float * from) { return *reinterpret_cast<const floats *>(from); }

    static floats read(const half * from) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
    }

    static void write(float * to, floats from) { *reinterpret_cast<floats *>(to) = from; }

    static void write(half * to, floats from) {
        const __m256 limited = _mm256_max_ps(_mm256_min_ps(from, _mm256_set1_ps(half_max)), _mm256_set1_ps(-half_max));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm256_cvtps_ph(limited, _MM_FROUND_TO_NEAREST_INT));
    }

    static float sum(floats of) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(of), _mm256_extractf128_ps(of, 1));
        const __m128 two  = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }
};

template <typename Number>
cache_functions<Number> make_cache_functions() {
    using of = attention<vectors>;
    return { of::store<Number>, of::attend_to_stored<Number>, of::attend_to_slots<Number>, of::copy<Number> };
}

} // namespace

cache_functions<half> half_cache_avx2() {
    return make_cache_functions<half>();
}

cache_functions<float> float_cache_avx2() {
    return make_cache_functions<float>();
}

void attend_avx2(const attention_head & head, float * scratch) {
    attention<vectors>::compute(head, scratch);
}

} // namespace asr

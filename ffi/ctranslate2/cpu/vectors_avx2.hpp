// vectors_avx2.hpp: vectors of 8 numbers, for the templates of this folder. Files that include this file must follow the rules of
// float_tile.hpp.
#pragma once

#include "float_tile.hpp"
#include "transpose.hpp"

namespace asr {

// Each file that includes this one gets its own functions, because each is compiled for other instructions.
namespace {

struct avx2_vectors {
    static constexpr int width     = 8;
    static constexpr int n_vectors = 2;

    typedef float   floats __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(32), aligned(4), may_alias));

    static constexpr auto transpose = transpose_8<>;

    static floats read(const float * from) { return *reinterpret_cast<const floats *>(from); }

    static floats read(const half * from) {
        return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
    }

    static integers read(const int32_t * from) { return *reinterpret_cast<const integers *>(from); }

    static floats read_first(int64_t n, const float * from) { return _mm256_maskload_ps(from, first_numbers(n)); }

    static integers read_first(int64_t n, const int32_t * from) {
        return reinterpret_cast<integers>(_mm256_maskload_epi32(from, first_numbers(n)));
    }

    static void write(float * to, floats from) { *reinterpret_cast<floats *>(to) = from; }

    static void write(half * to, floats from) {
        const __m256 limited = _mm256_max_ps(_mm256_min_ps(from, _mm256_set1_ps(half_max)), _mm256_set1_ps(-half_max));
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm256_cvtps_ph(limited, _MM_FROUND_TO_NEAREST_INT));
    }

    static void write(int32_t * to, integers from) { *reinterpret_cast<integers *>(to) = from; }

    static void write(uint8_t * to, floats from) {
        const __m256i whole = _mm256_cvtps_epi32(from);
        const __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
        _mm_storel_epi64(reinterpret_cast<__m128i *>(to), _mm_packus_epi16(words, words));
    }

    static void write_first(int64_t n, float * to, floats from) { _mm256_maskstore_ps(to, first_numbers(n), from); }

    static void write_first(int64_t n, int32_t * to, integers from) {
        _mm256_maskstore_epi32(to, first_numbers(n), reinterpret_cast<__m256i>(from));
    }

    static floats absolute(floats of) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), of); }

    static float sum(floats of) {
        const __m128 four = _mm_add_ps(_mm256_castps256_ps128(of), _mm256_extractf128_ps(of, 1));
        const __m128 two  = _mm_add_ps(four, _mm_movehl_ps(four, four));
        return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
    }

  private:
    static __m256i first_numbers(int64_t n) {
        const auto limit = static_cast<int32_t>(n > width ? width : n);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
};

} // namespace

} // namespace asr

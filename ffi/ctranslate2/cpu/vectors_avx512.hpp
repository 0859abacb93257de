// vectors_avx512.hpp: vectors of 16 numbers, for the templates of this folder. Files that include this file must follow the rules of
// float_tile.hpp.
#pragma once

#include "float_tile.hpp"
#include "transpose.hpp"

namespace asr {

// Each file that includes this one gets its own functions, because each is compiled for other instructions.
namespace {

struct avx512_vectors {
    static constexpr int width     = 16;
    static constexpr int n_vectors = 4;

    typedef float   floats __attribute__((vector_size(64), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(64), aligned(4), may_alias));

    static constexpr auto transpose = transpose_16;

    static floats read(const float * from) { return *reinterpret_cast<const floats *>(from); }

    static floats read(const half * from) {
        return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(from)));
    }

    static integers read(const int32_t * from) { return *reinterpret_cast<const integers *>(from); }

    static floats read_first(int64_t n, const float * from) { return _mm512_maskz_loadu_ps(first_numbers(n), from); }

    static integers read_first(int64_t n, const int32_t * from) {
        return reinterpret_cast<integers>(_mm512_maskz_loadu_epi32(first_numbers(n), from));
    }

    static void write(float * to, floats from) { *reinterpret_cast<floats *>(to) = from; }

    static void write(half * to, floats from) {
        const __m512 limited = _mm512_max_ps(_mm512_min_ps(from, _mm512_set1_ps(half_max)), _mm512_set1_ps(-half_max));
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(to), _mm512_cvtps_ph(limited, _MM_FROUND_TO_NEAREST_INT));
    }

    static void write(int32_t * to, integers from) { *reinterpret_cast<integers *>(to) = from; }

    static void write(uint8_t * to, floats from) {
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to), _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(from)));
    }

    static void write_first(int64_t n, float * to, floats from) { _mm512_mask_storeu_ps(to, first_numbers(n), from); }

    static void write_first(int64_t n, int32_t * to, integers from) {
        _mm512_mask_storeu_epi32(to, first_numbers(n), reinterpret_cast<__m512i>(from));
    }

    static floats absolute(floats of) { return _mm512_abs_ps(of); }

    static float sum(floats of) { return _mm512_reduce_add_ps(of); }

  private:
    static __mmask16 first_numbers(int64_t n) {
        return static_cast<__mmask16>(n >= width ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
    }
};

} // namespace

} // namespace asr

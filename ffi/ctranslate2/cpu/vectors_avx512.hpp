// vectors_avx512.hpp: the vectors of AVX-512 for float_tile.hpp.
#pragma once

#include "transpose.hpp"

namespace asr {

struct vectors_avx512 {
    static constexpr int width     = 16;
    static constexpr int n_vectors = 4;

    typedef float   floats __attribute__((vector_size(64), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(64), aligned(4)));

    static constexpr auto transpose = transpose_16;
};

} // namespace asr

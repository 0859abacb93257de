// vectors_avx2.hpp: the vectors of AVX2 for float_tile.hpp.
#pragma once

#include "transpose.hpp"

namespace asr {

struct vectors_avx2 {
    static constexpr int width     = 8;
    static constexpr int n_vectors = 2;

    typedef float   floats __attribute__((vector_size(32), aligned(4), may_alias));
    typedef int32_t integers __attribute__((vector_size(32), aligned(4)));

    static constexpr auto transpose = transpose_8;
};

} // namespace asr

// divided_product.hpp: divides a product of bytes among threads.
#pragma once

#include "level.hpp"
#include "team.hpp"

namespace asr {

inline void multiply_with_threads(const byte_product & product) {
    const int64_t n_steps = (product.n_columns + columns_step - 1) / columns_step;
    divide_among_threads(n_steps, product.n_rows * product.n_columns * product.depth, [&](int64_t first, int64_t last) {
        functions_of_this_cpu().multiply_bytes(product, first * columns_step,
                                               std::min(product.n_columns, last * columns_step));
    });
}

} // namespace asr

// tile_shapes.hpp: sets the shapes of AMX's tiles. Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include <immintrin.h>
#include <stdint.h>

namespace asr {

// A constant, because GCC 12 does not know that the instruction reads all of it, and would leave out stores to a variable.
struct alignas(64) tile_shapes {
    uint8_t  palette       = 1;
    uint8_t  start_row     = 0;
    uint8_t  reserved[14]  = {};
    uint16_t row_bytes[16] = { 64, 64, 64, 64, 64, 64, 64, 64 };
    uint8_t  n_rows[16]    = { 16, 16, 16, 16, 16, 16, 16, 16 };
};

static_assert(sizeof(tile_shapes) == 64);

// Starts the use of the eight tiles in this thread. Each has 16 rows of 64 bytes. _tile_release() ends it.
inline __attribute__((always_inline)) void start_tiles() {
    static constexpr tile_shapes shapes;
    _tile_loadconfig(&shapes);
}

// Call this between writes to the memory and _tile_loadd(). GCC 12 does not know that _tile_loadd() reads the memory, and could leave
// out or delay the writes.
inline __attribute__((always_inline)) void finish_writes() {
    asm volatile("" ::: "memory");
}

} // namespace asr

// clear_buffer.hpp: sets a buffer to zero without memory for the parts of it that are never used.
#pragma once

#include "ggml-backend.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#endif

namespace asr {

// Does the same as ggml_backend_buffer_clear. On Linux, the whole pages of a buffer in normal memory go back to the
// system, which gives pages of zeros when the buffer is used again. whisper.cpp clears its caches before each decode, but a
// chunk needs only a part of them: a cache for five sequences of base has 18 MB, and the text of a chunk fills 4 MB.
inline void clear_buffer(ggml_backend_buffer_t buffer, uint8_t value) {
#if defined(__linux__)
    if (value == 0 && ggml_backend_buffer_is_host(buffer)) {
        const auto page  = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
        const auto begin = reinterpret_cast<uintptr_t>(ggml_backend_buffer_get_base(buffer));
        const auto end   = begin + ggml_backend_buffer_get_size(buffer);
        const auto first = (begin + page - 1) / page * page;
        const auto last  = end / page * page;
        // Linux refuses this for locked memory.
        if (first < last && madvise(reinterpret_cast<void *>(first), last - first, MADV_DONTNEED) == 0) {
            std::memset(reinterpret_cast<void *>(begin), 0, first - begin);
            std::memset(reinterpret_cast<void *>(last), 0, end - last);
            return;
        }
    }
#endif
    ggml_backend_buffer_clear(buffer, value);
}

} // namespace asr

// amx_permission.hpp: asks Linux for the use of AMX.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

namespace asr {

// Returns whether this CPU has AMX, and Linux lets this process use it. Linux must be asked, because it saves
// 8 KB of tiles for each thread that uses them. Call __builtin_cpu_init() first.
inline bool can_use_amx() {
    constexpr long request = 0x1023, tile_data = 18; // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("amx-bf16") &&
           __builtin_cpu_supports("avx512bf16") && syscall(SYS_arch_prctl, request, tile_data) == 0;
}

} // namespace asr

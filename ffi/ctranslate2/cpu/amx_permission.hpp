// amx_permission.hpp: asks Linux for the use of AMX.
#pragma once

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace asr {

// Returns whether this CPU has AMX, and Linux lets this process use it. Linux must be asked, because it saves
// 8 KB of tiles for each thread that uses them.
inline bool can_use_amx() {
    constexpr unsigned amx     = 1u << 22 | 1u << 24 | 1u << 25; // bits of EDX: bfloat16, tiles, 8 bits
    constexpr long     request = 0x1023, tile_data = 18;         // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned           eax = 0, ebx = 0, ecx = 0, edx = 0;
    return __builtin_cpu_supports("avx512bf16") && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 &&
           (edx & amx) == amx && syscall(SYS_arch_prctl, request, tile_data) == 0;
}

} // namespace asr

// level.hpp: finds the functions for the instructions of this CPU.
#pragma once

#include "amx_permission.hpp"
#include "attention.hpp"
#include "byte_product.hpp"

namespace asr {

// A function is NULL if this CPU lacks the instructions for it.
struct cpu_functions {
    byte_product_part      multiply_bytes = nullptr;
    quantize_function      quantize       = nullptr;
    attention_function     attend         = nullptr;
    attention_function     attend_roughly = nullptr; // may round its input to 8 bits, for models with weights of 8 bits
    cache_functions<half>  half_cache;
    cache_functions<float> float_cache;
};

inline cpu_functions find_functions() {
    __builtin_cpu_init();
    // Every CPU with AVX2 also has F16C, which converts halves.
    const bool has_avx2   = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    const bool has_avx512 = has_avx2 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
                            __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
    if (has_avx512) {
        cpu_functions found = { multiply_bytes_avx512, quantize_avx512,     attend_avx512,
                                attend_avx512,         half_cache_avx512(), float_cache_avx512() };
        if (can_use_amx()) {
            found.multiply_bytes = multiply_bytes_amx;
            found.attend_roughly = attend_amx;
        }
        return found;
    }
    if (has_avx2) {
        const bool has_vnni = __builtin_cpu_supports("avxvnni");
        return { has_vnni ? multiply_bytes_avx_vnni : multiply_bytes_avx2,
                 quantize_avx2,
                 attend_avx2,
                 attend_avx2,
                 half_cache_avx2(),
                 float_cache_avx2() };
    }
    return {};
}

inline const cpu_functions & functions_of_this_cpu() {
    static const cpu_functions found = find_functions();
    return found;
}

} // namespace asr

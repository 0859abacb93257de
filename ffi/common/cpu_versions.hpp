// cpu_versions.hpp: compiles a loop for each level of the x64 vector instructions, and chooses the version for this CPU. A compiler
// makes vector instructions of the loop, which must be ALWAYS_INLINE, like the functions that it calls. Without ASR_CPU_VERSIONS, there
// is only the version for every CPU: Zig's runtime library cannot tell what a CPU has.
#pragma once

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

// Defines a function that returns the version of `loop` for this CPU. For example:
//   ALWAYS_INLINE float sum_loop(const float * x, size_t n) { ... }
//   DEFINE_FOR_THIS_CPU(sum_function, float, sum_loop, (const float * x, size_t n), (x, n))
//   const float sum = sum_function()(x, n);
#if defined(__x86_64__) && defined(ASR_CPU_VERSIONS)
#define DEFINE_FOR_THIS_CPU(function, result, loop, parameters, arguments)                                             \
    __attribute__((target("avx512f"))) inline result function##_avx512 parameters {                                    \
        return loop arguments;                                                                                         \
    }                                                                                                                  \
    __attribute__((target("avx2,fma"))) inline result function##_avx2 parameters {                                     \
        return loop arguments;                                                                                         \
    }                                                                                                                  \
    inline result function##_plain parameters {                                                                        \
        return loop arguments;                                                                                         \
    }                                                                                                                  \
    inline auto function() {                                                                                           \
        if (__builtin_cpu_supports("avx512f")) {                                                                       \
            return function##_avx512;                                                                                  \
        }                                                                                                              \
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? function##_avx2 : function##_plain;   \
    }
#else
#define DEFINE_FOR_THIS_CPU(function, result, loop, parameters, arguments)                                             \
    inline result function##_plain parameters {                                                                        \
        return loop arguments;                                                                                         \
    }                                                                                                                  \
    inline auto function() {                                                                                           \
        return function##_plain;                                                                                       \
    }
#endif

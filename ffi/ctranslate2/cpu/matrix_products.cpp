// matrix_products.cpp: replaces CTranslate2's product of matrices of 8-bit numbers on x64 CPUs. CTranslate2 calls its functions by
// their names, and the dynamic linker finds the function of this file first. oneDNN, which CTranslate2 uses on CPUs that are not
// Intel's, copies the weights to another order in each call. In the decoder, this copy takes longer than the product.

#include "divided_product.hpp"

#include <ctranslate2/primitives.h>
#include <dlfcn.h>

namespace ctranslate2 {

template <>
template <>
__attribute__((visibility("default"))) void
primitives<Device::CPU>::gemm(bool a_is_packed, bool b_is_packed, bool transpose_a, bool transpose_b, dim_t m, dim_t n,
                              dim_t k, float alpha, const int8_t * a, dim_t lda, const int8_t * b, dim_t ldb,
                              float beta, int32_t * c, dim_t ldc, const int32_t * a_shift_compensation) {
    using namespace asr;
    const bool is_ours = functions_of_this_cpu().multiply_bytes != nullptr && !a_is_packed && !b_is_packed &&
                         !transpose_a && transpose_b && alpha == 1.0f && beta == 0.0f && lda == k && ldb == k &&
                         k % depth_step == 0 && k <= depth_max && a_shift_compensation != nullptr;
    if (is_ours) {
        // CTranslate2 has added 128 to the activations.
        multiply_with_threads({ reinterpret_cast<const uint8_t *>(a), m, b, n, k, a_shift_compensation, c, ldc });
        return;
    }
    using function = void (*)(bool, bool, bool, bool, dim_t, dim_t, dim_t, float, const int8_t *, dim_t, const int8_t *,
                              dim_t, float, int32_t *, dim_t, const int32_t *);
    static const auto theirs = reinterpret_cast<function>(
        dlsym(RTLD_NEXT, "_ZN11ctranslate210primitivesILNS_6DeviceE0EE4gemmIaiEEvbbbblllfPKT_lS6_lfPT0_lPKS7_"));
    theirs(a_is_packed, b_is_packed, transpose_a, transpose_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc,
           a_shift_compensation);
}

} // namespace ctranslate2

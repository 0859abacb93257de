// matrix_products.cpp: replaces ggml's function for products of matrices on x64, `llamafile_sgemm`. The build renames ggml's
// own function, and this file calls it for all types except q8_0.

#include "ggml-cpu-impl.h"
#include "ggml-impl.h"
#include "quants.h"

#if defined(__AVX512VNNI__)
#    include "q8_tile_avx512.hpp"
#elif defined(__AVX2__)
#    include "q8_tile_avx2.hpp"
#endif

extern "C" {

bool ggml_sgemm(const ggml_compute_params *, int64_t m, int64_t n, int64_t k, const void * a, int64_t lda, const void * b,
                int64_t ldb, void * c, int64_t ldc, int a_type, int b_type, int c_type);

bool llamafile_sgemm(const ggml_compute_params * params, int64_t m, int64_t n, int64_t k, const void * a, int64_t lda,
                     const void * b, int64_t ldb, void * c, int64_t ldc, int a_type, int b_type, int c_type) {
#if defined(__AVX512VNNI__)
    using tile = asr::q8_tile_avx512;
#elif defined(__AVX2__)
    using tile = asr::q8_tile_avx2;
#endif
#if defined(__AVX2__)
    if (a_type == GGML_TYPE_Q8_0 && b_type == GGML_TYPE_Q8_0 && c_type == GGML_TYPE_F32 && n >= tile::n_activations_min) {
        const asr::q8_matrix weights{ static_cast<const block_q8_0 *>(a), lda, m };
        const asr::q8_matrix activations{ static_cast<const block_q8_0 *>(b), ldb, n };
        const int64_t        n_tiles = (m + tile::n_rows - 1) / tile::n_rows;
        const int64_t        first   = n_tiles * params->ith / params->nth * tile::n_rows;
        const int64_t        last    = std::min(m, n_tiles * (params->ith + 1) / params->nth * tile::n_rows);
        asr::q8_product<tile>::multiply(weights, activations, k, first, last, static_cast<float *>(c), ldc);
        return true;
    }
#endif
    return ggml_sgemm(params, m, n, k, a, lda, b, ldb, c, ldc, a_type, b_type, c_type);
}
}

/*
 * Accelerate.h: the part of Apple's Accelerate framework that transcribe.cpp uses, as its documentation describes it. A build
 * for macOS on another system has no header of Apple.
 */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

enum CBLAS_ORDER { CblasRowMajor = 101, CblasColMajor = 102 };
enum CBLAS_TRANSPOSE { CblasNoTrans = 111, CblasTrans = 112, CblasConjTrans = 113 };

void cblas_sgemm(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transpose_a, enum CBLAS_TRANSPOSE transpose_b, int m, int n,
                 int k, float alpha, const float * a, int lda, const float * b, int ldb, float beta, float * c, int ldc);
void cblas_sgemv(enum CBLAS_ORDER order, enum CBLAS_TRANSPOSE transpose, int m, int n, float alpha, const float * a, int lda,
                 const float * x, int incx, float beta, float * y, int incy);

typedef long vDSP_Stride;
typedef unsigned long vDSP_Length;
typedef struct OpaqueFFTSetupD * FFTSetupD;
typedef struct { double * realp; double * imagp; } DSPDoubleSplitComplex;

enum { FFT_FORWARD = 1, FFT_INVERSE = -1 };
enum { FFT_RADIX2 = 0 };

FFTSetupD vDSP_create_fftsetupD(vDSP_Length log2n, int radix);
void vDSP_destroy_fftsetupD(FFTSetupD setup);
void vDSP_fft_zripD(FFTSetupD setup, const DSPDoubleSplitComplex * c, vDSP_Stride stride, vDSP_Length log2n, int direction);

#ifdef __cplusplus
}
#endif

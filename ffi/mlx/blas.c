/*
 * blas.c: exports the functions of BLAS and LAPACK that MLX's library for Linux imports, and forwards them to OpenBLAS.
 *
 * MLX's package contains the reference BLAS, which is about 30 times slower. The OpenBLAS of the package scipy-openblas32
 * has the same functions, but with the prefix scipy_. The loader uses this library in place of the reference BLAS, because
 * it has the same name and is loaded first.
 */
#if defined(__x86_64__)
#define JUMP "jmp"
#define VIA "@PLT"
#elif defined(__aarch64__)
#define JUMP "b"
#define VIA ""
#endif

#define FORWARD(name)                                                                                                          \
    __asm__(".text\n.globl " #name "\n.type " #name ", %function\n" #name ":\n" JUMP " scipy_" #name VIA "\n.size " #name ", .-" #name "\n");

FORWARD(openblas_set_num_threads)
FORWARD(cblas_cgemm)
FORWARD(cblas_dgemm)
FORWARD(cblas_sgemm)
FORWARD(cgeev_)
FORWARD(cgesdd_)
FORWARD(cheevd_)
FORWARD(dgeev_)
FORWARD(dgeqrf_)
FORWARD(dgesdd_)
FORWARD(dgetrf_)
FORWARD(dgetri_)
FORWARD(dorgqr_)
FORWARD(dpotrf_)
FORWARD(dsyevd_)
FORWARD(dtrtri_)
FORWARD(sgeev_)
FORWARD(sgeqrf_)
FORWARD(sgesdd_)
FORWARD(sgetrf_)
FORWARD(sgetri_)
FORWARD(sorgqr_)
FORWARD(spotrf_)
FORWARD(ssyevd_)
FORWARD(strtri_)

/* The text section has no executable stack. */
__asm__(".section .note.GNU-stack,\"\",%progbits");

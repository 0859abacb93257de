// gpu.hpp: checks whether CTranslate2 can use an NVIDIA GPU, and copies tensors from a GPU. CTranslate2's library for
// Linux on x64 contains CUDA kernels and NVIDIA's runtime, but not cuBLAS. The library loads cuBLAS only at its first
// use. This check loads cuBLAS earlier, so that a missing cuBLAS is reported when the model is loaded.
#pragma once

#if defined(__linux__)
#include <dlfcn.h>
#endif

namespace asr {

constexpr const char * cublas_library = "libcublas.so.12";

// Throws UNSUPPORTED with the reason if CTranslate2 cannot use a GPU.
inline void require_gpu() {
#if defined(__linux__)
    if (ctranslate2::get_device_count(ctranslate2::Device::CUDA) == 0) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: CTranslate2 found no NVIDIA GPU with a driver for CUDA 12");
    }
    if (dlopen(cublas_library, RTLD_LAZY) == nullptr) { // stays open, because CTranslate2 uses the library
        throw failure(ASR_STATUS_UNSUPPORTED, std::string("Cannot use the GPU: ") + dlerror());
    }
#else
    throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of CTranslate2 computes on the CPU");
#endif
}

// Returns a copy of a tensor on a GPU as float32 on the CPU. Waits until the GPU has computed the tensor.
inline ctranslate2::StorageView copy_to_cpu(const ctranslate2::StorageView & tensor) {
    return tensor.to_float32().to(ctranslate2::Device::CPU);
}

// Replaces a tensor on a GPU by its copy on the CPU. A tensor on the CPU stays as it is.
inline void move_to_cpu(ctranslate2::StorageView & tensor) {
    if (tensor.device() != ctranslate2::Device::CPU) {
        tensor = copy_to_cpu(tensor);
    }
}

} // namespace asr

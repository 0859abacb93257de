// device.hpp: chooses the device, the number format and the number of CPU threads with which MLX computes.
#pragma once

namespace asr {

// Returns the type in which a device computes. A CPU computes other types than float32 without vector instructions.
inline mx::Dtype choose_type(const char * name, bool on_gpu) {
    const std::string_view wanted =
        name == nullptr ? std::string_view(on_gpu ? "float16" : "float32") : std::string_view(name);
    if (wanted == "float32") {
        return mx::float32;
    }
    if (on_gpu && wanted == "float16") {
        return mx::float16;
    }
    if (on_gpu && wanted == "bfloat16") {
        return mx::bfloat16;
    }
    throw failure(ASR_STATUS_UNSUPPORTED,
                  "Cannot compute in " + std::string(wanted) + " on this " +
                      (on_gpu ? "GPU: expected float16, bfloat16 or float32" : "CPU: expected one of float32"));
}

inline void choose_device(bool on_gpu) {
    if (on_gpu && !mx::is_available(mx::Device::gpu)) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of MLX found none");
    }
    mx::set_default_device(on_gpu ? mx::Device::gpu : mx::Device::cpu);
    if (!on_gpu) {
        mx::disable_compile(); // it would run a C++ compiler
    }
    constexpr size_t cache_bytes_max = 512 << 20; // memory that MLX keeps for its next arrays
    mx::set_cache_limit(cache_bytes_max);
}

// The number of threads with which MLX's BLAS library computes matrix products during a scope, if it has such a setting. It
// is at most the number of the CPU, because more threads would wait for each other.
// Outside of such scopes, it is one: most matrices of a decoder are so small that more threads would wait for each other.
class blas_threads {
  public:
    explicit blas_threads(int32_t n) {
        const auto n_cpu = static_cast<int32_t>(std::thread::hardware_concurrency()); // 0: unknown
        set(n_cpu > 0 ? std::min(n, n_cpu) : n);
    }

    blas_threads(const blas_threads &)             = delete;
    blas_threads & operator=(const blas_threads &) = delete;

    ~blas_threads() { set(1); }

  private:
    static void set(int32_t n) {
        using setter            = void (*)(int);
        static const auto set_n = reinterpret_cast<setter>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
        if (set_n != nullptr) {
            set_n(n);
        }
    }
};

} // namespace asr

// cpu_kernels.hpp: functions that MLX computes on a CPU one value at a time, because it has no vector code for erf and exp.
// They took two thirds of the time of Whisper's encoder. The functions here have loops that a compiler vectorises, and
// a version for each level of the x64 vector instructions.
#pragma once

namespace asr {

// A function of the rows of an array. `in` and `out` have n values, and can be the same address.
using row_function = void (*)(const float * in, float * out, int64_t n);

// Applies a function to each row of a float32 array whose values are contiguous.
class row_kernel : public mx::UnaryPrimitive {
  public:
    row_kernel(mx::Stream stream, row_function apply) : mx::UnaryPrimitive(stream), apply_(apply) {}

    void eval_cpu(const std::vector<mx::array> & inputs, mx::array & out) override {
        const mx::array & in = inputs[0];
        if (in.is_donatable()) {
            out.copy_shared_buffer(in);
        } else {
            out.set_data(mx::allocator::malloc(out.nbytes()));
        }
        const int64_t n_row = in.shape(-1);
        const auto    n     = static_cast<int64_t>(in.size());
        mx::cpu::get_command_encoder(stream()).dispatch(
            [from = in.data<float>(), to = out.data<float>(), apply = apply_, n_row, n] {
                for (int64_t i = 0; i < n; i += n_row) {
                    apply(from + i, to + i, n_row);
                }
            });
    }

    void eval_gpu(const std::vector<mx::array> &, mx::array &) override {
        throw failure(ASR_STATUS_INTERNAL, "Cannot compute on a GPU: this function is for a CPU");
    }

    const char * name() const override { return "row_kernel"; }

  private:
    const row_function apply_;
};

// Returns the result of the function for each row of x, a float32 array on the CPU.
inline mx::array apply_to_rows(row_function apply, const mx::array & x) {
    auto kernel = std::make_shared<row_kernel>(mx::default_stream(mx::Device::cpu), apply);
    return mx::array(x.shape(), mx::float32, std::move(kernel), { mx::contiguous(x) });
}

// --- the functions ---

// x / 2 (1 + erf(x / sqrt(2))). The error of erf is at most 1.5e-7 (Abramowitz and Stegun, Handbook of Mathematical
// Functions, 7.1.26).
ALWAYS_INLINE void gelu_loop(const float * in, float * out, int64_t n) {
    for (int64_t i = 0; i < n; ++i) {
        const float x      = in[i];
        const float scaled = std::abs(x) * 0.70710678f;
        const float t      = 1.0f / (1.0f + 0.3275911f * scaled);
        float       sum    = 1.061405429f;
        sum                = sum * t - 1.453152027f;
        sum                = sum * t + 1.421413741f;
        sum                = sum * t - 0.284496736f;
        sum                = sum * t + 0.254829592f;
        const float half   = 0.5f * sum * t * exp_of_negative(-scaled * scaled); // (1 - erf) / 2
        out[i]             = x * (x < 0.0f ? half : 1.0f - half);
    }
}

ALWAYS_INLINE void softmax_loop(const float * in, float * out, int64_t n) {
    // Independent partial results, because a compiler must not change the order of the values of one result.
    constexpr int64_t n_parts = 16;
    const int64_t     n_whole = n / n_parts * n_parts;
    float             parts[n_parts];
    std::fill(parts, parts + n_parts, -INFINITY);
    for (int64_t i = 0; i < n_whole; i += n_parts) {
        for (int64_t k = 0; k < n_parts; ++k) {
            parts[k] = in[i + k] > parts[k] ? in[i + k] : parts[k];
        }
    }
    float largest = *std::max_element(parts, parts + n_parts);
    for (int64_t i = n_whole; i < n; ++i) {
        largest = std::max(largest, in[i]);
    }
    std::fill(parts, parts + n_parts, 0.0f);
    for (int64_t i = 0; i < n_whole; i += n_parts) {
        for (int64_t k = 0; k < n_parts; ++k) {
            out[i + k] = exp_of_negative(in[i + k] - largest);
            parts[k] += out[i + k];
        }
    }
    float total = std::accumulate(parts, parts + n_parts, 0.0f);
    for (int64_t i = n_whole; i < n; ++i) {
        out[i] = exp_of_negative(in[i] - largest);
        total += out[i];
    }
    const float scale = 1.0f / total;
    for (int64_t i = 0; i < n; ++i) {
        out[i] *= scale;
    }
}

DEFINE_FOR_THIS_CPU(gelu_function, void, gelu_loop, (const float * in, float * out, int64_t n), (in, out, n))
DEFINE_FOR_THIS_CPU(softmax_function, void, softmax_loop, (const float * in, float * out, int64_t n), (in, out, n))

} // namespace asr

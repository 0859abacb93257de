// own_attention.hpp: decides which models use the attention of cpu/attention.hpp, and checks their layers.
#pragma once

#ifdef ASR_CPU_KERNELS

namespace asr {

// Returns whether this CPU has functions for the attention of a layer.
inline bool has_own_attention(const ctranslate2::models::Model & model, const std::string & scope, int64_t n_heads) {
    const int64_t n_state = model.get_variable(scope + "/self_attention/layer_norm/gamma").size();
    return functions_of_this_cpu().attend != nullptr && model.device() == ctranslate2::Device::CPU &&
           n_state == n_heads * head_size &&
           ctranslate2::get_default_float_type(model.effective_compute_type()) == ctranslate2::DataType::FLOAT32;
}

// Returns whether the layers of a model compute in floats, not in numbers of fewer bits.
inline bool computes_in_floats(const ctranslate2::models::Model & model) {
    return model.effective_compute_type() == ctranslate2::ComputeType::FLOAT32;
}

// Our functions read as many numbers as the heads have. So a layer of a damaged model must not have fewer.
inline void require_numbers(const std::string & what, int64_t n, int64_t expected) {
    if (n != expected) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot use model.bin: " + what + " has " + std::to_string(n) +
                                                " numbers, expected " + std::to_string(expected));
    }
}

inline void require_numbers(const ctranslate2::layers::Layer & layer, int64_t expected) {
    require_numbers("the result of a layer", layer.output_size(), expected);
}

} // namespace asr

#endif

// choose_decoder.hpp: chooses the decoder of a model: ours if this CPU has functions for it, otherwise CTranslate2's.
#pragma once

namespace asr {

inline bool has_step_decoder(const asr_model & model) {
#ifdef ASR_CPU_KERNELS
    return has_own_attention(*model.weights, "decoder/layer_0", decoder_heads(model));
#else
    static_cast<void>(model);
    return false;
#endif
}

inline std::unique_ptr<decoder> make_decoder(const asr_model & model) {
#ifdef ASR_CPU_KERNELS
    if (has_step_decoder(model)) {
        const cpu_functions & functions = functions_of_this_cpu();
        if (computes_in_floats(*model.weights)) {
            return std::make_unique<step_decoder<float>>(model, decoder_heads(model), functions.float_cache);
        }
        return std::make_unique<step_decoder<half>>(model, decoder_heads(model), functions.half_cache);
    }
#endif
    return std::make_unique<search_decoder>(model);
}

inline std::unique_ptr<scheduler> make_scheduler(const asr_model & model, int32_t n_threads) {
    // The CPU's threads do not limit the lanes of a GPU.
    const int32_t n = model.device() == ctranslate2::Device::CPU ? n_threads : std::numeric_limits<int32_t>::max() / 2;
    if (has_step_decoder(model)) {
        const auto always = [](const decode_job &, const decode_job &) { return true; };
        return std::make_unique<scheduler>(n, scheduler::batch_rules{ batch_max, /*uses_steps=*/true, always });
    }
    const auto together = [&model](const decode_job & a, const decode_job & b) {
        return can_search_together(model, a, b);
    };
    return std::make_unique<scheduler>(n, scheduler::batch_rules{ batch_max, /*uses_steps=*/false, together });
}

} // namespace asr

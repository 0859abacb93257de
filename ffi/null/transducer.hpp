// transducer.hpp: defines the level model (level_tokens.hpp) for the call group recognize. A chunk has at most 30 s of
// audio at 16 kHz.
#pragma once

#include "level_tokens.hpp"

namespace asr::transducer {

constexpr float   window_max    = 30.0f;
constexpr int32_t samples_per_s = 16000;

inline asr_model_info info() {
    asr_model_info info = level_info(ASR_GROUP_RECOGNIZE, ASR_INPUT_PCM_16K);
    info.window_max_s   = window_max;
    info.capabilities   = ASR_CAPABILITY_TOKEN_TIMES;
    return info;
}

inline void recognize(const asr_chunk & chunk, chunk_result & out) {
    require(chunk.n_input <= static_cast<int64_t>(window_max) * samples_per_s, "Expected a chunk of at most 30 s");
    require_level_language(chunk.language);
    level_listener listener(samples_per_s);
    listener.push(chunk.input, chunk.n_input, chunk.cancel, out.tokens);
    listener.finish(chunk.cancel, out.tokens);
    set_level_result(out, true);
}

} // namespace asr::transducer

// transducer.hpp: the model of the group recognize. It converts the levels (level_tokens.hpp) of a chunk of at most
// 30 s at 16 kHz to tokens. No prompt, one language, no temperature.
#pragma once

#include "level_tokens.hpp"

namespace asr::transducer {

constexpr float   window_max    = 30.0f;
constexpr int32_t samples_per_s = 16000;

inline void fill_info(asr_model_info & info) {
    fill_level_info(info);
    info.groups       = ASR_GROUP_RECOGNIZE;
    info.input        = ASR_INPUT_PCM_16K;
    info.window_max_s = window_max;
}

inline void recognize(const asr_chunk & chunk, chunk_result & out) {
    require(chunk.n_input <= static_cast<int64_t>(window_max) * samples_per_s, "Expected a chunk of at most 30 s");
    require(chunk.language == 0 || chunk.language == -1, "Expected the index of a language, or -1");
    level_listener listener(samples_per_s);
    listener.push(chunk.input, chunk.n_input, chunk.cancel, out.tokens);
    listener.finish(chunk.cancel, out.tokens);
    out.result.avg_logprob = mean_logprob(out.tokens);
    out.result.is_complete = 1;
}

} // namespace asr::transducer

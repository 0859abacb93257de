// streaming.hpp: the model of the group stream. It converts the levels (level_tokens.hpp) of audio at 24 kHz to
// tokens. Each token becomes final 6 frames (0.48 s) after its last frame. No prompt, one language, no temperature.
#pragma once

#include "level_tokens.hpp"

#include <deque>
#include <memory>

struct asr_stream {
    asr_lane *          lane;
    asr::level_listener listener;
    bool                is_open = true;

    // A token, and the number of whole frames from which on it is final.
    struct waiting_token {
        asr_token token;
        int64_t   final_at;
    };
    std::deque<waiting_token> waiting = {};
};

#include "streams.hpp"

namespace asr::streaming {

constexpr int32_t samples_per_s  = 24000;
constexpr int64_t n_frames_delay = 6;

inline void fill_info(asr_model_info & info) {
    fill_level_info(info);
    info.groups = ASR_GROUP_STREAM;
    info.input  = ASR_INPUT_PCM_24K;
}

inline std::unique_ptr<asr_stream> open(asr_lane & lane, const asr_stream_options & options) {
    require_stream_options(options);
    require(options.language == 0 || options.language == -1, "Expected the index of a language, or -1");
    if (options.task == ASR_TASK_TRANSLATE) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the streaming model only transcribes");
    }
    if (options.temperature > 0.0f) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot sample: the streaming model has no temperature");
    }
    return std::unique_ptr<asr_stream>(new asr_stream{ &lane, level_listener(samples_per_s) });
}

// Frame by frame, so that how the samples are divided into calls changes neither the tokens nor when they become final.
inline void feed(const asr_stream_input & input, chunk_result & out) {
    asr_stream &           stream = *input.stream;
    std::vector<asr_token> ended;
    stream.listener.push(input.input, input.n_input, input.cancel, ended);
    if (input.is_last != 0) {
        stream.listener.finish(input.cancel, ended);
    }
    for (const asr_token & token : ended) {
        stream.waiting.push_back({ token, std::llround(token.end_s / frame_seconds) + n_frames_delay });
    }
    while (!stream.waiting.empty() &&
           (input.is_last != 0 || stream.waiting.front().final_at <= stream.listener.n_frames())) {
        out.tokens.push_back(stream.waiting.front().token);
        stream.waiting.pop_front();
    }
    out.result.avg_logprob = mean_logprob(out.tokens);
    out.result.is_complete = input.is_last != 0 ? 1 : 0;
}

} // namespace asr::streaming

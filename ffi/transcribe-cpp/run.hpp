// run.hpp: has what runs of chunks and of streams share: their parameters, their status, and their tokens.
#pragma once

namespace asr {

// Returns the kind of times to request. Without times of segments, Whisper ends a text at a pause and loses what follows.
inline transcribe_timestamp_kind timestamps_of(const asr_model & model) {
    if (model.times_tokens) {
        return TRANSCRIBE_TIMESTAMPS_TOKEN;
    }
    return model.is_whisper ? TRANSCRIBE_TIMESTAMPS_SEGMENT : TRANSCRIBE_TIMESTAMPS_NONE;
}

// Returns the parameters of a run. `language` is the index of a language; -1: the model chooses it.
inline transcribe_run_params run_params(const asr_model & model, int32_t language, int32_t task) {
    transcribe_run_params params;
    transcribe_run_params_init(&params);
    params.timestamps = timestamps_of(model);
    params.language   = language < 0 ? nullptr : model.languages[static_cast<size_t>(language)].c_str();
    if (task == ASR_TASK_TRANSLATE) {
        params.task            = TRANSCRIBE_TASK_TRANSLATE;
        params.target_language = "en";
    }
    return params;
}

// Returns whether the text of a run with this status is complete. Throws an exception if the run has no text.
inline bool is_complete(asr_lane & lane, transcribe_status status) {
    if (is_lane_cancelled(&lane)) {
        throw failure(ASR_STATUS_CANCELLED, "Cancelled");
    }
    switch (status) {
        case TRANSCRIBE_OK:                    return true;
        case TRANSCRIBE_ERR_OUTPUT_TRUNCATED:
        case TRANSCRIBE_ERR_OUTPUT_REPETITION: return false;
        case TRANSCRIBE_ERR_OOM:               throw failure(ASR_STATUS_OUT_OF_MEMORY, "Cannot recognize: there is not enough memory");
        case TRANSCRIBE_ERR_UNSUPPORTED_LANGUAGE:
        case TRANSCRIBE_ERR_UNSUPPORTED_TASK:
            throw failure(ASR_STATUS_UNSUPPORTED, std::string("Cannot recognize: ") + transcribe_status_string(status));
        default: throw failure(ASR_STATUS_INTERNAL, "Cannot recognize: " + engine_log());
    }
}

// Returns the seconds that the session has spent on features and encoder: since the start of its stream, or in its last run.
inline asr_times times_of(const transcribe_session & session) {
    transcribe_timings timings;
    transcribe_timings_init(&timings);
    transcribe_get_timings(&session, &timings);
    return { timings.mel_ms / 1000.0f, timings.encode_ms / 1000.0f, 0.0f };
}

// Returns the natural logarithm of a token's probability. transcribe.cpp reports 0 if it computes no probability.
inline float logprob_of(float probability) {
    return probability > 0.0f ? std::min(std::log(probability), 0.0f) : std::numeric_limits<float>::quiet_NaN();
}

// Limits of the times of tokens, in milliseconds.
struct token_times {
    int64_t start_max;
    int64_t end_max;
    int64_t start_min = 0; // start of the last token that was read. Starts never decrease.
};

// Appends the session's tokens from index `from` on. Changes their times to the limits.
inline void append_tokens(const transcribe_session & session, size_t from, token_times & times, std::vector<asr_token> & out) {
    const auto seconds = [](int64_t ms) { return static_cast<float>(ms) / 1000.0f; };
    for (size_t i = from; i < session.tokens.size(); ++i) {
        const transcribe_session::TokenEntry & token = session.tokens[i];
        const int64_t start = std::max(times.start_min, std::min(token.t0_ms, times.start_max));
        const int64_t end   = std::max(start, std::min(token.t1_ms, times.end_max));
        out.push_back({ token.id, logprob_of(token.p), seconds(start), seconds(end) });
        times.start_min = start;
    }
}

} // namespace asr

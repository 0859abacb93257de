// recognize.hpp: transcribes a chunk, and converts transcribe.cpp's result to tokens or to a text.
#pragma once

namespace asr {

// Checks the fields of the chunks that depend on the model.
inline void require_recognizable(const asr_model & model, const asr_chunk * chunks, int32_t n) {
    const auto n_languages = static_cast<int32_t>(model.languages.size());
    const auto n_max       = static_cast<int64_t>(window_of(model.can) * samples_per_s);
    for (int32_t i = 0; i < n; ++i) {
        const asr_chunk & chunk = chunks[i];
        require(chunk.n_input <= n_max, "Expected a chunk that is not longer than window_max_s");
        require(chunk.language >= -1 && chunk.language < n_languages, "Expected the index of a language, or -1");
        require(chunk.task == ASR_TASK_TRANSCRIBE || chunk.task == ASR_TASK_TRANSLATE, "Expected a known task");
        if (chunk.task == ASR_TASK_TRANSLATE && !translates_into_english(model.can)) {
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the model only transcribes");
        }
    }
}

// Returns the kind of times to request. Without times of segments, Whisper ends a text at a pause and loses what follows.
inline transcribe_timestamp_kind timestamps_of(const asr_model & model) {
    if (model.times_tokens) {
        return TRANSCRIBE_TIMESTAMPS_TOKEN;
    }
    return model.is_whisper ? TRANSCRIBE_TIMESTAMPS_SEGMENT : TRANSCRIBE_TIMESTAMPS_NONE;
}

inline transcribe_run_params run_params(const asr_model & model, const asr_chunk & chunk) {
    transcribe_run_params params;
    transcribe_run_params_init(&params);
    params.timestamps = timestamps_of(model);
    params.language   = chunk.language < 0 ? nullptr : model.languages[static_cast<size_t>(chunk.language)].c_str();
    if (chunk.task == ASR_TASK_TRANSLATE) {
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

// Returns the natural logarithm of a token's probability. transcribe.cpp reports 0 if it computes no probability.
inline float logprob_of(float probability) {
    return probability > 0.0f ? std::min(std::log(probability), 0.0f) : std::numeric_limits<float>::quiet_NaN();
}

// Reads the tokens. Tokens in the padding after the audio start with the last frame of the audio.
inline std::vector<asr_token> read_tokens(const transcribe_session & session, float audio_s, float frame_s) {
    const auto             end_ms  = static_cast<int64_t>(audio_s * 1000.0f);
    const auto             last_ms = static_cast<int64_t>(std::floor(audio_s / frame_s) * frame_s * 1000.0f + 0.5f);
    std::vector<asr_token> tokens;
    int64_t                start_ms = 0;
    for (const transcribe_session::TokenEntry & token : session.tokens) {
        start_ms = std::max(start_ms, std::min(token.t0_ms, last_ms));
        tokens.push_back({ token.id, logprob_of(token.p), static_cast<float>(start_ms) / 1000.0f,
                           static_cast<float>(std::max(start_ms, std::min(token.t1_ms, end_ms))) / 1000.0f });
    }
    return tokens;
}

inline int32_t detected_language(const asr_model & model, const transcribe_session & session) {
    const auto at = std::find(model.languages.begin(), model.languages.end(), transcribe_detected_language(&session));
    return at == model.languages.end() ? -1 : static_cast<int32_t>(at - model.languages.begin());
}

inline void recognize(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    // Minimum number of samples. Shorter audio is padded with zeros, because the encoders reduce it to no frames.
    constexpr int64_t  n_min = samples_per_s / 4;
    std::vector<float> padded;
    const float *      samples = chunk.input;
    if (chunk.n_input < n_min) {
        padded.assign(chunk.input, chunk.input + chunk.n_input);
        padded.resize(n_min, 0.0f);
        samples = padded.data();
    }
    transcribe_session &        session = *lane.session;
    transcribe_run_params       params  = run_params(*lane.model, chunk);
    const auto                  whisper = whisper_options();
    params.family                       = lane.model->is_whisper ? &whisper.ext : nullptr;
    session.n_threads                   = chunk.threads;
    lane.cancel                         = chunk.cancel;
    engine_log_line().clear();
    const transcribe_status status =
        transcribe_run(&session, samples, static_cast<int>(std::max(chunk.n_input, n_min)), &params);
    out.result.is_complete = is_complete(lane, status) ? 1 : 0;
    out.result.language    = detected_language(*lane.model, session);
    const float audio_s    = static_cast<float>(chunk.n_input) / samples_per_s;
    if (lane.model->times_tokens) {
        out.tokens             = read_tokens(session, audio_s, lane.model->frame_s);
        out.result.avg_logprob = mean_logprob(out.tokens);
    } else if (lane.model->is_whisper) {
        out.text = joined_segments(session, static_cast<int64_t>(audio_s * 1000.0f));
    } else {
        out.text = transcribe_full_text(&session);
    }
}

} // namespace asr

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
    transcribe_run_params       params  = run_params(*lane.model, chunk.language, chunk.task);
    const auto                  whisper = whisper_options();
    params.family                       = lane.model->is_whisper ? &whisper.ext : nullptr;
    session.n_threads                   = chunk.threads;
    lane.cancel                         = chunk.cancel;
    engine_log_line().clear();
    const transcribe_status status =
        transcribe_run(&session, samples, static_cast<int>(std::max(chunk.n_input, n_min)), &params);
    const asr_times times = times_of(session);
    lane.times.features_s += times.features_s;
    lane.times.encoder_s += times.encoder_s;
    out.result.is_complete = is_complete(lane, status) ? 1 : 0;
    out.result.language    = detected_language(*lane.model, session);
    const float audio_s    = static_cast<float>(chunk.n_input) / samples_per_s;
    if (lane.model->times_tokens) {
        // Tokens in the padding after the audio start with the last frame of the audio.
        const float   frame_s  = lane.model->frame_s;
        const auto    last_ms  = static_cast<int64_t>(std::floor(audio_s / frame_s) * frame_s * 1000.0f + 0.5f);
        token_times   times    = { last_ms, static_cast<int64_t>(audio_s * 1000.0f) };
        append_tokens(session, 0, times, out.tokens);
        out.result.avg_logprob = mean_logprob(out.tokens);
    } else if (lane.model->is_whisper) {
        out.text = joined_segments(session, static_cast<int64_t>(audio_s * 1000.0f));
    } else {
        out.text = transcribe_full_text(&session);
    }
}

} // namespace asr

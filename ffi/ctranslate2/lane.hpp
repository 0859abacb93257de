// lane.hpp: one lane of a model: its own layers over the shared weights, and the encodings of its last call.
#pragma once

namespace asr {

struct encoding {
    int64_t                  id; // id of the chunk; 0: no later call can use this encoding
    ctranslate2::dim_t       window;
    ctranslate2::StorageView output; // [1, window, n_state]
};

} // namespace asr

struct asr_lane {
    const asr_model *                   model;
    asr::encoder                        encoder;
    ctranslate2::layers::WhisperDecoder decoder;
    ctranslate2::models::WhisperReplica replica; // aligns
    std::vector<asr::chunk_result>      results;
    std::list<asr::encoding>            encodings;

    explicit asr_lane(const asr_model & m)
        : model(&m), encoder(*m.weights), decoder(*m.weights, "decoder"), replica(m.weights) {}
    asr_lane(const asr_lane &) = delete;
    asr_lane & operator=(const asr_lane &) = delete;
    ~asr_lane() {
        encodings.clear();
        ctranslate2::get_allocator(ctranslate2::Device::CPU).clear_cache(); // of this thread
    }
};

namespace asr {

// Shorter windows make Whisper repeat itself; and 128 positions would look like features of 128 bands to CTranslate2.
constexpr int32_t window_step = 64; // positions
constexpr int32_t window_min  = 4 * window_step;

inline ctranslate2::dim_t window_positions(const asr_model & model, const asr_chunk & chunk) {
    const auto wanted = static_cast<int32_t>(std::ceil(chunk.window_s * positions_per_s - 1e-3f));
    const auto steps  = (wanted + window_step - 1) / window_step * window_step;
    return std::min(std::max(steps, window_min), model.n_window_max);
}

inline float window_seconds(ctranslate2::dim_t positions) {
    return static_cast<float>(positions) / positions_per_s;
}

// The chunk's features, band by band, each band followed by silence up to the window.
inline ctranslate2::StorageView window_features(const asr_model & model, const asr_chunk & chunk, ctranslate2::dim_t window) {
    const ctranslate2::dim_t n_frames = window * frames_per_pos;
    require(chunk.n_input <= n_frames, "Expected a chunk that fits into its window");
    ctranslate2::StorageView features({ 1, model.n_mels, n_frames }, 0.0f);
    for (int32_t band = 0; band < model.n_mels; ++band) {
        std::copy_n(chunk.input + band * chunk.n_input, chunk.n_input, features.data<float>() + band * n_frames);
    }
    return features;
}

// Forgets the encodings that no chunk of a new call can use.
inline void forget_encodings(asr_lane & lane, const asr_chunk * chunks, int32_t n) {
    lane.encodings.remove_if([&](const encoding & kept) {
        return kept.id == 0 || std::none_of(chunks, chunks + n, [&](const asr_chunk & chunk) {
            return chunk.id == kept.id && window_positions(*lane.model, chunk) == kept.window;
        });
    });
}

// Encodes the chunk unless the lane still holds its encoding; it lasts until the lane's next call.
inline const encoding & encode(asr_lane & lane, const asr_chunk & chunk) {
    const ctranslate2::dim_t window = window_positions(*lane.model, chunk);
    for (const encoding & kept : lane.encodings) {
        if (chunk.id != 0 && kept.id == chunk.id && kept.window == window) {
            return kept;
        }
    }
    ctranslate2::set_num_threads(static_cast<size_t>(chunk.threads));
    const ctranslate2::StorageView features = window_features(*lane.model, chunk, window);
    lane.encodings.push_back({ chunk.id, window, lane.encoder.run(features, chunk) });
    return lane.encodings.back();
}

// <|startoftranscript|> [<|language|> <|task|>]
inline std::vector<size_t> start_tokens(const asr_model & model, const asr_chunk & chunk) {
    const control_tokens & ids    = model.tokens;
    std::vector<size_t>    tokens = { static_cast<size_t>(ids.sot) };
    if (model.multilingual) {
        const auto n_languages = static_cast<int32_t>(model.languages.size());
        require(chunk.language >= 0 && chunk.language < n_languages, "Expected the index of a language");
        tokens.push_back(static_cast<size_t>(ids.sot + 1 + chunk.language));
        tokens.push_back(static_cast<size_t>(chunk.task == ASR_TASK_TRANSLATE ? ids.translate : ids.transcribe));
    } else if (chunk.task == ASR_TASK_TRANSLATE) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the model knows only English");
    }
    return tokens;
}

} // namespace asr

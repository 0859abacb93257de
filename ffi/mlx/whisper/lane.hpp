// lane.hpp: defines a lane of a model. A lane keeps the encodings of its last call. Only the owner of the model uses them.
#pragma once

namespace asr::whisper {

struct encoding {
    int64_t   id; // id of the chunk; 0: no id, so later calls cannot use this encoding
    int32_t   window;
    mx::array output; // [1, window, n_state]
};

struct lane : asr_lane {
    whisper::model &    model;
    std::list<encoding> encodings;

    explicit lane(whisper::model & m) : model(m) {}

    ~lane() override {
        model.owner.run([this] { encodings.clear(); });
    }

    asr_status detect_language(const asr_chunk * chunks, int32_t n) override;
    asr_status decode(const asr_chunk * chunks, int32_t n) override;
    asr_status align(const asr_chunk * chunks, int32_t n) override;
};

inline std::unique_ptr<asr_lane> model::open_lane() {
    return std::make_unique<lane>(*this);
}

inline int32_t window_positions(const model_config & config, const asr_chunk & chunk) {
    constexpr int32_t window_min = 4 * window_step; // in shorter windows, Whisper repeats itself
    return asr::window_positions(chunk, window_min, config.n_audio_ctx);
}

// Copies the chunk's features into a window [1, n_frames, n_mels]. The rest of the window is filled with zeros.
inline mx::array window_features(const model_config & config, const asr_chunk & chunk, int32_t window) {
    const int32_t n_frames = window * frames_per_pos;
    require(chunk.n_input <= n_frames, "Expected a chunk that fits into its window");
    const auto         n_mels = static_cast<size_t>(config.n_mels);
    const auto         n      = static_cast<size_t>(chunk.n_input);
    std::vector<float> features(static_cast<size_t>(n_frames) * n_mels, 0.0f);
    for (size_t mel = 0; mel < n_mels; ++mel) {
        for (size_t frame = 0; frame < n; ++frame) {
            features[frame * n_mels + mel] = chunk.input[mel * n + frame];
        }
    }
    return mx::array(features.data(), { 1, n_frames, config.n_mels }, mx::float32);
}

inline void forget_encodings(lane & lane, const asr_chunk * chunks, int32_t n) {
    const auto window_of = [&](const asr_chunk & chunk) { return window_positions(lane.model.config, chunk); };
    asr::forget_encodings(lane.encodings, chunks, n, window_of);
}

// Returns the encoding of the chunk, which is valid until the lane's next call. If the lane does not have this encoding
// yet, encodes the chunk.
inline const encoding & encode(lane & lane, const asr_chunk & chunk) {
    const int32_t window = window_positions(lane.model.config, chunk);
    for (const encoding & kept : lane.encodings) {
        if (chunk.id != 0 && kept.id == chunk.id && kept.window == window) {
            return kept;
        }
    }
    const stage_timer  timer(lane.times.encoder_s);
    const mx::array    features = window_features(lane.model.config, chunk, window);
    const blas_threads threads(chunk.threads);
    lane.encodings.push_back(
        { chunk.id, window, lane.model.net->encoder.run(features, [&] { stop_if_cancelled(chunk); }) });
    return lane.encodings.back();
}

} // namespace asr::whisper

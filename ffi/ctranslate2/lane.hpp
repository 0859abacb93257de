// lane.hpp: defines a lane of a model. A lane has its own layers, which use the shared weights. It keeps the encodings
// of its last call.
#pragma once

struct asr_lane {
    const asr_model *                   model;
    asr::encoder                        encoder;
    std::unique_ptr<asr::decoder>       decoder;
    ctranslate2::models::WhisperReplica replica; // computes alignments
    std::vector<asr::chunk_result>      results;
    std::list<asr::encoding>            encodings;
    asr_times                           times = {};

    explicit asr_lane(const asr_model & m)
        : model(&m), encoder(*m.weights), decoder(asr::make_decoder(m)), replica(m.weights) {}
    asr_lane(const asr_lane &) = delete;
    asr_lane & operator=(const asr_lane &) = delete;
    ~asr_lane() {
        encodings.clear();
        // Clears the cache of this thread's allocator.
        ctranslate2::get_allocator(model->device()).clear_cache();
    }
};

namespace asr {

// Minimum length of a window in encoder positions. In shorter windows, Whisper repeats itself. In addition, CTranslate2
// would treat a window of 128 positions as features with 128 mel bands.
constexpr int32_t window_min = 4 * window_step;

inline std::unique_ptr<asr_lane> open_lane(asr_model & model) {
    return call_engine(ASR_STATUS_INTERNAL, "open a lane", [&] { return std::make_unique<asr_lane>(model); });
}

inline int32_t window_positions(const asr_model & model, const asr_chunk & chunk) {
    return window_positions(chunk, window_min, model.n_window_max);
}

// Copies the chunk's features into a window, one band after the other. The rest of each band is filled with zeros.
inline ctranslate2::StorageView window_features(const asr_model & model, const asr_chunk & chunk, ctranslate2::dim_t window) {
    const ctranslate2::dim_t n_frames = window * frames_per_pos;
    require(chunk.n_input <= n_frames, "Expected a chunk that fits into its window");
    ctranslate2::StorageView features({ 1, model.n_mels, n_frames }, 0.0f);
    for (int32_t band = 0; band < model.n_mels; ++band) {
        std::copy_n(chunk.input + band * chunk.n_input, chunk.n_input, features.data<float>() + band * n_frames);
    }
    return features;
}

// Returns when a chunk that arrives now is due.
inline double due_of(const asr_chunk & chunk) {
    constexpr double frames_per_s = 100.0;
    const double     chunk_s      = static_cast<double>(chunk.n_input) / frames_per_s;
    return scheduler::due_of(std::max(chunk_s, static_cast<double>(chunk.remaining_s)));
}

// Returns the encoding of the chunk, which is valid until the lane's next call. If the lane does not have this encoding
// yet, encodes the chunk. `due_s` is the result of due_of() when the chunk arrived.
inline const encoding & encode(asr_lane & lane, const asr_chunk & chunk, double due_s) {
    const ctranslate2::dim_t window = window_positions(*lane.model, chunk);
    for (const encoding & kept : lane.encodings) {
        if (chunk.id != 0 && kept.id == chunk.id && kept.window == window) {
            return kept;
        }
    }
    scheduler & work = *lane.model->work;
    work.with_threads(chunk.threads, due_s, chunk, [&](scheduler::share & own) {
        const stage_timer timer(lane.times.encoder_s);
        ctranslate2::set_num_threads(static_cast<size_t>(own.n));
        ctranslate2::StorageView features = window_features(*lane.model, chunk, window);
        if (lane.model->device() != ctranslate2::Device::CPU) {
            features.move_to(lane.model->device(), lane.encoder.input_type());
        }
        lane.encodings.push_back({ chunk.id, window, lane.encoder.run(features, [&] {
                                      stop_if_cancelled(chunk);
                                      work.let_pass(own);
                                      ctranslate2::set_num_threads(static_cast<size_t>(own.n));
                                  }) });
    });
    return lane.encodings.back();
}

} // namespace asr

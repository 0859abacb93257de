// lane.hpp: defines a lane, which owns one whisper_state. A lane encodes a chunk and runs the decoder. A cancel stops
// both steps.
#pragma once

struct asr_lane {
    asr_model *                    model = nullptr;
    whisper_state *                state = nullptr;
    std::vector<asr::chunk_result> results;
    asr_times                      times = {};

    const volatile int32_t * cancel          = nullptr; // cancel flag of the current chunk
    int64_t                  encoded_id      = 0;       // id of the chunk whose encoder output is in `state`; 0: none
    int32_t                  encoded_window  = 0;       // length of the window of the encoder output in `state`, in encoder positions
    int32_t                  n_sequences_max = 1;       // maximum number of sequences in the cache

    asr_lane() = default;
    asr_lane(const asr_lane &) = delete;
    asr_lane & operator=(const asr_lane &) = delete;
    ~asr_lane() { whisper_free_state(state); }
};

namespace asr {

inline bool is_lane_cancelled(void * lane) {
    const auto * cancel = static_cast<asr_lane *>(lane)->cancel;
    return cancel != nullptr && *cancel != 0;
}

// Throws the error of a failed engine call. The status is CANCELLED if the cancel flag is set; otherwise it is
// INTERNAL, with the error that the engine logged.
[[noreturn]] inline void throw_stopped(asr_lane & lane, const char * action) {
    if (is_lane_cancelled(&lane)) {
        throw failure(ASR_STATUS_CANCELLED, "Cancelled");
    }
    throw failure(ASR_STATUS_INTERNAL, std::string("Cannot ") + action + ": " + engine_log());
}

inline std::unique_ptr<asr_lane> open_lane(asr_model & model) {
    auto lane   = std::make_unique<asr_lane>();
    lane->model = &model;
    lane->state = whisper_init_state(model.ctx);
    if (lane->state == nullptr) {
        throw failure(ASR_STATUS_OUT_OF_MEMORY, "Cannot open a lane: " + engine_log());
    }
    // Each backend calls its abort callback between tensors. whisper.cpp's own abort callback is not sufficient,
    // because whisper.cpp calls it only between graphs.
    for (ggml_backend_t backend : lane->state->backends) {
        ggml_backend_dev_t device = ggml_backend_get_device(backend);
        ggml_backend_reg_t reg    = device != nullptr ? ggml_backend_dev_backend_reg(device) : nullptr;
        auto * set = reg == nullptr ? nullptr : reinterpret_cast<ggml_backend_set_abort_callback_t>(
                         ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_abort_callback"));
        if (set != nullptr) {
            set(backend, is_lane_cancelled, lane.get());
        }
#ifdef GGML_USE_METAL
        if (ggml_backend_is_metal(backend)) {
            ggml_backend_metal_set_abort_callback(backend, is_lane_cancelled, lane.get());
        }
#endif
    }
    return lane;
}

inline int32_t window_positions(const asr_model & model, const asr_chunk & chunk) {
    return window_positions(chunk, window_step, model.n_window_max());
}

// Encodes the chunk if the lane does not have its encoding yet. Returns the length of the window in positions.
inline int32_t encode(asr_lane & lane, const asr_chunk & chunk) {
    const int32_t window = window_positions(*lane.model, chunk);
    require(chunk.n_input <= int64_t{ window } * samples_per_pos, "Expected a chunk that fits into its window");
    lane.cancel = chunk.cancel;
    if (chunk.id != 0 && chunk.id == lane.encoded_id && window == lane.encoded_window) {
        return window;
    }
    lane.encoded_id = 0;

    // Minimum number of samples. whisper.cpp mirrors the first 200 samples before the start of the audio. For shorter
    // audio, it would read beyond the end. Therefore short audio is padded with zeros.
    constexpr int64_t  n_min = samples_per_s / 8;
    std::vector<float> padded;
    const float *      samples   = chunk.input;
    int64_t            n_samples = chunk.n_input;
    if (n_samples < n_min) {
        padded.assign(chunk.input, chunk.input + n_samples);
        padded.resize(n_min, 0.0f);
        samples   = padded.data();
        n_samples = n_min;
    }
    whisper_context & ctx   = *lane.model->ctx;
    whisper_state &   state = *lane.state;
    state.exp_n_audio_ctx   = window;
    const auto compute_features = [&] {
        const stage_timer timer(lane.times.features_s);
        return whisper_pcm_to_mel_with_state(&ctx, &state, samples, static_cast<int>(n_samples), chunk.threads) == 0;
    };
    const auto run_encoder = [&] {
        const stage_timer timer(lane.times.encoder_s);
        return whisper_encode_internal(ctx, state, 0, chunk.threads, is_lane_cancelled, &lane);
    };
    if (!compute_features() || !run_encoder()) {
        throw_stopped(lane, "encode");
    }
    lane.encoded_id     = chunk.id;
    lane.encoded_window = window;
    return window;
}

// Clears the self-attention cache, and makes it large enough for n sequences that have the same prompt.
inline void reset_cache(asr_lane & lane, int32_t n_sequences) {
    whisper_kv_cache & cache = lane.state->kv_self;
    if (n_sequences > lane.n_sequences_max) {
        const whisper_hparams & h    = lane.model->hparams();
        const int32_t           size = h.n_text_ctx + n_sequences * lane.model->n_decode_max();
        lane.n_sequences_max = 0; // if the allocation below fails, the next call allocates again
        whisper_kv_cache_free(cache);
        cache.buffer = nullptr;
        if (!whisper_kv_cache_init(cache, lane.state->backends[0], lane.model->ctx->itype, h.n_text_state, h.n_text_layer,
                                   GGML_PAD(size, 256))) {
            throw failure(ASR_STATUS_OUT_OF_MEMORY, "Cannot allocate the decoder's cache");
        }
        lane.n_sequences_max = n_sequences;
    }
    whisper_kv_cache_clear(cache);
}

// A row of a decoder pass: a token, its position and its sequence.
struct decoder_row {
    int32_t token;
    int32_t position;
    int32_t sequence;
};

enum class decoder_output { none, logits, attention };

// Runs the decoder on `rows`. If `output` is `logits`, writes the logits of row i to state.logits[i * n_vocab]. If it
// is `attention`, writes the attention to state.aheads_cross_QKs.
//
// whisper_decode_internal would always compute the logits of all rows. For a long prompt or an alignment, this takes
// more than half of the time of the pass. Therefore this function computes the logits only if they are requested.
inline void run_decoder(asr_lane & lane, const std::vector<decoder_row> & rows, decoder_output output) {
    whisper_context &  ctx   = *lane.model->ctx;
    whisper_state &    state = *lane.state;
    whisper_kv_cache & cache = state.kv_self;
    whisper_batch &    batch = state.batch;

    batch.n_tokens = static_cast<int32_t>(rows.size());
    for (size_t i = 0; i < rows.size(); ++i) {
        batch.token[i]     = rows[i].token;
        batch.pos[i]       = rows[i].position;
        batch.n_seq_id[i]  = 1;
        batch.seq_id[i][0] = rows[i].sequence;
        batch.logits[i]    = 1;
    }
    if (!whisper_kv_cache_find_slot(cache, batch)) {
        throw failure(ASR_STATUS_INTERNAL, "Cannot decode: the decoder's cache is full");
    }
    const uint32_t pad = whisper_kv_cache_get_padding(ctx);
    cache.n = std::min(cache.size, std::max(pad, static_cast<uint32_t>(GGML_PAD(whisper_kv_cache_cell_max(cache), pad))));

    ggml_backend_sched_t sched = state.sched_decode.sched;
    ggml_cgraph *        graph = whisper_build_graph_decoder(ctx, state, batch, output == decoder_output::attention, false);
    ggml_tensor *        logits = ggml_graph_node(graph, -1);
    if (output != decoder_output::logits) {
        --graph->n_nodes; // removes the last node of the graph, which computes the logits
    }
    if (!ggml_backend_sched_alloc_graph(sched, graph)) {
        throw failure(ASR_STATUS_OUT_OF_MEMORY, "Cannot allocate the decoder's buffers");
    }

    const size_t row_bytes = rows.size() * sizeof(int32_t);
    ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "embd"), batch.token, 0, row_bytes);
    ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "position"), batch.pos, 0, row_bytes);

    std::vector<float> & mask = state.inp_mask;
    mask.assign(static_cast<size_t>(cache.n) * rows.size(), 0.0f);
    for (size_t i = 0; i < rows.size(); ++i) {
        for (uint32_t cell = 0; cell < cache.n; ++cell) {
            if (!cache.cells[cell].has_seq_id(rows[i].sequence) || cache.cells[cell].pos > rows[i].position) {
                mask[i * cache.n + cell] = -INFINITY;
            }
        }
    }
    ggml_backend_tensor_set(ggml_graph_get_tensor(graph, "KQ_mask"), mask.data(), 0, mask.size() * sizeof(float));

    // One thread is used, because the decoder's matrices are small. More threads would mostly wait for each other.
    constexpr int n_threads = 1;
    if (!ggml_graph_compute_helper(sched, graph, n_threads)) {
        throw_stopped(lane, "decode");
    }
    if (output == decoder_output::logits) {
        state.logits.resize(rows.size() * static_cast<size_t>(lane.model->hparams().n_vocab));
        ggml_backend_tensor_get(logits, state.logits.data(), 0, state.logits.size() * sizeof(float));
    }
}

} // namespace asr

// lane.hpp: defines a lane, which owns one session for chunks. Each of its streams has a session of its own. A cancel stops
// the encoder and the decoder.
#pragma once

namespace asr {

struct session_deleter {
    void operator()(transcribe_session * session) const { transcribe_session_free(session); }
};

using session_handle = std::unique_ptr<transcribe_session, session_deleter>;

} // namespace asr

struct asr_lane {
    asr_model *                    model = nullptr;
    asr::weights_handle            own_weights; // null: the lane uses the weights of `model`
    asr::session_handle            session;
    std::vector<asr::chunk_result> results;
    asr_times                      times = {};
    const volatile int32_t *       cancel = nullptr; // cancel flag of the current chunk

    explicit asr_lane(asr_model & shared) : model(&shared) {
        if (shared.is_lent.exchange(true)) {
            own_weights = asr::load_weights(shared.path, shared.device);
        }
    }
    asr_lane(const asr_lane &) = delete;
    asr_lane & operator=(const asr_lane &) = delete;
    ~asr_lane() {
        session.reset();
        if (own_weights == nullptr) {
            model->is_lent = false;
        }
    }

    transcribe_model & weights() { return own_weights == nullptr ? *model->weights : *own_weights; }
};

namespace asr {

inline bool is_lane_cancelled(void * lane) {
    const auto * cancel = static_cast<asr_lane *>(lane)->cancel;
    return cancel != nullptr && *cancel != 0;
}

// Makes the backend of the lane's weights call is_lane_cancelled() between tensors. transcribe.cpp's own abort callback is
// not sufficient, because transcribe.cpp calls it only between graphs.
inline void watch_cancel(asr_lane & lane) {
    ggml_backend_t backend = lane.weights().primary_backend;
    if (backend == nullptr) {
        return;
    }
    ggml_backend_dev_t device = ggml_backend_get_device(backend);
    ggml_backend_reg_t reg    = device != nullptr ? ggml_backend_dev_backend_reg(device) : nullptr;
    auto * set = reg == nullptr ? nullptr : reinterpret_cast<ggml_backend_set_abort_callback_t>(
                     ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_abort_callback"));
    if (set != nullptr) {
        set(backend, is_lane_cancelled, &lane);
    }
#ifdef GGML_USE_METAL
    if (ggml_backend_is_metal(backend)) {
        ggml_backend_metal_set_abort_callback(backend, is_lane_cancelled, &lane);
    }
#endif
}

// Opens a session on the weights of the lane. The cancel flag of the lane also stops this session.
inline session_handle open_session(asr_lane & lane) {
    transcribe_session_params params;
    transcribe_session_params_init(&params);
    params.n_threads              = 1;
    transcribe_session *    opened = nullptr;
    const transcribe_status status = transcribe_session_init(&lane.weights(), &params, &opened);
    session_handle          session(opened);
    if (status != TRANSCRIBE_OK) {
        throw failure(status == TRANSCRIBE_ERR_OOM ? ASR_STATUS_OUT_OF_MEMORY : ASR_STATUS_INTERNAL,
                      "Cannot open a lane or a stream: " + engine_log());
    }
    transcribe_set_abort_callback(opened, is_lane_cancelled, &lane);
    return session;
}

inline std::unique_ptr<asr_lane> open_lane(asr_model & model) {
    auto lane     = std::make_unique<asr_lane>(model);
    lane->session = open_session(*lane);
    watch_cancel(*lane);
    return lane;
}

} // namespace asr

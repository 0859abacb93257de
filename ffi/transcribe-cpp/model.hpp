// model.hpp: loads and checks a model, and describes it.
//
// transcribe.cpp 0.4.1 computes only one chunk at a time per loaded model, because the sessions of a model share its
// backends. So each lane has its own loaded model. They share the memory of the weights, because the file is mapped.
#pragma once

namespace asr {

struct weights_deleter {
    void operator()(transcribe_model * weights) const { transcribe_model_free(weights); }
};

using weights_handle = std::unique_ptr<transcribe_model, weights_deleter>;

} // namespace asr

struct asr_model {
    std::string              path;
    int32_t                  device = ASR_DEVICE_CPU;
    asr::weights_handle      weights;             // used by the first lane, and for the facts of the model
    std::atomic<bool>        is_lent = { false }; // whether a lane uses `weights`
    std::vector<std::string> languages;
    transcribe_capabilities  can            = {};
    bool                     times_tokens   = false; // whether the model returns tokens with times
    bool                     streams_tokens = false; // whether the model also transcribes streams to tokens with times
    bool                     is_whisper     = false;
    float                    frame_s        = 0.0f; // length of a frame of the encoder in seconds
};

namespace asr {

// Maximum length of a chunk in seconds. The encoders of most models were trained with up to 30 s of audio. The attention
// of Parakeet reaches 20 s to both sides, so longer chunks would not improve its texts.
constexpr float   window_max_s  = 30.0f;
constexpr int32_t samples_per_s = 16000;

inline void require_gpu(bool has_gpu) {
    if (!has_gpu) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of transcribe.cpp found none");
    }
}

inline bool is_on_gpu(const transcribe_model & weights) {
    ggml_backend_dev_t device = ggml_backend_get_device(weights.primary_backend);
    return device != nullptr && ggml_backend_dev_type(device) != GGML_BACKEND_DEVICE_TYPE_CPU;
}

// Loads the weights. If the GPU fails, transcribe.cpp uses the CPU; this function then throws an exception.
inline weights_handle load_weights(const std::string & path, int32_t device) {
    const bool                   gpu = device == ASR_DEVICE_GPU;
    transcribe_model_load_params params;
    transcribe_model_load_params_init(&params);
    params.backend = gpu ? TRANSCRIBE_BACKEND_AUTO : TRANSCRIBE_BACKEND_CPU;
    transcribe_model *      loaded = nullptr;
    const transcribe_status status = transcribe_model_load_file(path.c_str(), &params, &loaded);
    weights_handle          weights(loaded);
    if (status == TRANSCRIBE_ERR_OOM) {
        throw failure(ASR_STATUS_OUT_OF_MEMORY, "Cannot load the model: there is not enough memory");
    }
    if (status != TRANSCRIBE_OK) {
        const std::string & logged = engine_log_line();
        reject_file(logged.empty() ? transcribe_status_string(status) : logged);
    }
    require_gpu(!gpu || is_on_gpu(*weights));
    return weights;
}

inline std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    if (options.device == ASR_DEVICE_GPU) {
        require_gpu(ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU) != nullptr ||
                    ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU) != nullptr);
    }
    const float frame_s = check_file(options);

    auto model     = std::make_unique<asr_model>();
    model->frame_s = frame_s;
    model->path    = options.path;
    model->device  = options.device;
    model->weights = load_weights(model->path, model->device);
    if ((transcribe_model_roles(model->weights.get()) & TRANSCRIBE_ROLE_ASR) == 0) {
        reject_file("it is not a model for speech recognition");
    }
    transcribe_capabilities_init(&model->can);
    if (transcribe_model_get_capabilities(model->weights.get(), &model->can) != TRANSCRIBE_OK) {
        throw failure(ASR_STATUS_INTERNAL, "Cannot read the capabilities of the model: " + engine_log());
    }
    for (int i = 0; i < model->can.n_languages; ++i) {
        model->languages.emplace_back(model->can.languages[i]);
    }
    model->is_whisper     = is_whisper(*model->weights);
    model->times_tokens   = model->can.max_timestamp_kind == TRANSCRIBE_TIMESTAMPS_TOKEN && model->weights->tokenizer() != nullptr;
    model->streams_tokens = model->can.supports_streaming && model->times_tokens;
    return model;
}

inline bool translates_into_english(const transcribe_capabilities & can) {
    const auto * begin = can.translate_target_languages;
    const auto * end   = begin + can.n_translate_target_languages;
    return can.supports_translate &&
           (begin == end || std::any_of(begin, end, [](const char * code) { return std::strcmp(code, "en") == 0; }));
}

inline float window_of(const transcribe_capabilities & can) {
    return can.max_audio_ms > 0 ? std::min(window_max_s, static_cast<float>(can.max_audio_ms) / 1000.0f) : window_max_s;
}

// The last token id is the blank of transducers and CTC models, which has no text.
inline asr_model_info describe_model(const asr_model & model) {
    const transcribe::Tokenizer * tokenizer = model.weights->tokenizer();
    const transcribe_capabilities & can     = model.can;
    asr_model_info info                     = {};
    info.groups                             = ASR_GROUP_RECOGNIZE | (model.streams_tokens ? ASR_GROUP_STREAM : 0);
    info.input                              = ASR_INPUT_PCM_16K;
    info.capabilities          = (can.supports_language_detect ? ASR_CAPABILITY_DETECT_LANGUAGE : 0) |
                                 (translates_into_english(can) ? ASR_CAPABILITY_TRANSLATE : 0) |
                                 (model.times_tokens ? ASR_CAPABILITY_TOKEN_TIMES : 0);
    info.token_text_end        = tokenizer == nullptr ? 0 : tokenizer->n_tokens();
    info.n_vocab               = info.token_text_end + 1;
    info.n_languages           = static_cast<int32_t>(model.languages.size());
    info.token_timestamp_begin = -1;
    info.window_max_s          = window_of(can);
    info.frame_s               = model.times_tokens ? model.frame_s : 0.0f;
    return info;
}

inline std::string token_bytes(const asr_model & model, int32_t id) {
    return model.weights->tokenizer()->decode(&id, 1);
}

} // namespace asr

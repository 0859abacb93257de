// model.hpp: loads and checks a ggml Whisper model, describes it, and finds its control tokens.
#pragma once

struct asr_model {
    whisper_context *                 ctx = nullptr;
    asr::whisper_rules                rules;
    std::vector<std::string>          languages;
    int32_t                           device = ASR_DEVICE_CPU;

    asr_model() = default;
    asr_model(const asr_model &) = delete;
    asr_model & operator=(const asr_model &) = delete;
    ~asr_model() { whisper_free(ctx); }

    const whisper_vocab &   vocab() const { return ctx->vocab; }
    const whisper_hparams & hparams() const { return ctx->model.hparams; }

    // Returns the maximum number of tokens of a prompt. The prompt has half of the decoder's positions, and the
    // transcript has the other half.
    int32_t n_prompt_max() const { return hparams().n_text_ctx / 2 - 1; }
    int32_t n_decode_max() const { return hparams().n_text_ctx / 2; }

    // Returns the number of encoder positions in a full window, 50 per second.
    int32_t n_window_max() const { return hparams().n_audio_ctx; }
};

namespace asr {

constexpr int32_t samples_per_s   = 16000;
constexpr int32_t samples_per_pos = samples_per_s / positions_per_s;

// Chooses the attention heads for word times by the model's dimensions (OpenAI's table). For other dimensions, chooses all heads
// of the upper half of the layers.
inline void choose_alignment_heads(whisper_context & ctx) {
    const whisper_hparams & h       = ctx.model.hparams;
    const bool              english = !ctx.vocab.is_multilingual();
    const auto              preset  = [&] {
        if (h.n_audio_layer == 32) {
            return h.n_text_layer == 4 ? WHISPER_AHEADS_LARGE_V3_TURBO :
                   h.n_text_layer != 32 ? WHISPER_AHEADS_N_TOP_MOST :
                   h.n_mels == 128 ? WHISPER_AHEADS_LARGE_V3 : WHISPER_AHEADS_LARGE_V2;
        }
        if (h.n_audio_layer != h.n_text_layer) {
            return WHISPER_AHEADS_N_TOP_MOST;
        }
        switch (h.n_audio_layer) {
            case 4:  return english ? WHISPER_AHEADS_TINY_EN : WHISPER_AHEADS_TINY;
            case 6:  return english ? WHISPER_AHEADS_BASE_EN : WHISPER_AHEADS_BASE;
            case 12: return english ? WHISPER_AHEADS_SMALL_EN : WHISPER_AHEADS_SMALL;
            case 24: return english ? WHISPER_AHEADS_MEDIUM_EN : WHISPER_AHEADS_MEDIUM;
            default: return WHISPER_AHEADS_N_TOP_MOST;
        }
    }();
    ctx.params.dtw_aheads_preset = preset;
    ctx.params.dtw_n_top         = (h.n_text_layer + 1) / 2;
}

inline whisper_rules find_rules(const whisper_vocab & vocab) {
    control_tokens ids;
    ids.eot           = vocab.token_eot;
    ids.sot           = vocab.token_sot;
    ids.translate     = vocab.token_translate;
    ids.transcribe    = vocab.token_transcribe;
    ids.prev          = vocab.token_prev;
    ids.no_speech     = vocab.token_nosp;
    ids.no_timestamps = vocab.token_not;
    ids.n_vocab       = vocab.n_vocab;
    ids.n_languages   = vocab.is_multilingual() ? vocab.num_languages() : 0;
    const auto find   = [&](const std::string & text) {
        const auto found = vocab.token_to_id.find(text);
        return found != vocab.token_to_id.end() ? found->second : -1;
    };
    return { ids, suppressed_tokens(ids, find), suppressed_first_tokens(ids, find) };
}

inline std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    const bool gpu = options.device == ASR_DEVICE_GPU;
    if (gpu && ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU) == nullptr &&
        ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU) == nullptr) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of whisper.cpp found none");
    }
    model_source source(options);
    check_ggml_file(source);

    whisper_context_params params = whisper_context_default_params();
    params.use_gpu                = gpu;
    // Flash attention is off for two reasons: it pads the audio with old contents of the cache, and it does not return
    // the attention weights, which are necessary for word times.
    params.flash_attn             = false;
    params.dtw_token_timestamps   = true;
    params.dtw_aheads_preset      = WHISPER_AHEADS_N_TOP_MOST; // choose_alignment_heads() replaces this value after the load

    auto                 model  = std::make_unique<asr_model>();
    whisper_model_loader loader = source.loader();
    model->device               = options.device;
    model->ctx                  = whisper_init_with_params_no_state(&loader, params);
    if (model->ctx == nullptr) {
        throw failure(ASR_STATUS_BAD_MODEL, source.is_cut_short() ? cut_short : "Cannot read the model: " + engine_log());
    }
    choose_alignment_heads(*model->ctx);

    const whisper_vocab & vocab = model->vocab();
    for (int32_t i = 0; i < (vocab.is_multilingual() ? vocab.num_languages() : 1); ++i) {
        const char * code = whisper_lang_str(i);
        model->languages.emplace_back(code == nullptr ? "" : code);
    }
    model->rules = find_rules(vocab);
    return model;
}

inline asr_model_info describe_model(const asr_model & model) {
    const whisper_vocab & vocab        = model.vocab();
    const bool            multilingual = vocab.is_multilingual();
    // Models with a shortened decoder (large-v3-turbo, distil-whisper) were trained only to transcribe.
    const bool            translates   = multilingual && model.hparams().n_text_layer >= model.hparams().n_audio_layer;
    asr_model_info        info         = {};
    info.groups                        = ASR_GROUP_PROMPTED;
    info.input                         = ASR_INPUT_PCM_16K;
    info.capabilities          = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_ALIGN | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS |
                                 ASR_CAPABILITY_TEMPERATURE |
                                 (multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE : 0) | (translates ? ASR_CAPABILITY_TRANSLATE : 0);
    info.n_vocab               = model.hparams().n_vocab;
    info.n_languages           = static_cast<int32_t>(model.languages.size());
    info.n_prompt_max          = model.n_prompt_max();
    info.token_text_end        = vocab.token_eot;
    info.token_timestamp_begin = vocab.token_beg;
    info.timestamp_step_s      = timestamp_step_s;
    info.window_max_s          = window_seconds(model.n_window_max());
    info.window_step_s         = window_seconds(window_step);
    return info;
}

inline const std::string & token_bytes(const asr_model & model, int32_t id) {
    return model.vocab().id_to_token.at(id);
}

} // namespace asr

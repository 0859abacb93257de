// model.hpp: loads and checks a ggml Whisper model. Describes the model, and lists the tokens that a search must not choose.
#pragma once

struct asr_model {
    whisper_context *                 ctx = nullptr;
    std::vector<int32_t>              suppressed; // tokens that a search never chooses
    std::vector<int32_t>              blank;      // tokens that a search never chooses as the first token
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

constexpr int32_t samples_per_s       = 16000;
constexpr int32_t positions_per_s     = 50;
constexpr int32_t samples_per_pos     = samples_per_s / positions_per_s;
constexpr int32_t window_step         = 64; // positions
constexpr float   timestamp_step_s    = 0.02f;

constexpr const char * cut_short = "Cannot read the model: the file is cut short";

// Provides the bytes of a model, from a file or from memory, to whisper.cpp's loader. The loader does not check how
// many bytes a read returned, so this class rejects a truncated model.
class model_source {
  public:
    explicit model_source(const asr_model_options & options) : data_(static_cast<const char *>(options.data)), size_(options.data_size) {
        if (data_ == nullptr) {
            file_.open(std::filesystem::u8path(options.path), std::ios::binary);
            if (!file_) {
                throw failure(ASR_STATUS_BAD_MODEL, "Cannot open the model file");
            }
        }
    }

    size_t read(void * to, size_t n) {
        size_t got = 0;
        if (data_ != nullptr) {
            got = std::min(n, static_cast<size_t>(size_ - at_));
            std::memcpy(to, data_ + at_, got);
            at_ += static_cast<int64_t>(got);
        } else {
            file_.read(static_cast<char *>(to), static_cast<std::streamsize>(n));
            got = static_cast<size_t>(file_.gcount());
        }
        if (got < n) {
            // Maximum number of integers that may be read after the end. A complete file ends after a tensor.
            // whisper.cpp then reads three integers after the end before it detects the end.
            constexpr int32_t reads_past_end_max = 3;
            is_cut_short_ = is_cut_short_ || got > 0 || n != sizeof(int32_t) || reads_past_end_ == reads_past_end_max;
            if (is_cut_short_) {
                throw failure(ASR_STATUS_BAD_MODEL, cut_short);
            }
            std::memset(to, 0, n);
            ++reads_past_end_;
        }
        return got;
    }

    void rewind() {
        at_ = 0;
        if (file_.is_open()) {
            file_.clear();
            file_.seekg(0);
        }
    }

    bool eof() const { return reads_past_end_ > 0; }

    // Returns whether the model was truncated. The caller cannot use the exception of read(), because whisper.cpp
    // catches this exception.
    bool is_cut_short() const { return is_cut_short_; }

    whisper_model_loader loader() {
        whisper_model_loader loader = {};
        loader.context              = this;
        loader.read  = [](void * self, void * to, size_t n) { return static_cast<model_source *>(self)->read(to, n); };
        loader.eof   = [](void * self) { return static_cast<model_source *>(self)->eof(); };
        loader.close = [](void *) {};
        return loader;
    }

  private:
    std::ifstream file_;
    const char *  data_;
    int64_t       size_;
    int64_t       at_             = 0;
    int32_t       reads_past_end_ = 0;
    bool          is_cut_short_   = false;
};

// Checks the numbers in the header. This is necessary because whisper.cpp allocates memory of these sizes before it
// validates them.
inline void check_header(model_source & source) {
    struct {
        uint32_t magic;
        int32_t  n_vocab, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer;
        int32_t  n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels, ftype, filter_mels, filter_bins;
    } h = {};
    source.read(&h, sizeof(h));
    source.rewind();

    if (h.magic != GGML_FILE_MAGIC) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: expected a whisper.cpp model (ggml), found another kind of file");
    }
    const auto within = [](int32_t x, int32_t low, int32_t high) { return x >= low && x <= high; };
    // The types that ggml_ftype_to_ggml_type() supports. This function calls abort() for other types.
    constexpr int32_t types[] = { 0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 24 };
    const bool        typed   = std::find(std::begin(types), std::end(types), h.ftype % GGML_QNT_VERSION_FACTOR) != std::end(types);
    const bool        sane    = typed && within(h.n_vocab, 51864, 60000) && within(h.n_audio_ctx, 1, 1500) && within(h.n_audio_state, 64, 4096) &&
                      within(h.n_audio_head, 1, 64) && within(h.n_audio_layer, 1, 128) && within(h.n_text_ctx, 32, 4096) &&
                      within(h.n_text_state, 64, 4096) && within(h.n_text_head, 1, 64) && within(h.n_text_layer, 1, 128) &&
                      (h.n_mels == 80 || h.n_mels == 128) && h.filter_mels == h.n_mels && within(h.filter_bins, 1, 4096) &&
                      h.n_audio_state % h.n_audio_head == 0 && h.n_text_state % h.n_text_head == 0;
    if (!sane) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: its header holds impossible dimensions");
    }
}

// Chooses the attention heads for word times. OpenAI's table lists the heads for the usual dimensions of models. For
// other dimensions, all heads in the upper half of the layers are chosen.
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

// Returns the control tokens and the tokens that are not speech (OpenAI's Tokenizer.non_speech_tokens).
inline std::vector<int32_t> suppressed_tokens(whisper_context & ctx) {
    const whisper_vocab & vocab = ctx.vocab;
    std::set<int32_t>     ids   = { vocab.token_sot, vocab.token_translate, vocab.token_transcribe, vocab.token_solm,
                                    vocab.token_prev, vocab.token_nosp, vocab.token_not };
    for (int32_t i = 0; vocab.is_multilingual() && i < vocab.num_languages(); ++i) {
        ids.insert(vocab.token_sot + 1 + i);
    }
    const auto insert = [&](const std::string & text) {
        const auto found = vocab.token_to_id.find(text);
        if (found != vocab.token_to_id.end()) {
            ids.insert(found->second);
        }
    };
    for (const std::string & symbol : non_speech_tokens) {
        insert(symbol);
        insert(" " + symbol);
    }
    insert(" -");
    insert(" '");
    insert("\xe2\x99"); // first bytes of the musical symbols in UTF-8
    insert(" \xe2\x99");
    return { ids.begin(), ids.end() };
}

inline std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    const bool gpu = options.device == ASR_DEVICE_GPU;
    if (gpu && ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU) == nullptr &&
        ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_IGPU) == nullptr) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of whisper.cpp found none");
    }
    model_source source(options);
    check_header(source);

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
    model->suppressed = suppressed_tokens(*model->ctx);
    model->blank      = { vocab.token_eot };
    if (const auto space = vocab.token_to_id.find(" "); space != vocab.token_to_id.end()) {
        model->blank.push_back(space->second);
    }
    return model;
}

inline asr_model_info describe_model(const asr_model & model) {
    const whisper_vocab & vocab        = model.vocab();
    const bool            multilingual = vocab.is_multilingual();
    asr_model_info        info         = {};
    info.groups                        = ASR_GROUP_PROMPTED;
    info.input                         = ASR_INPUT_PCM_16K;
    info.capabilities          = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_ALIGN | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS |
                                 ASR_CAPABILITY_TEMPERATURE |
                                 (multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE | ASR_CAPABILITY_TRANSLATE : 0);
    info.n_vocab               = model.hparams().n_vocab;
    info.n_languages           = static_cast<int32_t>(model.languages.size());
    info.n_prompt_max          = model.n_prompt_max();
    info.token_text_end        = vocab.token_eot;
    info.token_timestamp_begin = vocab.token_beg;
    info.timestamp_step_s      = timestamp_step_s;
    info.window_max_s          = static_cast<float>(model.n_window_max()) / positions_per_s;
    info.window_step_s         = static_cast<float>(window_step) / positions_per_s;
    return info;
}

inline const std::string & token_bytes(const asr_model & model, int32_t id) {
    return model.vocab().id_to_token.at(id);
}

} // namespace asr

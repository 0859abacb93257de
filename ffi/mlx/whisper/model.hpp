// model.hpp: loads a Whisper model for MLX and describes it. Lanes and their encodings are in lane.hpp.
#pragma once

namespace asr::whisper {

// The parts of a model that only its owner may use, because they contain arrays of MLX.
struct network {
    const model_config & config;
    whisper::layers      layers;
    whisper::encoder     encoder;
    whisper::decoder     decoder;
    attention_heads      heads; // for word times

    network(const model_files & files, const model_config & c, mx::Dtype type, bool on_gpu)
        : network(weight_reader(files, { "weights.safetensors", "weights.npz" }, c.quantized, type, on_gpu), c, type,
                  on_gpu) {}

  private:
    network(weight_reader && reader, const model_config & c, mx::Dtype type, bool on_gpu)
        : config(c), layers(on_gpu), encoder(reader, config, type, layers), decoder(reader, config, type, layers),
          heads(read_alignment_heads(reader, config)) {}
};

struct encoding;
struct lane;

// A chunk of a decoding, and its result.
struct decode_member {
    const asr_chunk *    chunk = nullptr;
    asr_times *          times = nullptr; // of the lane
    std::vector<int32_t> past;  // <|startofprev|> and the tokens of the text before the chunk
    std::vector<int32_t> start; // <|startoftranscript|> and the tokens up to the transcript
    const encoding *     encoded = nullptr;
    chunk_result         result;
    bool                 is_finished = false; // whether the result is complete
    std::exception_ptr   error;               // set if the chunk failed
};

// A call of asr_lane_decode.
struct decode_call {
    whisper::lane *            lane;
    std::vector<decode_member> members; // one for each chunk of the call, in their order
};

void decode_together(const std::vector<decode_call *> & calls);

struct model : asr_model {
    model_config              config;
    whisper_rules             rules;
    std::unique_ptr<network>  net;
    owner_thread<decode_call> owner{ decode_together };

    ~model() override {
        owner.run([this] { net.reset(); });
    }

    // Returns the maximum number of tokens of a prompt. The prompt has half of the decoder's positions, and the
    // transcript has the other half.
    int32_t n_prompt_max() const { return config.n_text_ctx / 2 - 1; }

    asr_model_info info() const override {
        const bool multilingual = config.is_multilingual();
        // Models with a shortened decoder (large-v3-turbo, distil-whisper) were trained only to transcribe.
        const bool     translates  = multilingual && config.n_text_layer >= config.n_audio_layer;
        asr_model_info info        = {};
        info.groups                = ASR_GROUP_PROMPTED;
        info.input                 = config.n_mels == 80 ? ASR_INPUT_LOG_MEL_80 : ASR_INPUT_LOG_MEL_128;
        info.capabilities          = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS |
                                     ASR_CAPABILITY_TEMPERATURE | ASR_CAPABILITY_ALIGN |
                                     (multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE : 0) |
                                     (translates ? ASR_CAPABILITY_TRANSLATE : 0);
        info.n_vocab               = config.n_vocab;
        info.n_languages           = static_cast<int32_t>(languages.size());
        info.n_prompt_max          = n_prompt_max();
        info.token_text_end        = rules.ids.eot;
        info.token_timestamp_begin = rules.ids.timestamp_begin();
        info.timestamp_step_s      = timestamp_step_s;
        info.window_max_s          = window_seconds(config.n_audio_ctx);
        info.window_step_s         = window_seconds(window_step);
        return info;
    }

    std::unique_ptr<asr_lane> open_lane() override;
};

inline std::unique_ptr<asr_model> load_model(const model_files & files, const json_value & json,
                                             const asr_model_options & options) {
    const bool      on_gpu     = options.device == ASR_DEVICE_GPU;
    const mx::Dtype type       = choose_type(options.compute_type, on_gpu);
    auto            loaded     = std::make_unique<model>();
    loaded->config             = read_config(json);
    loaded->tokens             = read_vocabulary(loaded->config.is_multilingual());
    loaded->rules.ids          = control_tokens_of(loaded->config, static_cast<int32_t>(loaded->tokens.size()));
    const control_tokens & ids = loaded->rules.ids;
    for (int32_t i = 0; i < std::max(1, ids.n_languages); ++i) {
        loaded->languages.emplace_back(whisper_languages[i]);
    }
    const auto find = [&](const std::string & text) {
        const auto found = std::find(loaded->tokens.begin(), loaded->tokens.end(), text);
        return found == loaded->tokens.end() ? -1 : static_cast<int32_t>(found - loaded->tokens.begin());
    };
    loaded->rules.suppressed       = suppressed_tokens(ids, find);
    loaded->rules.suppressed_first = suppressed_first_tokens(ids, find);
    loaded->owner.run([&] {
        choose_device(on_gpu);
        loaded->net = std::make_unique<network>(files, loaded->config, type, on_gpu);
    });
    return loaded;
}

} // namespace asr::whisper

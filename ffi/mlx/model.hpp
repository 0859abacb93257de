// model.hpp: loads a Whisper model for MLX and describes it. Lanes and their encodings are in lane.hpp.
#pragma once

namespace asr {

// The parts of a model that only its owner may use, because they contain arrays of MLX.
struct network {
    model_config    config;
    asr::layers     layers;
    asr::encoder    encoder;
    asr::decoder    decoder;
    attention_heads heads; // for word times

    network(const model_files & files, const model_config & c, mx::Dtype type, bool on_gpu)
        : network(weight_reader(files, c, type, on_gpu), c, type, on_gpu) {}

  private:
    network(weight_reader && reader, const model_config & c, mx::Dtype type, bool on_gpu)
        : config(c), layers(config, on_gpu), encoder(reader, config, type, layers), decoder(reader, config, type, layers),
          heads(reader.alignment_heads()) {}
};

struct encoding;

// A chunk of a decoding, and its result.
struct decode_member {
    const asr_chunk *    chunk = nullptr;
    std::vector<int32_t> past;  // <|startofprev|> and the tokens of the text before the chunk
    std::vector<int32_t> start; // <|startoftranscript|> and the tokens up to the transcript
    const encoding *     encoded = nullptr;
    chunk_result         result;
    bool                 is_finished = false; // whether the result is complete
    std::exception_ptr   error;               // set if the chunk failed
};

// A call of asr_lane_decode.
struct decode_call {
    asr_lane *                 lane;
    const asr_chunk *          chunks;
    int32_t                    n;
    std::vector<decode_member> members;
};

} // namespace asr

#include "owner.hpp"

namespace asr {

void decode_together(const std::vector<decode_call *> & calls);

} // namespace asr

struct asr_model {
    asr::model_config             config;
    asr::whisper_rules            rules;
    std::vector<std::string>      tokens; // bytes of the text tokens
    std::vector<std::string>      languages;
    std::unique_ptr<asr::network> network;
    asr::owner                    owner{ asr::decode_together };

    asr_model() = default;
    asr_model(const asr_model &) = delete;
    asr_model & operator=(const asr_model &) = delete;
    ~asr_model() {
        owner.run([this] { network.reset(); });
    }

    // Returns the maximum number of tokens of a prompt. The prompt has half of the decoder's positions, and the
    // transcript has the other half.
    int32_t n_prompt_max() const { return config.n_text_ctx / 2 - 1; }
};

namespace asr {

constexpr int32_t positions_per_s = 50;
constexpr int32_t frames_per_pos  = 2;
constexpr int32_t window_step     = 64; // positions

inline float window_seconds(int32_t positions) {
    return static_cast<float>(positions) / positions_per_s;
}

// Returns the type in which a device computes. A CPU computes other types than float32 without vector instructions.
inline mx::Dtype choose_type(const char * name, bool on_gpu) {
    const std::string_view wanted = name == nullptr ? std::string_view(on_gpu ? "float16" : "float32") : std::string_view(name);
    if (wanted == "float32") {
        return mx::float32;
    }
    if (on_gpu && wanted == "float16") {
        return mx::float16;
    }
    if (on_gpu && wanted == "bfloat16") {
        return mx::bfloat16;
    }
    throw failure(ASR_STATUS_UNSUPPORTED, "Cannot compute in " + std::string(wanted) + " on this " +
                                              (on_gpu ? "GPU: expected float16, bfloat16 or float32" : "CPU: expected one of float32"));
}

inline void choose_device(bool on_gpu) {
    if (on_gpu && !mx::is_available(mx::Device::gpu)) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: this build of MLX found none");
    }
    mx::set_default_device(on_gpu ? mx::Device::gpu : mx::Device::cpu);
    if (!on_gpu) {
        mx::disable_compile(); // it would run a C++ compiler
    }
    constexpr size_t cache_bytes_max = 512 << 20; // memory that MLX keeps for its next arrays
    mx::set_cache_limit(cache_bytes_max);
}

inline std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    const bool        on_gpu = options.device == ASR_DEVICE_GPU;
    const mx::Dtype   type   = choose_type(options.compute_type, on_gpu);
    const model_files files(options);
    auto              model  = std::make_unique<asr_model>();
    model->config            = read_config(files);
    model->tokens            = read_vocabulary(model->config.is_multilingual());
    model->rules.ids         = control_tokens_of(model->config, static_cast<int32_t>(model->tokens.size()));
    const control_tokens & ids = model->rules.ids;
    for (int32_t i = 0; i < std::max(1, ids.n_languages); ++i) {
        model->languages.emplace_back(whisper_languages[i]);
    }
    const auto find = [&](const std::string & text) {
        const auto found = std::find(model->tokens.begin(), model->tokens.end(), text);
        return found == model->tokens.end() ? -1 : static_cast<int32_t>(found - model->tokens.begin());
    };
    model->rules.suppressed       = suppressed_tokens(ids, find);
    model->rules.suppressed_first = suppressed_first_tokens(ids, find);
    model->owner.run([&] {
        choose_device(on_gpu);
        model->network = std::make_unique<network>(files, model->config, type, on_gpu);
    });
    return model;
}

inline asr_model_info describe_model(const asr_model & model) {
    const model_config & config       = model.config;
    const bool           multilingual = config.is_multilingual();
    // Models with a shortened decoder (large-v3-turbo, distil-whisper) were trained only to transcribe.
    const bool     translates = multilingual && config.n_text_layer >= config.n_audio_layer;
    asr_model_info info       = {};
    info.groups               = ASR_GROUP_PROMPTED;
    info.input                = config.n_mels == 80 ? ASR_INPUT_LOG_MEL_80 : ASR_INPUT_LOG_MEL_128;
    info.capabilities         = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS | ASR_CAPABILITY_TEMPERATURE |
                        ASR_CAPABILITY_ALIGN | (multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE : 0) |
                        (translates ? ASR_CAPABILITY_TRANSLATE : 0);
    info.n_vocab               = config.n_vocab;
    info.n_languages           = static_cast<int32_t>(model.languages.size());
    info.n_prompt_max          = model.n_prompt_max();
    info.token_text_end        = model.rules.ids.eot;
    info.token_timestamp_begin = model.rules.ids.timestamp_begin();
    info.timestamp_step_s      = timestamp_step_s;
    info.window_max_s          = window_seconds(config.n_audio_ctx);
    info.window_step_s         = window_seconds(window_step);
    return info;
}

inline const std::string & token_bytes(const asr_model & model, int32_t id) {
    return model.tokens[static_cast<size_t>(id)];
}

} // namespace asr

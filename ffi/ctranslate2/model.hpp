// model.hpp: loads and checks a folder in CTranslate2's Whisper format. Describes the model, and lists the tokens that a search
// must not choose.
#pragma once

struct asr_model {
    std::shared_ptr<const ctranslate2::models::WhisperModel> weights; // weights that all lanes share
    asr::whisper_rules                                       rules;
    std::vector<std::string>                                 languages;
    bool                                                     multilingual = false;
    bool                                                     can_align    = false;
    int32_t                                                  n_mels       = 0;
    int32_t                                                  n_window_max = 0; // number of encoder positions in a full window, 50 per second
    int32_t                                                  n_text_ctx   = 0; // number of decoder positions
    asr::byte_spelling                                       spelling;
    std::unique_ptr<asr::scheduler>                          work; // divides the threads among the lanes

    // Returns the maximum number of tokens of a prompt. The prompt has half of the decoder's positions, and the
    // transcript has the other half.
    int32_t n_prompt_max() const { return n_text_ctx / 2 - 1; }

    ctranslate2::Device device() const { return weights->device(); }
};

namespace asr {

// The activation function of Whisper.
constexpr ctranslate2::ops::ActivationType gelu = ctranslate2::ops::ActivationType::GELU;

// Runs `work`, which calls CTranslate2, and converts its exceptions to failures. The status is OUT_OF_MEMORY if an
// allocation failed; otherwise it is `status`.
template <typename Work> auto call_engine(asr_status status, const std::string & action, Work && work) {
    const char * advice = status == ASR_STATUS_BAD_MODEL ? download_again : "";
    return convert_exceptions(status, action, "failed to allocate memory", advice, std::forward<Work>(work));
}

// --- compute types ---

struct compute_type {
    const char * name;
    bool (*is_supported)(ctranslate2::Device);
};

using ctranslate2::Device;

inline const compute_type compute_types[] = {
    { "int8", [](Device d) { return ctranslate2::mayiuse_int8(d); } },
    { "int8_float32", [](Device d) { return ctranslate2::mayiuse_int8(d); } },
    { "int8_float16", [](Device d) { return ctranslate2::mayiuse_int8(d) && ctranslate2::mayiuse_float16(d); } },
    { "int8_bfloat16", [](Device d) { return ctranslate2::mayiuse_int8(d) && ctranslate2::mayiuse_bfloat16(d); } },
    { "int16", [](Device d) { return ctranslate2::mayiuse_int16(d); } },
    { "float16", [](Device d) { return ctranslate2::mayiuse_float16(d); } },
    { "bfloat16", [](Device d) { return ctranslate2::mayiuse_bfloat16(d); } },
    { "float32", [](Device) { return true; } },
    { "auto", [](Device) { return true; } },
    { "default", [](Device) { return true; } },
};

inline std::string supported_compute_types(Device device) {
    std::string names;
    for (const compute_type & type : compute_types) {
        if (type.is_supported(device)) {
            names += (names.empty() ? "" : ", ") + std::string(type.name);
        }
    }
    return names;
}

// Returns the default compute type of a device: int8 on a CPU and float16 on a GPU, because these types are the
// fastest. If the device does not support its default type, CTranslate2 chooses another type.
inline ctranslate2::ComputeType default_compute_type(Device device) {
    if (device == Device::CUDA) {
        return ctranslate2::mayiuse_float16(device) ? ctranslate2::ComputeType::FLOAT16 : ctranslate2::ComputeType::AUTO;
    }
    return ctranslate2::mayiuse_int8(device) ? ctranslate2::ComputeType::INT8 : ctranslate2::ComputeType::AUTO;
}

// Returns the compute type with this name, or the default type of the device if `name` is NULL.
inline ctranslate2::ComputeType choose_compute_type(const char * name, Device device) {
    if (name == nullptr) {
        return default_compute_type(device);
    }
    for (const compute_type & type : compute_types) {
        if (std::strcmp(type.name, name) == 0 && type.is_supported(device)) {
            return ctranslate2::str_to_compute_type(name);
        }
    }
    throw failure(ASR_STATUS_UNSUPPORTED, std::string("Cannot compute in ") + name + " on this " +
                                              (device == Device::CPU ? "CPU" : "GPU") + ": expected one of " +
                                              supported_compute_types(device));
}

// --- reading ---

inline int32_t dimension(const asr_model & model, const char * name, size_t axis) {
    const ctranslate2::StorageView & variable = model.weights->get_variable(name);
    return static_cast<size_t>(variable.rank()) > axis ? static_cast<int32_t>(variable.dim(static_cast<ctranslate2::dim_t>(axis))) : 0;
}

// Reads a list of token ids and checks them. The check is necessary because CTranslate2 uses the numbers in config.json
// as indices without a check.
inline std::vector<int32_t> read_token_list(const asr_model & model, const char * key) {
    std::vector<int32_t> ids;
    const auto           found = model.weights->config.find(key);
    if (found == model.weights->config.end()) {
        return ids;
    }
    for (const auto & id : *found) {
        if (!id.is_number_integer() || id < 0 || id >= model.rules.ids.n_vocab) {
            reject_model(std::string("config.json names a token in ") + key + " that the vocabulary does not have");
        }
        ids.push_back(id.get<int32_t>());
    }
    return ids;
}

inline int32_t decoder_heads(const asr_model & model) {
    return model.weights->get_attribute_with_default<int32_t>("decoder/num_heads", 8);
}

// Returns whether config.json lists the attention heads for word times. Throws an error if the model does not have one
// of these heads.
inline bool check_alignment_heads(const asr_model & model) {
    const auto found = model.weights->config.find("alignment_heads");
    if (found == model.weights->config.end()) {
        return false;
    }
    const int32_t n_heads = decoder_heads(model);
    for (const auto & pair : *found) {
        const bool formed = pair.is_array() && pair.size() == 2 && pair[0].is_number_integer() && pair[1].is_number_integer();
        if (!formed || pair[0] < 0 || pair[1] < 0 || pair[1] >= n_heads ||
            !model.weights->layer_exists("decoder/layer_" + std::to_string(pair[0].get<int32_t>()))) {
            reject_model("config.json names alignment_heads that model.bin does not have");
        }
    }
    return !found->empty();
}

inline void read_properties(asr_model & model) {
    const ctranslate2::Vocabulary & vocabulary = model.weights->get_vocabulary();
    model.rules.ids                            = find_control_tokens(vocabulary);
    model.n_mels                               = dimension(model, "encoder/conv1/weight", 1);
    model.n_window_max                         = dimension(model, "encoder/position_encodings/encodings", 0);
    model.n_text_ctx                           = dimension(model, "decoder/position_encodings/encodings", 0);
    const int32_t n_embeddings                 = dimension(model, "decoder/embeddings/weight", 0);
    if (n_embeddings != model.rules.ids.n_vocab) {
        reject_model("its vocabulary has " + std::to_string(model.rules.ids.n_vocab) + " tokens, its model.bin " +
                     std::to_string(n_embeddings) + ": they are of different models");
    }
    if ((model.n_mels != 80 && model.n_mels != 128) || model.n_window_max < 64 || model.n_text_ctx < 16) {
        reject_model("model.bin holds dimensions that no Whisper model has");
    }
    const std::vector<std::string> languages = find_languages(vocabulary, model.rules.ids);
    model.languages              = model.multilingual ? languages : std::vector<std::string>{ "en" };
    model.rules.ids.n_languages  = model.multilingual ? static_cast<int32_t>(languages.size()) : 0;
    model.rules.suppressed       = read_token_list(model, "suppress_ids");
    model.rules.suppressed_first = read_token_list(model, "suppress_ids_begin");
    model.rules.suppressed.push_back(model.rules.ids.no_timestamps);
    model.can_align              = check_alignment_heads(model);
}

// With Intel's MKL, CTranslate2 copies the weights to MKL's own order, which our products of 8-bit numbers (cpu/matrix_products.cpp)
// cannot read. For floats, this order is faster. CTranslate2 reads the setting once, so the first model of a process decides.
inline void choose_order_of_weights(ctranslate2::ComputeType type) {
#ifdef ASR_CPU_KERNELS
    const bool is_8_bit = type == ctranslate2::ComputeType::INT8 || type == ctranslate2::ComputeType::INT8_FLOAT32 ||
                          type == ctranslate2::ComputeType::AUTO; // 8 bits on these CPUs
    if (is_8_bit && functions_of_this_cpu().multiply_bytes != nullptr) {
        setenv("CT2_PACKED_GEMM", "0", /*overwrite=*/0);
    }
#else
    static_cast<void>(type);
#endif
}

inline std::shared_ptr<const ctranslate2::models::Model> load_weights(const asr_model_options & options,
                                                                      Device device, ctranslate2::ComputeType type) {
    if (options.path != nullptr) {
        return ctranslate2::models::Model::load(options.path, device, 0, type);
    }
    files_in_memory files(options.files, options.n_files);
    return ctranslate2::models::Model::load(files, device, 0, type);
}

inline std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    const Device device = options.device == ASR_DEVICE_GPU ? Device::CUDA : Device::CPU;
    if (device == Device::CUDA) {
        require_gpu();
    }
    const ctranslate2::ComputeType type = choose_compute_type(options.compute_type, device);
    choose_order_of_weights(type);
    if (options.path != nullptr) {
        check_files(std::filesystem::u8path(options.path));
    }

    auto model     = std::make_unique<asr_model>();
    model->weights = call_engine(ASR_STATUS_BAD_MODEL, "read model.bin", [&] {
        const auto weights = load_weights(options, device, type);
        auto       whisper = std::dynamic_pointer_cast<const ctranslate2::models::WhisperModel>(weights);
        if (whisper == nullptr) {
            throw std::runtime_error("it is a CTranslate2 model of another kind, expected Whisper");
        }
        return whisper;
    });
    call_engine(ASR_STATUS_BAD_MODEL, "use model.bin", [&] {
        // If a layer is missing, this constructor throws an exception with the name of the layer.
        model->multilingual = ctranslate2::models::WhisperReplica(model->weights).is_multilingual();
        read_properties(*model);
        return 0;
    });
    return model;
}

// Returns whether the decoder has at least as many layers as the encoder. Models with a shortened decoder
// (large-v3-turbo, distil-whisper) were trained only to transcribe, not to translate.
inline bool has_whole_decoder(const asr_model & model) {
    for (int32_t layer = 0; model.weights->layer_exists("encoder/layer_" + std::to_string(layer)); ++layer) {
        if (!model.weights->layer_exists("decoder/layer_" + std::to_string(layer))) {
            return false;
        }
    }
    return true;
}

inline asr_model_info describe_model(const asr_model & model) {
    asr_model_info info = {};
    info.groups         = ASR_GROUP_PROMPTED;
    info.input          = model.n_mels == 80 ? ASR_INPUT_LOG_MEL_80 : ASR_INPUT_LOG_MEL_128;
    info.capabilities   = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS | ASR_CAPABILITY_TEMPERATURE |
                        (model.can_align ? ASR_CAPABILITY_ALIGN : 0) |
                        (model.multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE : 0) |
                        (model.multilingual && has_whole_decoder(model) ? ASR_CAPABILITY_TRANSLATE : 0);
    info.n_vocab               = model.rules.ids.n_vocab;
    info.n_languages           = static_cast<int32_t>(model.languages.size());
    info.n_prompt_max          = model.n_prompt_max();
    info.token_text_end        = model.rules.ids.eot;
    info.token_timestamp_begin = model.rules.ids.timestamp_begin();
    info.timestamp_step_s      = timestamp_step_s;
    info.window_max_s          = window_seconds(model.n_window_max);
    info.window_step_s         = window_seconds(window_step);
    return info;
}

inline std::vector<uint8_t> token_bytes(const asr_model & model, int32_t id) {
    return model.spelling.bytes_of(model.weights->get_vocabulary().to_token(static_cast<size_t>(id)));
}

} // namespace asr

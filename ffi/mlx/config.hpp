// config.hpp: reads config.json of a Whisper model for MLX.
#pragma once

namespace asr {

struct model_config {
    int32_t n_mels, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer;
    int32_t n_vocab, n_text_ctx, n_text_state, n_text_head, n_text_layer;
    int32_t group_size = 0; // 0: the weights are not quantised
    int32_t bits       = 0;

    bool is_multilingual() const { return n_vocab >= 51865; }

    bool is_quantised() const { return group_size > 0; }
};

// Reads an integer of an object, and checks its range.
inline int32_t read_integer(const json_value & object, const char * name, int32_t low, int32_t high) {
    const json_value * found = object.find(name);
    if (found == nullptr) {
        reject_model(std::string("its config.json has no ") + name);
    }
    if (!found->is_integer() || found->number < low || found->number > high) {
        reject_model(std::string("config.json has an impossible ") + name + ", expected " + std::to_string(low) + " to " +
                     std::to_string(high));
    }
    return static_cast<int32_t>(found->number);
}

inline void read_quantization(const json_value & found, model_config & config) {
    config.group_size          = read_integer(found, "group_size", 32, 128);
    config.bits                = read_integer(found, "bits", 2, 8);
    const json_value * mode    = found.find("mode");
    const bool         affine  = mode == nullptr || mode->text == "affine";
    const bool         grouped = config.group_size == 32 || config.group_size == 64 || config.group_size == 128;
    if (!affine || !grouped || config.bits == 7) {
        reject_model("config.json names a quantization that MLX does not have");
    }
}

inline model_config read_config(const model_files & files) {
    constexpr int64_t         bytes_max = 1 << 20;
    std::optional<model_file> file      = files.find("config.json");
    if (!file) {
        reject_model("its folder has no config.json");
    }
    if (file->size() > bytes_max) {
        reject_model("its config.json has " + std::to_string(file->size()) + " bytes, expected at most " + std::to_string(bytes_max));
    }
    const std::optional<json_value> json = json_reader::read(file->text(0, file->size()));
    if (!json || json->type != json_value::kind::object) {
        reject_model("its config.json is damaged, or belongs to another kind of model");
    }
    const auto   read   = [&](const char * name, int32_t low, int32_t high) { return read_integer(*json, name, low, high); };
    model_config config = {};
    config.n_mels       = read("n_mels", 80, 128);
    config.n_audio_ctx  = read("n_audio_ctx", 64, 1500);
    config.n_audio_state = read("n_audio_state", 16, 4096);
    config.n_audio_head  = read("n_audio_head", 1, 64);
    config.n_audio_layer = read("n_audio_layer", 1, 128);
    config.n_vocab       = read("n_vocab", 51864, 51866);
    config.n_text_ctx    = read("n_text_ctx", 32, 4096);
    config.n_text_state  = read("n_text_state", 16, 4096);
    config.n_text_head   = read("n_text_head", 1, 64);
    config.n_text_layer  = read("n_text_layer", 1, 128);
    const bool possible  = (config.n_mels == 80 || config.n_mels == 128) && config.n_audio_state == config.n_text_state &&
                          config.n_audio_state % (2 * config.n_audio_head) == 0 && config.n_text_state % config.n_text_head == 0;
    if (!possible) {
        reject_model("config.json holds dimensions that no Whisper model has");
    }
    if (const json_value * found = json->find("quantization"); found != nullptr && found->type == json_value::kind::object) {
        read_quantization(*found, config);
    }
    return config;
}

} // namespace asr

// config.hpp: reads config.json of a Whisper model for MLX.
#pragma once

namespace asr::whisper {

struct model_config {
    int32_t      n_mels, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer;
    int32_t      n_vocab, n_text_ctx, n_text_state, n_text_head, n_text_layer;
    quantization quantized;

    bool is_multilingual() const { return n_vocab >= 51865; }
};

inline model_config read_config(const json_value & json) {
    const auto read = [&](const char * name, int32_t low, int32_t high) { return read_integer(json, name, low, high); };
    model_config config  = {};
    config.n_mels        = read("n_mels", 80, 128);
    config.n_audio_ctx   = read("n_audio_ctx", 64, 1500);
    config.n_audio_state = read("n_audio_state", 16, 4096);
    config.n_audio_head  = read("n_audio_head", 1, 64);
    config.n_audio_layer = read("n_audio_layer", 1, 128);
    config.n_vocab       = read("n_vocab", 51864, 51866);
    config.n_text_ctx    = read("n_text_ctx", 32, 4096);
    config.n_text_state  = read("n_text_state", 16, 4096);
    config.n_text_head   = read("n_text_head", 1, 64);
    config.n_text_layer  = read("n_text_layer", 1, 128);
    const bool possible =
        (config.n_mels == 80 || config.n_mels == 128) && config.n_audio_state == config.n_text_state &&
        config.n_audio_state % (2 * config.n_audio_head) == 0 && config.n_text_state % config.n_text_head == 0;
    if (!possible) {
        reject_model("config.json holds dimensions that no Whisper model has");
    }
    config.quantized = read_quantization(json);
    return config;
}

} // namespace asr::whisper

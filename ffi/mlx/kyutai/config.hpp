// config.hpp: reads config.json of a Kyutai model for MLX.
#pragma once

namespace asr::kyutai {

// Ids of the two text tokens that are no text. The language model emits them between words.
constexpr int32_t word_begins = 0; // the next token starts a word
constexpr int32_t padding     = 3;

constexpr int32_t samples_per_s    = 24000;
constexpr int32_t samples_per_step = 1920; // a step of the language model
constexpr double  steps_per_s      = 12.5;

struct model_config {
    int32_t      width, n_heads, n_layers;
    int32_t      context; // number of earlier steps that the attention reads, in addition to the current step
    int32_t      n_text;  // number of text tokens; the id n_text starts a stream
    int32_t      n_codes; // number of codes of a codebook; the code n_codes starts a stream
    int32_t      n_codebooks;
    float        rope_base;
    double       delay_s;   // the text of a moment follows the audio of this moment after this time
    double       silence_s; // silence before the audio
    quantization quantized;

    std::string weights_file, mimi_file, tokenizer_file;

    int32_t head_width() const { return width / n_heads; }

    int32_t hidden_width() const { return 11 * width / 4; }

    // Number of samples of silence before the audio. It need not be a whole number of steps.
    int64_t silence_samples() const { return static_cast<int64_t>(silence_s * samples_per_s); }

    // Number of samples of silence after the audio, during which the model emits the remaining text.
    int64_t padding_samples() const { return static_cast<int64_t>((delay_s + 1.0) * samples_per_s); }
};

inline double read_number(const json_value & object, const char * name, double low, double high,
                          std::optional<double> absent = {}) {
    const json_value * found = object.find(name);
    if (found == nullptr && absent) {
        return *absent;
    }
    if (found == nullptr || found->type != json_value::kind::number ||
        !(found->number >= low && found->number <= high)) {
        reject_model(std::string("config.json has no possible ") + name);
    }
    return found->number;
}

// Reads the name of a file in the model's folder.
inline std::string read_file_name(const json_value & object, const char * name, const char * absent) {
    const json_value * found = object.find(name);
    if (found == nullptr && absent != nullptr) {
        return absent;
    }
    const bool possible = found != nullptr && found->type == json_value::kind::text && !found->text.empty() &&
                          found->text.find_first_of("/\\") == std::string::npos && found->text != "..";
    if (!possible) {
        reject_model(std::string("config.json has no ") + name + " that names a file of its folder");
    }
    return found->text;
}

// The name of the weights tells how they are quantised, as in moshi-mlx.
inline quantization quantization_of(const std::string & weights_file) {
    if (weights_file.ends_with(".q4.safetensors")) {
        return { 32, 4 };
    }
    return weights_file.ends_with(".q8.safetensors") ? quantization{ 64, 8 } : quantization{};
}

// Returns the languages in the name of a vocabulary, for example "en" and "fr" for tokenizer_en_fr_audio_8000.model. Returns
// none for another name, because no other file names the languages.
inline std::vector<std::string> languages_of(std::string_view tokenizer_file) {
    constexpr std::string_view begin = "tokenizer_", end = "_audio_";
    std::vector<std::string>   languages;
    const size_t               last = tokenizer_file.find(end);
    if (!tokenizer_file.starts_with(begin) || last == std::string_view::npos || last < begin.size()) {
        return languages;
    }
    std::string_view codes = tokenizer_file.substr(begin.size(), last - begin.size());
    while (!codes.empty()) {
        languages.emplace_back(codes.substr(0, codes.find('_')));
        codes.remove_prefix(std::min(codes.size(), languages.back().size() + 1));
    }
    return languages;
}

// Rejects a model of Kyutai with another task: a speech-to-text model has no delays between its codebooks, and predicts no
// audio.
inline void require_transcriber(const json_value & json) {
    const json_value * predicted = json.find("dep_q");
    const json_value * delays    = json.find("delays");
    const bool is_delayed = delays == nullptr || std::any_of(delays->items.begin(), delays->items.end(),
                                                             [](const json_value & d) { return d.number != 0.0; });
    if (predicted == nullptr || predicted->number != 0.0 || is_delayed) {
        reject_model("it is no model that transcribes speech");
    }
}

// Reads the delay of the text and the silence before the audio. Without them, takes those of the published model with as
// many text tokens.
inline void read_delays(const json_value & json, model_config & c) {
    if (const json_value * stt = json.find("stt_config")) {
        c.delay_s   = read_number(*stt, "audio_delay_seconds", 0.0, 60.0);
        c.silence_s = read_number(*stt, "audio_silence_prefix_seconds", 0.0, 60.0, 0.0);
    } else if (c.n_text == 8000) { // stt-1b-en_fr
        c.delay_s = 0.5;
    } else if (c.n_text == 4000) { // stt-2.6b-en
        c.delay_s   = 2.5;
        c.silence_s = 1.0;
    } else {
        reject_model("its config.json has no stt_config, so it is no model that transcribes speech");
    }
}

inline model_config read_config(const json_value & json) {
    require_transcriber(json);
    const auto read = [&](const char * name, int32_t low, int32_t high) { return read_integer(json, name, low, high); };
    model_config c  = {};
    c.width         = read("dim", 16, 8192);
    c.n_heads       = read("num_heads", 1, 128);
    c.n_layers      = read("num_layers", 1, 128);
    c.context       = read("context", 1, 1 << 16);
    c.n_text        = read("text_card", 4, 1 << 20);
    c.n_codes       = read("card", 2, 1 << 16);
    c.n_codebooks   = read("n_q", 1, 64);
    c.rope_base     = static_cast<float>(read_number(json, "max_period", 1.0, 1e9));
    if (c.width % (2 * c.n_heads) != 0 || c.width % 4 != 0) {
        reject_model("config.json holds dimensions that no Kyutai model has");
    }
    read_delays(json, c);
    c.weights_file   = read_file_name(json, "moshi_name", "model.safetensors");
    c.mimi_file      = read_file_name(json, "mimi_name", nullptr);
    c.tokenizer_file = read_file_name(json, "tokenizer_name", nullptr);
    c.quantized      = quantization_of(c.weights_file);
    return c;
}

} // namespace asr::kyutai

// config.hpp: reads config.json of a Parakeet model for MLX. It is NVIDIA's NeMo configuration, which parakeet-mlx keeps.
#pragma once

namespace asr::parakeet {

// How the output of the encoder becomes tokens.
enum class head_kind {
    tdt,  // a transducer that also predicts how many frames a token lasts
    rnnt, // a transducer that advances one frame per blank
    ctc,  // one row of log-probabilities per frame
};

// Which features the network gets.
enum class feature_kind {
    parakeet_mlx, // those of parakeet-mlx for Python
    nemo,         // those of NeMo, with which NVIDIA trains the models and which transcribe.cpp computes
};

struct features_config {
    feature_kind kind;
    int32_t      n_mels, n_fft, window, hop; // window and hop in samples
    std::string  window_name;
    float        preemphasis; // 0: none
    float        power;       // exponent of the magnitudes
    bool         per_feature; // whether each mel band is normalised by itself
};

struct encoder_config {
    int32_t n_layers, n_state, n_heads, n_ff, kernel;
    int32_t subsampling, n_channels;     // subsampling: frames of features per frame of the encoder
    int32_t context_left, context_right; // frames that the attention reads; -1: all
    bool    has_bias, scales_input;
};

struct head_config {
    head_kind            kind;
    int32_t              n_embeddings, n_predictor, n_predictor_layers, n_joint; // transducers only
    std::string          activation;                                             // transducers only
    std::vector<int32_t> durations;                                              // tdt only: frames per index
    int32_t max_symbols; // most steps without a blank or a duration before the decoder goes on to the next frame
};

struct model_config {
    features_config          features;
    encoder_config           encoder;
    head_config              head;
    std::vector<std::string> pieces; // SentencePiece pieces; the id after the last piece is the blank

    int32_t blank() const { return static_cast<int32_t>(pieces.size()); }

    float frame_seconds() const {
        return static_cast<float>(encoder.subsampling * features.hop) / static_cast<float>(sample_rate);
    }

    static constexpr int32_t sample_rate = 16000;
};

// An object of config.json, with the path to it for messages.
class config_section {
  public:
    config_section(const json_value & object, std::string path) : object_(object), path_(std::move(path)) {}

    config_section section(const std::string & name) const {
        const json_value * found = object_.find(name);
        if (found == nullptr || found->type != json_value::kind::object) {
            reject_model("its config.json has no object " + path_ + name);
        }
        return { *found, path_ + name + "." };
    }

    // Returns a member; nullptr if it is absent or null.
    const json_value * find(std::string_view name) const {
        const json_value * found = object_.find(name);
        return found == nullptr || found->type == json_value::kind::null ? nullptr : found;
    }

    int32_t integer(const std::string & name, int32_t low, int32_t high) const {
        return static_cast<int32_t>(number_of(name, require(name), low, high, true));
    }

    int32_t integer_or(const std::string & name, int32_t otherwise, int32_t low, int32_t high) const {
        const json_value * found = find(name);
        return found == nullptr ? otherwise : static_cast<int32_t>(number_of(name, *found, low, high, true));
    }

    double number(const std::string & name, double low, double high) const {
        return number_of(name, require(name), low, high, false);
    }

    double number_or(const std::string & name, double otherwise, double low, double high) const {
        const json_value * found = find(name);
        return found == nullptr ? otherwise : number_of(name, *found, low, high, false);
    }

    bool is_null(std::string_view name) const {
        const json_value * found = object_.find(name);
        return found != nullptr && found->type == json_value::kind::null;
    }

    std::string text(const std::string & name) const { return require(name).text; }

    bool is_true_or(const std::string & name, bool otherwise) const {
        const json_value * found = find(name);
        return found == nullptr ? otherwise : found->number != 0.0;
    }

    std::vector<std::string> texts(const std::string & name) const {
        std::vector<std::string> found;
        for (const json_value & item : items(name)) {
            if (item.type != json_value::kind::text) {
                reject_model("config.json has a " + path_ + name + " with something else than text");
            }
            found.push_back(item.text);
        }
        return found;
    }

    std::vector<int32_t> integers(const std::string & name, int32_t low, int32_t high) const {
        std::vector<int32_t> found;
        for (const json_value & item : items(name)) {
            found.push_back(static_cast<int32_t>(number_of(name, item, low, high, true)));
        }
        return found;
    }

  private:
    const json_value & require(const std::string & name) const {
        const json_value * found = find(name);
        if (found == nullptr) {
            reject_model("its config.json has no " + path_ + name);
        }
        return *found;
    }

    const std::vector<json_value> & items(const std::string & name) const {
        const json_value & found = require(name);
        if (found.type != json_value::kind::list || found.items.empty()) {
            reject_model("its config.json has no list " + path_ + name);
        }
        return found.items;
    }

    double number_of(const std::string & name, const json_value & value, double low, double high, bool whole) const {
        const bool is_number = value.type == json_value::kind::number && (!whole || value.is_integer());
        if (!is_number || value.number < low || value.number > high) {
            reject_model("config.json has an impossible " + path_ + name + ", expected " + shortened(low) + " to " +
                         shortened(high));
        }
        return value.number;
    }

    // Writes a number without zeros at its end.
    static std::string shortened(double number) {
        std::string text = std::to_string(number);
        text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.') {
            text.pop_back();
        }
        return text;
    }

    const json_value & object_;
    std::string        path_; // empty, or ends with a dot
};

// Returns the kind of head for a model class of NeMo. Rejects other classes.
inline head_kind head_of(const config_section & root) {
    const std::string  target    = root.text("target");
    const std::string  name      = target.substr(target.rfind('.') + 1);
    const json_value * defaults  = root.find("model_defaults");
    const json_value * durations = defaults == nullptr ? nullptr : defaults->find("tdt_durations");
    const bool         is_tdt    = durations != nullptr && durations->type != json_value::kind::null;
    if (name == "EncDecRNNTBPEModel") {
        return is_tdt ? head_kind::tdt : head_kind::rnnt;
    }
    if (name == "EncDecHybridRNNTCTCBPEModel" && is_tdt) {
        return head_kind::tdt; // the hybrid models' transducer is more accurate than their CTC head
    }
    if (name == "EncDecCTCModelBPE") {
        return head_kind::ctc;
    }
    reject_model("its class in NeMo is " + target.substr(0, 100) +
                 ", expected a Parakeet model (TDT, RNNT, CTC, or TDT with CTC)");
}

inline features_config read_features(const config_section & section) {
    const double    rate  = section.integer("sample_rate", model_config::sample_rate, model_config::sample_rate);
    features_config found = {};
    found.n_mels          = section.integer("features", 16, 256);
    found.n_fft           = section.integer("n_fft", 64, 4096);
    found.window          = static_cast<int32_t>(section.number("window_size", 0.004, 0.256) * rate);
    found.hop             = static_cast<int32_t>(section.number("window_stride", 0.004, 0.064) * rate);
    found.window_name     = section.text("window");
    found.preemphasis =
        section.is_null("preemph") ? 0.0f : static_cast<float>(section.number_or("preemph", 0.97, 0.0, 1.0));
    found.power             = static_cast<float>(section.number_or("mag_power", 2.0, 0.5, 4.0));
    found.per_feature       = section.text("normalize") == "per_feature";
    const json_value * kind = section.find("frontend");
    found.kind              = kind != nullptr && kind->text == "nemo" ? feature_kind::nemo : feature_kind::parakeet_mlx;
    if (found.window > found.n_fft || found.n_fft % 2 != 0) {
        reject_model("config.json has a preprocessor whose window is longer than n_fft, or whose n_fft is odd");
    }
    return found;
}

inline encoder_config read_encoder(const config_section & section, int32_t n_mels) {
    encoder_config found = {};
    found.n_layers       = section.integer("n_layers", 1, 128);
    found.n_state        = section.integer("d_model", 16, 4096);
    found.n_heads        = section.integer("n_heads", 1, 64);
    found.n_ff           = found.n_state * section.integer("ff_expansion_factor", 1, 8);
    found.kernel         = section.integer("conv_kernel_size", 1, 63);
    found.subsampling    = section.integer("subsampling_factor", 2, 16);
    found.n_channels     = section.integer("subsampling_conv_channels", 1, 2048);
    found.has_bias       = section.is_true_or("use_bias", true);
    found.scales_input   = section.is_true_or("xscaling", false);
    found.context_left = found.context_right = -1;

    const std::string attention = section.text("self_attention_model");
    if (attention == "rel_pos_local_attn") {
        const std::vector<int32_t> context = section.integers("att_context_size", 1, 5000);
        if (context.size() != 2) {
            reject_model("config.json has no encoder.att_context_size of two numbers");
        }
        found.context_left  = context[0];
        found.context_right = context[1];
    } else if (attention != "rel_pos") {
        reject_model("its attention is " + attention.substr(0, 40) + ", expected rel_pos or rel_pos_local_attn");
    }
    const json_value * norm     = section.find("conv_norm_type");
    const bool         is_known = (norm == nullptr || norm->text == "batch_norm") &&
                                  section.text("subsampling") == "dw_striding" &&
                                  !section.is_true_or("causal_downsampling", false);
    const bool possible = found.n_state % found.n_heads == 0 && found.n_state % 2 == 0 && found.kernel % 2 == 1 &&
                          (found.subsampling & (found.subsampling - 1)) == 0 &&
                          section.integer("feat_in", 1, 4096) == n_mels;
    if (!is_known || !possible) {
        reject_model("config.json describes an encoder that no Parakeet model has");
    }
    return found;
}

inline void read_transducer(const config_section & root, head_config & head) {
    constexpr int32_t    n_max    = 8192;
    const config_section decoder  = root.section("decoder");
    const config_section prednet  = decoder.section("prednet");
    const config_section jointnet = root.section("joint").section("jointnet");
    const int32_t        n_tokens = decoder.integer("vocab_size", 1, 1 << 20);
    head.n_embeddings             = n_tokens + (decoder.is_true_or("blank_as_pad", true) ? 1 : 0);
    head.n_predictor              = prednet.integer("pred_hidden", 1, n_max);
    head.n_predictor_layers       = prednet.integer("pred_rnn_layers", 1, 8);
    head.n_joint                  = jointnet.integer("joint_hidden", 1, n_max);
    head.activation               = jointnet.text("activation");
    if (prednet.integer_or("rnn_hidden_size", head.n_predictor, 1, n_max) != head.n_predictor ||
        (head.activation != "relu" && head.activation != "sigmoid" && head.activation != "tanh")) {
        reject_model("config.json describes a decoder that no Parakeet model has");
    }
    const config_section decoding         = root.section("decoding");
    constexpr int32_t default_max_symbols = 10; // of NeMo; without a limit, a decoder could stay at one frame for ever
    head.max_symbols = decoding.find("greedy") == nullptr
                           ? default_max_symbols
                           : decoding.section("greedy").integer_or("max_symbols", default_max_symbols, 1, 1000);
    if (head.kind == head_kind::tdt) {
        constexpr int32_t duration_max = 1000;
        head.durations                 = decoding.integers("durations", 0, duration_max);
    }
}

// Returns whether config.json is that of a model of NeMo. Models of other kinds name no class there.
inline bool is_parakeet(const json_value & json) {
    const json_value * target = json.find("target");
    return target != nullptr && target->text.starts_with("nemo.");
}

inline model_config read_config(const json_value & json) {
    const config_section root(json, "");
    if (read_quantization(json).is_used()) {
        reject_model("it is quantised, which no Parakeet model for MLX is");
    }
    model_config config = {};
    config.head.kind    = head_of(root);
    config.features     = read_features(root.section("preprocessor"));
    config.encoder      = read_encoder(root.section("encoder"), config.features.n_mels);
    const bool is_ctc   = config.head.kind == head_kind::ctc;
    config.pieces       = root.section(is_ctc ? "decoder" : "joint").texts("vocabulary");
    if (!is_ctc) {
        read_transducer(root, config.head);
        if (config.head.n_embeddings < config.blank()) {
            reject_model("config.json has more pieces in joint.vocabulary than decoder.vocab_size");
        }
    }
    return config;
}

} // namespace asr::parakeet

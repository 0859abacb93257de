// model.hpp: loads a Kyutai model for MLX and describes it. Lanes and streams are in lane.hpp.
#pragma once

namespace asr::kyutai {

// The parts of a model that only its owner may use, because they contain arrays of MLX.
struct network {
    kyutai::mimi           mimi;
    kyutai::language_model language_model;

    network(const model_files & files, const model_config & c, mx::Dtype type, bool on_gpu)
        : mimi(read_mimi(files, c)), language_model(read_language_model(files, c, type, on_gpu)) {}

  private:
    static kyutai::mimi read_mimi(const model_files & files, const model_config & c) {
        weight_reader reader(files, { c.mimi_file }, {}, mx::float32, false);
        return { reader, c.n_codebooks, c.n_codes };
    }

    static kyutai::language_model read_language_model(const model_files & files, const model_config & c, mx::Dtype type,
                                                      bool on_gpu) {
        weight_reader reader(files, { c.weights_file }, c.quantized, type, on_gpu);
        return { reader, c };
    }
};

struct stream;

// The samples of one stream in a call, and its result.
struct feed_member {
    stream *                 fed   = nullptr;
    const asr_stream_input * input = nullptr;
    std::vector<asr_token>   tokens;
    bool                     is_over = false; // whether the samples are used up, or the stream failed
    std::exception_ptr       error;
};

// A call of asr_stream_feed. The owner runs one step of all waiting calls at a time, until their samples are used up.
struct feed_call {
    std::vector<feed_member> members;
    int32_t                  threads = 1;

    bool is_over() const {
        return std::all_of(members.begin(), members.end(), [](const feed_member & member) { return member.is_over; });
    }
};

void step_together(const std::vector<feed_call *> & calls);

struct model : asr_model {
    model_config             config;
    std::unique_ptr<network> net;
    owner_thread<feed_call>  owner{ step_together };

    ~model() override {
        owner.run([this] { net.reset(); });
    }

    // Id of the token that marks the end of a turn. It has no text.
    int32_t turn_mark() const { return config.n_text; }

    asr_model_info info() const override {
        asr_model_info info        = {};
        info.groups                = ASR_GROUP_STREAM;
        info.input                 = ASR_INPUT_PCM_24K;
        info.n_vocab               = config.n_text + 1;
        info.n_languages           = static_cast<int32_t>(languages.size());
        info.token_text_end        = config.n_text;
        info.token_timestamp_begin = -1;
        info.frame_s               = static_cast<float>(1.0 / steps_per_s);
        return info;
    }

    std::unique_ptr<asr_lane> open_lane() override;
};

// Returns whether config.json belongs to a Kyutai model: only these models have a separate audio tokenizer.
inline bool is_kyutai(const json_value & config) {
    return config.find("mimi_name") != nullptr;
}

inline std::unique_ptr<asr_model> load_model(const model_files & files, const json_value & json,
                                             const asr_model_options & options) {
    const bool      on_gpu = options.device == ASR_DEVICE_GPU;
    const char *    wanted = options.compute_type;
    const mx::Dtype type   = choose_type(wanted == nullptr && on_gpu ? "bfloat16" : wanted, on_gpu);
    auto            loaded = std::make_unique<model>();
    loaded->config         = read_config(json);
    loaded->languages      = languages_of(loaded->config.tokenizer_file);
    loaded->tokens         = read_pieces(files, loaded->config.tokenizer_file, loaded->config.n_text);
    loaded->owner.run([&] {
        choose_device(on_gpu);
        loaded->net = std::make_unique<network>(files, loaded->config, type, on_gpu);
    });
    return loaded;
}

} // namespace asr::kyutai

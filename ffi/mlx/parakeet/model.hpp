// model.hpp: loads a Parakeet model for MLX, describes it, and implements the call of the group recognize. The thread of the
// caller checks the arguments and keeps the results. The owner of the model does the rest.
#pragma once

namespace asr::parakeet {

// Maximum length of a chunk in seconds. The memory of the attention grows with the square of the length.
constexpr float window_max_s = 30.0f;

// A call of asr_lane_recognize.
struct recognize_call {
    std::vector<recognition> chunks;
    size_t                   n_left = 0; // chunks that have not ended
};

struct model : asr_model {
    using owner_thread = asr::owner_thread<recognize_call>;

    model_config             config;
    std::unique_ptr<network> net;
    owner_thread             owner{ [this](const owner_thread::calls & calls) { recognize_together(calls); } };

    ~model() override {
        owner.run([this] { net.reset(); });
    }

    asr_model_info info() const override {
        asr_model_info info        = {};
        info.groups                = ASR_GROUP_RECOGNIZE;
        info.input                 = ASR_INPUT_PCM_16K;
        info.capabilities          = ASR_CAPABILITY_TOKEN_TIMES | (has_beams() ? ASR_CAPABILITY_BEAM : 0);
        info.token_text_end        = config.blank();
        info.n_vocab               = config.blank() + 1;
        info.n_languages           = static_cast<int32_t>(languages.size());
        info.token_timestamp_begin = -1;
        info.window_max_s          = window_max_s;
        info.frame_s               = config.frame_seconds();
        return info;
    }

    // Returns whether the model can decode with several beams. parakeet-mlx has them for TDT models only.
    bool has_beams() const { return config.head.kind == head_kind::tdt; }

    std::unique_ptr<asr_lane> open_lane() override;

  private:
    // Runs the chunks of all calls together. Each call may use its own threads.
    void recognize_together(const owner_thread::calls & calls) {
        recognitions chunks;
        int32_t      n_threads = 0;
        for (recognize_call * call : calls) {
            n_threads += call->chunks[0].chunk->threads;
            for (recognition & chunk : call->chunks) {
                chunk.on_end = [this, call] {
                    if (--call->n_left == 0) {
                        owner.end(*call);
                    }
                };
                chunks.push_back(&chunk);
            }
        }
        net->recognize(std::move(chunks), n_threads);
    }
};

struct lane : asr_lane {
    parakeet::model & model;

    explicit lane(parakeet::model & m) : model(m) {}

    asr_status recognize(const asr_chunk * chunks, int32_t n) override {
        times = {};
        require_audio(chunks, n, 1);
        recognize_call call;
        for (const asr_chunk * chunk = chunks; chunk < chunks + n; ++chunk) {
            require_recognizable(model, *chunk);
            recognition & added = call.chunks.emplace_back();
            added.chunk         = chunk;
            added.n_beams       = model.has_beams() ? chunk->beam_size : 1;
            added.times         = &times;
        }
        call.n_left = call.chunks.size();
        call_engine("recognize", [&] {
            model.owner.run_together(call, [&] {
                return std::all_of(chunks, chunks + n, [](const asr_chunk & chunk) { return is_cancelled(chunk); });
            });
        });
        return for_each_input(results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
            keep_result(call.chunks[static_cast<size_t>(&chunk - chunks)], out);
        });
    }

  private:
    // Checks the fields of a chunk that depend on the model.
    static void require_recognizable(const parakeet::model & model, const asr_chunk & chunk) {
        require(chunk.n_input <= static_cast<int64_t>(window_max_s * model_config::sample_rate),
                "Expected a chunk that is not longer than window_max_s");
        // The model has no use for the language: it writes the language that it hears.
        require(chunk.language >= -1 && chunk.language < static_cast<int32_t>(model.languages.size()),
                "Expected the index of a language, or -1");
        require(!model.has_beams() || (chunk.beam_size >= 1 && chunk.beam_size <= 8),
                "Expected a beam_size from 1 to 8");
        require(chunk.task == ASR_TASK_TRANSCRIBE || chunk.task == ASR_TASK_TRANSLATE, "Expected a known task");
        if (chunk.task == ASR_TASK_TRANSLATE) {
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the model only transcribes");
        }
    }

    void keep_result(const recognition & chunk, chunk_result & out) const {
        throw_error("recognize", chunk.error);
        const float audio_s    = static_cast<float>(chunk.chunk->n_input) / model_config::sample_rate;
        out.tokens             = timed_tokens(chunk.tokens, audio_s, model.config.frame_seconds());
        out.result.avg_logprob = mean_logprob(out.tokens);
        out.result.is_complete = 1;
    }
};

inline std::unique_ptr<asr_lane> model::open_lane() {
    return std::make_unique<lane>(*this);
}

inline std::unique_ptr<asr_model> load_model(const model_files & files, const json_value & json,
                                             const asr_model_options & options) {
    const bool      on_gpu = options.device == ASR_DEVICE_GPU;
    const mx::Dtype type   = choose_type(options.compute_type, on_gpu);
    auto            loaded = std::make_unique<model>();
    loaded->config         = read_config(json);
    loaded->tokens         = token_texts(loaded->config.pieces);
    loaded->languages      = published_languages(loaded->tokens.size());
    loaded->owner.run([&] {
        choose_device(on_gpu);
        loaded->net = std::make_unique<network>(files, loaded->config, type, on_gpu);
    });
    return loaded;
}

} // namespace asr::parakeet

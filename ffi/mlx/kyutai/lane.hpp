// lane.hpp: defines the lanes and streams of a Kyutai model. Only the owner of the model uses the states of a stream.
#pragma once

#include "streams.hpp"

namespace asr::kyutai {

struct lane : asr_lane {
    kyutai::model & model;

    explicit lane(kyutai::model & m) : model(m) {}

    std::unique_ptr<asr_stream> open_stream(const asr_stream_options & options) override;
    asr_status                  feed(const asr_stream_input * inputs, int32_t n) override;
};

inline std::unique_ptr<asr_lane> model::open_lane() {
    return std::make_unique<lane>(*this);
}

// The arrays of MLX that a stream keeps.
struct stream_state {
    mimi_state     audio;
    language_state language;
};

struct stream : asr_stream {
    kyutai::model &               model;
    const int32_t                 threads;
    std::vector<float>            samples;       // not yet processed, with the silence before and after the audio
    int64_t                       n_samples = 0; // number of samples of audio that were fed
    delayed_text                  text;
    std::unique_ptr<stream_state> state;

    stream(kyutai::lane & of, int32_t n_threads)
        : asr_stream(&of), model(of.model), threads(n_threads),
          samples(static_cast<size_t>(model.config.silence_samples()), 0.0f),
          text(model.config.silence_s + model.config.delay_s, model.turn_mark()) {
        model.owner.run([this] {
            state = std::make_unique<stream_state>(
                stream_state{ model.net->mimi.open(), model.net->language_model.open() });
        });
    }

    ~stream() override {
        model.owner.run([this] { state.reset(); });
    }

    // Adds the samples of a call. After the last ones, adds silence, in which the model emits the remaining text.
    void append(const asr_stream_input & input) {
        samples.insert(samples.end(), input.input, input.input + input.n_input);
        n_samples += input.n_input;
        if (input.is_last != 0) {
            samples.resize(samples.size() + static_cast<size_t>(model.config.padding_samples()), 0.0f);
            text.limit(n_samples);
        }
    }

    // Returns whether there are enough samples for a step. The silence before the audio waits for the audio, because a
    // recording without samples has no text.
    bool has_step() const { return n_samples > 0 && samples.size() - at >= samples_per_step; }

    // Returns the samples of the next step.
    const float * next_step() {
        const float * next = samples.data() + at;
        at += samples_per_step;
        return next;
    }

    // Frees the samples that were processed.
    void forget_processed() {
        samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(at));
        at = 0;
    }

  private:
    size_t at = 0; // number of processed samples in `samples`
};

inline std::unique_ptr<asr_stream> lane::open_stream(const asr_stream_options & options) {
    require_stream_options(options);
    require(options.language >= -1 && options.language < static_cast<int32_t>(model.languages.size()),
            "Expected the index of a language, or -1");
    if (options.task == ASR_TASK_TRANSLATE || options.temperature > 0.0f) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate or sample: the model only transcribes streams");
    }
    return call_engine("open a stream", [&] { return std::make_unique<stream>(*this, options.threads); });
}

inline asr_status lane::feed(const asr_stream_input * inputs, int32_t n) {
    times = {};
    require_stream_inputs(this, inputs, n);
    feed_call call;
    for (const asr_stream_input * input = inputs; input < inputs + n; ++input) {
        auto * fed = static_cast<stream *>(input->stream);
        fed->append(*input);
        call.members.push_back({ fed, input, {}, false, nullptr });
        call.threads = std::max(call.threads, fed->threads);
    }
    // The owner looks at the cancel flags in each step.
    call_engine("transcribe", [&] { model.owner.run_together(call, [] { return false; }); });
    return feed_streams(results, inputs, n, [&](const asr_stream_input & input, chunk_result & out) {
        feed_member & member = call.members[static_cast<size_t>(&input - inputs)];
        throw_error("transcribe", member.error);
        member.fed->forget_processed();
        out.tokens             = std::move(member.tokens);
        out.result.is_complete = input.is_last != 0 ? 1 : 0;
        out.result.avg_logprob = mean_logprob(out.tokens);
    });
}

} // namespace asr::kyutai

// stream.hpp: transcribes streams with the models that process audio in order: the streaming kinds of Parakeet, such as
// Nemotron. The streaming kinds of Moonshine and Voxtral return no times of tokens, so they have no group stream.
#pragma once

struct asr_stream {
    asr_lane *          lane;
    asr::session_handle session;
    bool                is_open    = true;
    int64_t             n_samples  = 0; // number of samples that were fed
    size_t              n_returned = 0; // number of tokens that were returned
    int64_t             start_ms   = 0; // start of the last token that was returned
};

#include "streams.hpp"

namespace asr {

inline void require_stream_group(const asr_lane * lane) {
    require(lane != nullptr, "Expected a lane");
    if (!lane->model->streams_tokens) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot open or feed a stream: the model does not process audio in order");
    }
}

inline std::unique_ptr<asr_stream> open_stream(asr_lane & lane, const asr_stream_options & options) {
    require_stream_options(options);
    const auto & languages = lane.model->languages;
    require(options.language >= -1 && options.language < static_cast<int32_t>(languages.size()),
            "Expected the index of a language, or -1");
    if (options.task == ASR_TASK_TRANSLATE || options.temperature > 0.0f) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate or sample: the model only transcribes streams");
    }
    auto stream = std::unique_ptr<asr_stream>(new asr_stream{ &lane, open_session(lane) });
    stream->session->n_threads         = options.threads;
    const transcribe_run_params params = run_params(*lane.model, options.language, options.task);
    lane.cancel                        = nullptr;
    engine_log_line().clear();
    is_complete(lane, transcribe_stream_begin(stream->session.get(), &params, nullptr));
    return stream;
}

// Appends the tokens that the last call has added. No token ends after `known_ms`: the first encoder frames are longer
// than their audio.
inline void take_tokens(asr_stream & stream, int64_t known_ms, chunk_result & out) {
    token_times times = { known_ms, known_ms, stream.start_ms };
    append_tokens(*stream.session, stream.n_returned, times, out.tokens);
    stream.n_returned = stream.session->tokens.size();
    stream.start_ms   = times.start_min;
}

// Feeds the samples in steps that end at multiples of a frame of the encoder. In one step, the model processes at most one
// chunk. So the tokens and their times do not depend on how the caller divides the samples.
inline void feed_stream(asr_lane & lane, const asr_stream_input & input, chunk_result & out) {
    asr_stream &             stream = *input.stream;
    const auto               step   = std::max<int64_t>(std::llround(lane.model->frame_s * samples_per_s), 1);
    transcribe_stream_update update;
    transcribe_stream_update_init(&update);
    lane.cancel = input.cancel;
    engine_log_line().clear();
    const asr_times before = times_of(*stream.session);
    for (int64_t at = 0; at < input.n_input;) {
        const int64_t n = std::min(step - stream.n_samples % step, input.n_input - at);
        is_complete(lane, transcribe_stream_feed(stream.session.get(), input.input + at, static_cast<int>(n), &update));
        stream.n_samples += n;
        at += n;
        take_tokens(stream, update.audio_committed_ms, out);
    }
    if (input.is_last != 0) {
        is_complete(lane, transcribe_stream_finalize(stream.session.get(), &update));
        take_tokens(stream, stream.n_samples * 1000 / samples_per_s, out);
    }
    const asr_times after = times_of(*stream.session);
    lane.times.features_s += after.features_s - before.features_s;
    lane.times.encoder_s += after.encoder_s - before.encoder_s;
    out.result.is_complete = input.is_last != 0 ? 1 : 0;
    out.result.avg_logprob = mean_logprob(out.tokens);
}

} // namespace asr

asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream) {
    return asr::guarded([&] {
        asr::require_stream_group(lane);
        asr::require(options != nullptr && stream != nullptr, "Expected options");
        *stream = asr::open_stream(*lane, *options).release();
        return ASR_STATUS_OK;
    });
}

void asr_stream_close(asr_stream * stream) {
    delete stream;
}

asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n) {
    return asr::guarded([&] {
        asr::require_stream_group(lane);
        lane->times = {};
        asr::require_stream_inputs(lane, inputs, n);
        const asr::decoder_timer timer(lane->times);
        const asr_status status =
            asr::feed_streams(lane->results, inputs, n, [&](const asr_stream_input & input, asr::chunk_result & out) {
                asr::feed_stream(*lane, input, out);
            });
        lane->cancel = nullptr; // the caller may free the flag after the call
        return status;
    });
}

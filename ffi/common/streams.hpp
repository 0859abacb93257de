// streams.hpp: checks the arguments of the calls of the group stream, and runs a call on several streams. An engine
// library that supports this group includes this file after it has defined asr_stream with the members `lane` and
// `is_open`.
#pragma once

#include "chunk_results.hpp"

namespace asr {

inline void require_stream_options(const asr_stream_options & options) {
    require(options.task == ASR_TASK_TRANSCRIBE || options.task == ASR_TASK_TRANSLATE, "Expected a known task");
    require(options.temperature >= 0.0f && options.temperature <= 2.0f, "Expected a temperature from 0 to 2");
    require(options.threads >= 1, "Expected at least 1 thread");
}

inline void require_stream_inputs(const asr_lane * lane, const asr_stream_input * inputs, int32_t n) {
    require(inputs != nullptr && n > 0, "Expected at least one stream");
    for (const asr_stream_input * input = inputs; input < inputs + n; ++input) {
        require(input->stream != nullptr && input->stream->lane == lane, "Expected a stream of this lane");
        require(std::none_of(inputs, input, [&](const asr_stream_input & other) { return other.stream == input->stream; }),
                "Expected different streams");
        require(input->stream->is_open, "Expected a stream that has neither ended nor failed: it can only be closed");
        require(input->n_input >= 0, "Expected a sample count of at least 0");
        require(input->n_input == 0 || input->input != nullptr, "Expected samples where n_input is not 0");
        require_finite(input->input, input->n_input);
    }
}

// Runs work(input, result) on each input of a call. Afterwards, the stream of an input is open only if the work
// succeeded and is_last of the input is 0.
template <typename Work>
asr_status feed_streams(std::vector<chunk_result> & results, const asr_stream_input * inputs, int32_t n, Work && work) {
    const asr_status status = for_each_input(results, inputs, n, work);
    for (int32_t i = 0; i < n; ++i) {
        inputs[i].stream->is_open = results[static_cast<size_t>(i)].result.status == ASR_STATUS_OK && inputs[i].is_last == 0;
    }
    return status;
}

} // namespace asr

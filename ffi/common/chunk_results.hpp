// chunk_results.hpp: checks the inputs of a call, stores the results of a lane's last call, and copies the results to
// the caller. All engines use this file.
#pragma once

#include "guard.hpp"
#include "stage_times.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace asr {

struct chunk_result {
    asr_result             result = { ASR_STATUS_OK, 0, 0.0f, 0.0f, 0.0f, 0, -1 };
    std::vector<asr_token> tokens;
    std::string            text; // only for models without ASR_CAPABILITY_TOKEN_TIMES
    std::vector<float>     language_probs;
};

// Returns whether another thread has set the cancel flag of a chunk or of an input of a stream.
template <typename Input> bool is_cancelled(const Input & input) {
    return input.cancel != nullptr && *input.cancel != 0;
}

template <typename Input> void stop_if_cancelled(const Input & input) {
    if (is_cancelled(input)) {
        throw failure(ASR_STATUS_CANCELLED, "Cancelled");
    }
}

inline void require_finite(const float * input, int64_t n_values) {
    require(std::all_of(input, input + n_values, [](float x) { return std::isfinite(x); }), "Expected finite input values");
}

// Checks the input and the number of threads of each chunk. `values_per_frame` is 1 if the input is samples. If the
// input is features, it is the number of mel bands.
inline void require_audio(const asr_chunk * chunks, int32_t n, int64_t values_per_frame) {
    require(chunks != nullptr && n > 0, "Expected at least one chunk");
    for (int32_t i = 0; i < n; ++i) {
        const asr_chunk & chunk = chunks[i];
        require(chunk.input != nullptr && chunk.n_input > 0, "Expected a chunk with input");
        require(chunk.threads >= 1, "Expected at least 1 thread");
        require_finite(chunk.input, chunk.n_input * values_per_frame);
    }
}

// Checks the chunks of a call of the group prompted. The engine itself checks `language`, the window and the token ids.
inline void require_chunks(const asr_chunk * chunks, int32_t n, int64_t values_per_frame) {
    require_audio(chunks, n, values_per_frame);
    for (int32_t i = 0; i < n; ++i) {
        const asr_chunk & chunk = chunks[i];
        require(chunk.n_prompt == 0 || chunk.prompt != nullptr, "Expected prompt tokens where n_prompt is not 0");
        require(chunk.n_tokens == 0 || chunk.tokens != nullptr, "Expected tokens where n_tokens is not 0");
        require(chunk.n_prompt >= 0 && chunk.n_tokens >= 0, "Expected token counts of at least 0");
        require(chunk.task == ASR_TASK_TRANSCRIBE || chunk.task == ASR_TASK_TRANSLATE, "Expected a known task");
        require(chunk.temperature >= 0.0f && chunk.temperature <= 2.0f, "Expected a temperature from 0 to 2");
        require(chunk.beam_size >= 1 && chunk.beam_size <= 8, "Expected a beam_size from 1 to 8");
        require(chunk.best_of >= 1 && chunk.best_of <= 8, "Expected a best_of from 1 to 8");
    }
}

// Returns the mean log-probability of the tokens; 0 if there are no tokens. It is the avg_logprob of `recognize` and of
// streams (asr.h).
inline float mean_logprob(const std::vector<asr_token> & tokens) {
    double sum = 0.0;
    for (const asr_token & token : tokens) {
        sum += token.logprob;
    }
    return tokens.empty() ? 0.0f : static_cast<float>(sum / static_cast<double>(tokens.size()));
}

// Runs work(input, result) on each chunk or on each input of a stream. Stores each result and its status. Returns OK,
// or the status of the first failure.
template <typename Input, typename Work>
asr_status for_each_input(std::vector<chunk_result> & results, const Input * inputs, int32_t n, Work && work) {
    results.clear();
    results.resize(static_cast<size_t>(n));

    asr_status  first = ASR_STATUS_OK;
    std::string message;
    for (int32_t i = 0; i < n; ++i) {
        chunk_result &   out    = results[static_cast<size_t>(i)];
        const asr_status status = guarded([&] {
            stop_if_cancelled(inputs[i]);
            work(inputs[i], out);
            return static_cast<asr_status>(ASR_STATUS_OK);
        });
        if (status != ASR_STATUS_OK) {
            out = {};
        }
        out.result.status   = status;
        out.result.n_tokens = static_cast<int32_t>(out.tokens.size());
        if (first == ASR_STATUS_OK && status != ASR_STATUS_OK) {
            first   = status;
            message = last_error();
        }
    }
    last_error() = message;
    return first;
}

inline const chunk_result & result_at(const std::vector<chunk_result> & results, int32_t index) {
    require(index >= 0 && static_cast<size_t>(index) < results.size(), "Expected the index of a chunk or stream of the last call");
    return results[static_cast<size_t>(index)];
}

// Copies all elements if their number is at most `capacity`. Always returns their number (see the accessors in asr.h).
template <typename Elements, typename U> int32_t copy_out(const Elements & from, U * to, int32_t capacity) {
    static_assert(sizeof(typename Elements::value_type) == sizeof(U), "memcpy needs elements of equal size");
    const auto n = static_cast<int32_t>(from.size());
    if (n > 0 && n <= capacity && to != nullptr) {
        std::memcpy(to, from.data(), from.size() * sizeof(U));
    }
    return n;
}

} // namespace asr

// whisper-cpp.cpp: implements asr.h with whisper.cpp.
//
// This file includes whisper.cpp's source, because whisper.cpp's public API is not sufficient:
//
//   - It encodes the audio again for every language detection and every fallback.
//   - It computes the no-speech probability at the wrong position.
//   - It does not return the attention weights, which word times need.
//
// This library uses whisper.cpp's model, its graphs of encoder and decoder, its caches, log-mel features and vocabulary.
//
//   asr_chunk -> encode (lane.hpp) -> search (search.hpp, token_search.hpp) -> tokens
//                       |-> languages            |-> align (attention_alignment.hpp) -> times

#include "clear_buffer.hpp"

// whisper.cpp clears its caches with this function.
#define ggml_backend_buffer_clear asr::clear_buffer
#include "whisper.cpp"
#undef ggml_backend_buffer_clear

#include "ggml-impl.h"
#ifdef GGML_USE_METAL
#include "ggml-metal.h"
#endif

#include "asr.h"
#include "attention_alignment.hpp"
#include "chunk_results.hpp"
#include "ggml_file.hpp"
#include "token_search.hpp"
#include "whisper_window.hpp"

#include <memory>

#include "engine_log.hpp"
#include "log.hpp"

#include "model_file.hpp"

#include "model.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_recognize.hpp"
#include "without_stream.hpp"

#include "search.hpp"

using namespace asr;

namespace {

void detect_language(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const whisper_vocab & vocab = lane.model->vocab();
    if (!vocab.is_multilingual()) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: the model knows only English");
    }
    out.result.window_s = window_seconds(encode(lane, chunk));
    reset_cache(lane, 1);
    run_decoder(lane, { { vocab.token_sot, 0, 0 } }, decoder_output::logits);
    out.language_probs = language_probs(lane.model->rules.ids, lane.state->logits.data());
}

void decode(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    out.result.window_s = window_seconds(encode(lane, chunk));
    search(lane, chunk).run(out);
}

void align(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const int32_t window = encode(lane, chunk);
    out.result.window_s  = window_seconds(window);
    if (chunk.n_tokens == 0) {
        return;
    }
    std::vector<int32_t> tokens  = start_tokens(lane.model->rules.ids, chunk, false);
    const auto           n_start = static_cast<int32_t>(tokens.size()) - 1; // row of <|notimestamps|>, which predicts the first token
    tokens.insert(tokens.end(), chunk.tokens, chunk.tokens + chunk.n_tokens);
    tokens.push_back(lane.model->vocab().token_eot);
    require(static_cast<int32_t>(tokens.size()) <= lane.model->hparams().n_text_ctx, "Expected fewer tokens to align");

    std::vector<decoder_row> rows;
    for (const int32_t token : tokens) {
        require(token >= 0 && token < lane.model->hparams().n_vocab, "Expected tokens of the vocabulary");
        rows.push_back({ token, static_cast<int32_t>(rows.size()), 0 });
    }
    reset_cache(lane, 1);
    run_decoder(lane, rows, decoder_output::attention);

    const ggml_tensor *  heads   = lane.state->aheads_cross_QKs; // [n_heads][n_frames][n_tokens]
    std::vector<float> & weights = lane.state->aheads_cross_QKs_data;
    weights.resize(static_cast<size_t>(ggml_nelements(heads)));
    ggml_backend_tensor_get(heads, weights.data(), 0, ggml_nbytes(heads));

    const auto n_frames = static_cast<int32_t>(heads->ne[1]);
    const auto n_used   = static_cast<int32_t>(std::min<int64_t>(n_frames, (chunk.n_input + samples_per_pos - 1) / samples_per_pos));
    const attention attention = { weights.data(), static_cast<int32_t>(heads->ne[2]), n_frames, n_used,
                                  static_cast<int32_t>(heads->ne[0]) };
    const std::vector<int32_t> first = align_tokens(attention, n_start, chunk.n_tokens + 1);
    for (int32_t i = 0; i < chunk.n_tokens; ++i) {
        const auto at = static_cast<size_t>(i);
        out.tokens.push_back({ chunk.tokens[i], 0.0f, window_seconds(first[at]), window_seconds(first[at + 1]) });
    }
}

// Runs work(lane, chunk, result) on each chunk of a call. encode() sets the cancel flag of the lane.
template <typename Work> asr_status run_chunks(asr_lane * lane, const asr_chunk * chunks, int32_t n, Work work) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        lane->times = {};
        require_chunks(chunks, n, 1);
        const decoder_timer timer(lane->times);
        const asr_status status = for_each_input(lane->results, chunks, n,
                                                 [&](const asr_chunk & chunk, chunk_result & out) { work(*lane, chunk, out); });
        lane->cancel = nullptr; // the caller may free the flag after the call
        return status;
    });
}

} // namespace

const char * asr_engine_description(void) {
    static const std::string description = std::string("whisper.cpp ") + whisper_version() + " (" + whisper_print_system_info() + ")";
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        require(options->path != nullptr || (options->data != nullptr && options->data_size > 0), "Expected a path or data");
        reject_compute_type(*options);
        keep_engine_log();
        *model = load_model(*options).release();
        return ASR_STATUS_OK;
    });
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, detect_language);
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, decode);
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, align);
}

// whisper-cpp.cpp: implements asr.h with whisper.cpp.
//
// whisper.cpp's own source is part of this translation unit, because its public API encodes again for every language
// detection and every fallback, reports the no-speech probability of the wrong position, and does not give the attention
// that word times need. This file uses its model, the graphs of encoder and decoder, the caches, log-mel and the vocabulary.
//
//   asr_chunk -> encode (lane.hpp) -> search (search.hpp, token_scores.hpp) -> tokens
//                       |-> languages            |-> align (attention_alignment.hpp) -> times

#include "whisper.cpp"

#include "ggml-impl.h"
#ifdef GGML_USE_METAL
#include "ggml-metal.h"
#endif

#include "asr.h"
#include "attention_alignment.hpp"
#include "chunk_results.hpp"

#include <filesystem>
#include <memory>

#include "engine_log.hpp"

#include "model.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_recognize.hpp"
#include "without_stream.hpp"

#include "token_scores.hpp"

#include "search.hpp"

using namespace asr;

namespace {

void detect_language(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const whisper_vocab & vocab = lane.model->vocab();
    if (!vocab.is_multilingual()) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: the model knows only English");
    }
    out.result.window_s = static_cast<float>(encode(lane, chunk)) / positions_per_s;
    reset_cache(lane, 1);
    run_decoder(lane, { { vocab.token_sot, 0, 0 } }, decoder_output::logits);

    const float * logits = lane.state->logits.data() + vocab.token_sot + 1;
    const auto    n      = static_cast<size_t>(vocab.num_languages());
    const float   total  = log_sum_exp(logits, n);
    for (size_t i = 0; i < n; ++i) {
        out.language_probs.push_back(std::exp(logits[i] - total));
    }
}

void decode(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    out.result.window_s = static_cast<float>(encode(lane, chunk)) / positions_per_s;
    search(lane, chunk).run(out);
}

void align(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const int32_t window = encode(lane, chunk);
    out.result.window_s  = static_cast<float>(window) / positions_per_s;
    if (chunk.n_tokens == 0) {
        return;
    }
    std::vector<int32_t> tokens  = start_tokens(*lane.model, chunk, false);
    const auto           n_start = static_cast<int32_t>(tokens.size()) - 1; // the row of <|notimestamps|> predicts the first token
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
        out.tokens.push_back({ chunk.tokens[i], 0.0f, static_cast<float>(first[at]) / positions_per_s,
                               static_cast<float>(first[at + 1]) / positions_per_s });
    }
}

// Runs work on each chunk of a call. encode() gives the lane the cancel flag of its chunk.
template <typename Work> asr_status run_chunks(asr_lane * lane, const asr_chunk * chunks, int32_t n, Work work) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, 1);
        const asr_status status = for_each_input(lane->results, chunks, n,
                                                 [&](const asr_chunk & chunk, chunk_result & out) { work(*lane, chunk, out); });
        lane->cancel = nullptr; // the caller may free its flag after the call
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
        refuse_compute_type(*options);
        keep_engine_log();
        *model = load_model(*options).release();
        return ASR_STATUS_OK;
    });
}

void asr_model_free(asr_model * model) {
    delete model;
}

asr_status asr_model_get_info(const asr_model * model, asr_model_info * info) {
    return guarded([&] {
        require(model != nullptr && info != nullptr, "Expected a model");
        const whisper_vocab & vocab        = model->vocab();
        const bool            multilingual = vocab.is_multilingual();
        *info                              = {};
        info->groups                       = ASR_GROUP_PROMPTED;
        info->input                        = ASR_INPUT_PCM_16K;
        info->capabilities = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_ALIGN | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS |
                             ASR_CAPABILITY_TEMPERATURE |
                             (multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE | ASR_CAPABILITY_TRANSLATE : 0);
        info->n_vocab               = model->hparams().n_vocab;
        info->n_languages           = static_cast<int32_t>(model->languages.size());
        info->n_prompt_max          = model->n_prompt_max();
        info->token_text_end        = vocab.token_eot;
        info->token_timestamp_begin = vocab.token_beg;
        info->timestamp_step_s      = timestamp_step_s;
        info->window_max_s          = static_cast<float>(model->n_window_max()) / positions_per_s;
        info->window_step_s         = static_cast<float>(window_step) / positions_per_s;
        return ASR_STATUS_OK;
    });
}

const char * asr_model_get_language(const asr_model * model, int32_t index) {
    const bool known = model != nullptr && index >= 0 && static_cast<size_t>(index) < model->languages.size();
    return known ? model->languages[static_cast<size_t>(index)].c_str() : nullptr;
}

int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity) {
    return guarded([&] {
        require(model != nullptr && id >= 0 && id < model->hparams().n_vocab, "Expected a token id of the vocabulary");
        if (id >= model->vocab().token_eot) {
            return 0;
        }
        const std::string & text = model->vocab().id_to_token.at(id);
        return copy_out(std::vector<char>(text.begin(), text.end()), bytes, capacity);
    });
}

asr_status asr_lane_open(asr_model * model, asr_lane ** lane) {
    return guarded([&] {
        require(model != nullptr && lane != nullptr, "Expected a model");
        *lane = open_lane(*model).release();
        return ASR_STATUS_OK;
    });
}

void asr_lane_close(asr_lane * lane) {
    delete lane;
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

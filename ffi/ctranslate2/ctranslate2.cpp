// ctranslate2.cpp: implements asr.h with CTranslate2, for Whisper models in CTranslate2's format.
//
//   asr_chunk -> encode (encoder.hpp, lane.hpp) -> search (batch_decoder.hpp, token_rules.hpp, token_trace.hpp) -> tokens
//                       |-> languages                  |-> align -> times
//
// Calls run on the caller's thread: each lane has its own layers, and all lanes share the weights. CTranslate2's own pool of
// replicas would run every call on a thread of the pool, and cannot stop inside a call.

#include <ctranslate2/allocator.h>
#include <ctranslate2/decoding.h>
#include <ctranslate2/models/whisper.h>
#include <ctranslate2/ops/ops.h>
#include <ctranslate2/random.h>

#include "asr.h"
#include "chunk_results.hpp"

#include <filesystem>
#include <fstream>
#include <list>
#include <memory>
#include <optional>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "windows_loading.hpp"

#include "vocabulary.hpp"

#include "model.hpp"

#include "encoder.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_recognize.hpp"
#include "without_stream.hpp"

#include "token_trace.hpp"

#include "token_rules.hpp"

#include "batch_decoder.hpp"

using namespace asr;

namespace {

// An encoder's temporaries are large and short-lived. By default glibc maps and unmaps each of them, and the kernel clears
// their pages each time. With one arena that keeps them, a full window takes a fifth less time. This is called after a model is
// loaded, so that the temporaries of the load are not kept.
void keep_freed_memory() {
#ifdef __GLIBC__
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

void detect_language(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const asr_model & model = *lane.model;
    if (!model.multilingual) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: the model knows only English");
    }
    const encoding & encoded = encode(lane, chunk);
    out.result.window_s      = window_seconds(encoded.window);
    ctranslate2::set_num_threads(1);

    ctranslate2::layers::DecoderState state = lane.decoder.initial_state();
    ctranslate2::StorageView          logits(lane.decoder.output_type());
    state.emplace("memory", encoded.output);
    lane.decoder(0, ctranslate2::StorageView({ 1 }, model.tokens.sot), state, &logits);

    const float * scores = logits.data<float>() + model.tokens.sot + 1;
    const size_t  n      = model.languages.size();
    const float   total  = log_sum_exp(scores, n);
    for (size_t i = 0; i < n; ++i) {
        out.language_probs.push_back(std::exp(scores[i] - total));
    }
}

void align(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const asr_model & model = *lane.model;
    if (!model.can_align) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot time words: config.json of the model has no alignment_heads");
    }
    const encoding & encoded = encode(lane, chunk);
    out.result.window_s      = window_seconds(encoded.window);
    if (chunk.n_tokens == 0) {
        return;
    }
    const std::vector<size_t> start = start_tokens(model, chunk);
    std::vector<size_t>       text;
    for (const int32_t * id = chunk.tokens; id < chunk.tokens + chunk.n_tokens; ++id) {
        require(*id >= 0 && *id < model.tokens.eot, "Expected tokens of text");
        text.push_back(static_cast<size_t>(*id));
    }
    constexpr size_t n_around = 2; // <|notimestamps|>, <|endoftext|>
    require(start.size() + text.size() + n_around <= static_cast<size_t>(model.n_text_ctx), "Expected fewer tokens to align");

    constexpr ctranslate2::dim_t median_width = 7;
    const auto                   n_frames     = std::max<int64_t>(frames_per_pos, chunk.n_input);
    ctranslate2::set_num_threads(static_cast<size_t>(chunk.threads));
    const auto path = lane.replica.align(encoded.output, start, { text }, { static_cast<size_t>(n_frames) }, median_width).at(0).alignments;

    std::vector<float> first(text.size() + 1, window_seconds(n_frames / frames_per_pos)); // when the path reaches each token
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
        first.at(static_cast<size_t>(step->first)) = window_seconds(step->second);
    }
    for (size_t i = 0; i < text.size(); ++i) {
        out.tokens.push_back({ chunk.tokens[i], 0.0f, first[i], first[i + 1] });
    }
}

// Runs work(chunk, result) on each chunk of a call.
template <typename Work> asr_status run_chunks(asr_lane * lane, const asr_chunk * chunks, int32_t n, const char * action, Work work) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, lane->model->n_mels);
        forget_encodings(*lane, chunks, n);
        return for_each_input(lane->results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
            call_engine(ASR_STATUS_INTERNAL, action, [&] {
                work(chunk, out);
                return 0;
            });
        });
    });
}

} // namespace

const char * asr_engine_description(void) {
    static const std::string description = "CTranslate2 " CTRANSLATE2_VERSION " (" + supported_compute_types() + ")";
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        if (options->path == nullptr) {
            throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: a model of CTranslate2 is a folder, expected its path");
        }
        require(options->threads >= 1, "Expected at least 1 thread");
        ctranslate2::set_num_threads(static_cast<size_t>(options->threads));
        *model = load_model(*options).release();
        keep_freed_memory();
        return ASR_STATUS_OK;
    });
}

void asr_model_free(asr_model * model) {
    delete model;
}

asr_status asr_model_get_info(const asr_model * model, asr_model_info * info) {
    return guarded([&] {
        require(model != nullptr && info != nullptr, "Expected a model");
        *info              = {};
        info->groups       = ASR_GROUP_PROMPTED;
        info->input        = model->n_mels == 80 ? ASR_INPUT_LOG_MEL_80 : ASR_INPUT_LOG_MEL_128;
        info->capabilities = ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_BEAM | ASR_CAPABILITY_TIMESTAMPS | ASR_CAPABILITY_TEMPERATURE |
                             (model->can_align ? ASR_CAPABILITY_ALIGN : 0) |
                             (model->multilingual ? ASR_CAPABILITY_DETECT_LANGUAGE | ASR_CAPABILITY_TRANSLATE : 0);
        info->n_vocab               = model->tokens.n_vocab;
        info->n_languages           = static_cast<int32_t>(model->languages.size());
        info->n_prompt_max          = model->n_prompt_max();
        info->token_text_end        = model->tokens.eot;
        info->token_timestamp_begin = model->tokens.timestamp_begin();
        info->timestamp_step_s      = timestamp_step_s;
        info->window_max_s          = window_seconds(model->n_window_max);
        info->window_step_s         = window_seconds(window_step);
        return ASR_STATUS_OK;
    });
}

const char * asr_model_get_language(const asr_model * model, int32_t index) {
    const bool known = model != nullptr && index >= 0 && static_cast<size_t>(index) < model->languages.size();
    return known ? model->languages[static_cast<size_t>(index)].c_str() : nullptr;
}

int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity) {
    return guarded([&] {
        require(model != nullptr && id >= 0 && id < model->tokens.n_vocab, "Expected a token id of the vocabulary");
        if (id >= model->tokens.eot) {
            return 0;
        }
        return copy_out(model->spelling.bytes_of(model->weights->get_vocabulary().to_token(static_cast<size_t>(id))), bytes, capacity);
    });
}

asr_status asr_lane_open(asr_model * model, asr_lane ** lane) {
    return guarded([&] {
        require(model != nullptr && lane != nullptr, "Expected a model");
        *lane = call_engine(ASR_STATUS_INTERNAL, "open a lane", [&] { return std::make_unique<asr_lane>(*model); }).release();
        return ASR_STATUS_OK;
    });
}

void asr_lane_close(asr_lane * lane) {
    delete lane;
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "detect the language",
                      [&](const asr_chunk & chunk, chunk_result & out) { detect_language(*lane, chunk, out); });
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    std::optional<batch_decoder> decoder; // created when the arguments of the call have been checked
    return run_chunks(lane, chunks, n, "decode", [&](const asr_chunk & chunk, chunk_result & out) {
        if (!decoder) {
            decoder.emplace(*lane, chunks, n);
        }
        decoder->decode(chunk, out);
    });
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "align", [&](const asr_chunk & chunk, chunk_result & out) { align(*lane, chunk, out); });
}

// mlx.cpp: implements asr.h with MLX, for Whisper models in the format of mlx-whisper.
//
//   asr_chunk -> encode (lane.hpp, encoder.hpp) -> batch_decoder.hpp (decoder.hpp, token_search.hpp) -> tokens
//                       |-> languages                    |-> align.hpp (attention_alignment.hpp) -> times
//
// The thread of the caller checks the arguments and keeps the results. The owner of the model (owner.hpp) does the rest.

#include <mlx/backend/cuda/cuda.h>
#include <mlx/backend/metal/metal.h>
#include <mlx/mlx.h>

#include "asr.h"
#include "attention_alignment.hpp"
#include "bad_model.hpp"
#include "chunk_results.hpp"
#include "library_exceptions.hpp"
#include "token_search.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include <dlfcn.h>

namespace mx = mlx::core;

#include "json.hpp"

#include "model_files.hpp"

#include "config.hpp"

#include "tensor_table.hpp"

#include "safetensors.hpp"

#include "npz.hpp"

#include "vocabulary.hpp"

#include "alignment_heads.hpp"

#include "weights.hpp"

#include "layers.hpp"

#include "encoder.hpp"

#include "decoder.hpp"

#include "model.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_recognize.hpp"
#include "without_stream.hpp"

#include "batch_decoder.hpp"

#include "align.hpp"

using namespace asr;

namespace {

// Runs `work`, which calls MLX, and converts its exceptions to failures.
template <typename Work> auto call_engine(const char * action, Work && work) {
    return convert_exceptions(ASR_STATUS_INTERNAL, action, "allocate", "", std::forward<Work>(work));
}

bool are_cancelled(const asr_chunk * chunks, int32_t n) {
    return std::all_of(chunks, chunks + n, [](const asr_chunk & chunk) { return is_cancelled(chunk); });
}

// Runs work(chunk, result) on each chunk of a call, on the thread of the owner.
template <typename Work> asr_status run_chunks(asr_lane * lane, const asr_chunk * chunks, int32_t n, const char * action, Work work) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, lane->model.config.n_mels);
        lane->model.owner.run([&] { forget_encodings(*lane, chunks, n); });
        return for_each_input(lane->results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
            call_engine(action, [&] {
                lane->model.owner.run([&] { work(chunk, out); }, [&] { return is_cancelled(chunk); });
                return 0;
            });
        });
    });
}

void detect_language(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const asr_model & model = lane.model;
    if (!model.config.is_multilingual()) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: the model knows only English");
    }
    const encoding & encoded = encode(lane, chunk);
    out.result.window_s      = window_seconds(encoded.window);
    const decoder &  decoder = model.network->decoder;
    decoder_cache    cache   = decoder.open_cache(encoded.output, { 0 }, [&] { stop_if_cancelled(chunk); });
    mx::array        logits  = decoder.logits(decoder.read({ model.rules.ids.sot }, cache, [](const mx::array &) {}));
    logits.eval();
    out.language_probs = language_probs(model.rules.ids, logits.data<float>());
}

// Returns a member for each chunk of a call. A chunk that cannot be decoded has an error.
std::vector<decode_member> members_of(asr_lane & lane, const asr_chunk * chunks, int32_t n) {
    std::vector<decode_member> members;
    for (const asr_chunk * chunk = chunks; chunk < chunks + n; ++chunk) {
        decode_member & member = members.emplace_back();
        member.chunk           = chunk;
        keep_failure({ &member }, [&] {
            const control_tokens & ids = lane.model.rules.ids;
            member.past                = past_tokens(ids, *chunk, lane.model.n_prompt_max());
            member.start               = start_tokens(ids, *chunk, chunk->timestamps != 0);
        });
    }
    return members;
}

} // namespace

const char * asr_engine_description(void) {
    static const std::string description = std::string("MLX ") + mx::version() + " (" +
                                           (mx::metal::is_available() ? "Metal" : mx::cu::is_available() ? "CUDA" : "CPU") + ")";
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        require(options->threads >= 1, "Expected at least 1 thread");
        if (options->path == nullptr && (options->files == nullptr || options->n_files < 1)) {
            throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: a model for MLX is a folder, expected its path or its files");
        }
        *model = call_engine("load the model", [&] { return load_model(*options); }).release();
        return ASR_STATUS_OK;
    });
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "detect the language",
                      [&](const asr_chunk & chunk, chunk_result & out) { detect_language(*lane, chunk, out); });
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, lane->model.config.n_mels);
        decode_call call = { lane, chunks, n, members_of(*lane, chunks, n) };
        call_engine("decode", [&] {
            lane->model.owner.decode(call, [&] { return are_cancelled(chunks, n); });
            return 0;
        });
        return for_each_input(lane->results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
            decode_member & member = call.members[static_cast<size_t>(&chunk - chunks)];
            call_engine("decode", [&] {
                if (member.error) {
                    std::rethrow_exception(member.error);
                }
                return 0;
            });
            out = std::move(member.result);
        });
    });
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "align", [&](const asr_chunk & chunk, chunk_result & out) { align(*lane, chunk, out); });
}

// ctranslate2.cpp: implements asr.h with CTranslate2, for Whisper models in CTranslate2's format.
//
//   asr_chunk -> encode (encoder.hpp, lane.hpp) -> search (decode.hpp, step_decoder.hpp or search_decoder.hpp) -> tokens
//                       |-> languages                  |-> align -> times
//
// Calls run on the thread of the caller. Each lane has its own layers, and all lanes share the weights. CTranslate2's own
// ReplicaPool is not used, because it would run every call on one of its own threads, and it cannot cancel a call.

#include <ctranslate2/allocator.h>
#include <ctranslate2/decoding.h>
#include <ctranslate2/models/whisper.h>
#include <ctranslate2/ops/ops.h>
#include <ctranslate2/random.h>

#include "asr.h"
#include "bad_model.hpp"
#include "chunk_results.hpp"
#include "largest.hpp"
#include "library_exceptions.hpp"
#include "token_search.hpp"
#include "whisper_rules.hpp"
#include "whisper_window.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdlib>

#include <filesystem>
#include <fstream>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "windows_loading.hpp"

#include "vocabulary.hpp"

#include "files_in_memory.hpp"

#include "model_file.hpp"

#include "gpu.hpp"

#include "scheduler.hpp"

#ifdef ASR_CPU_KERNELS
#    include "cpu/attention.hpp"
#    include "cpu/divided_product.hpp"
#endif

#include "model.hpp"

#include "own_attention.hpp"

#include "linear.hpp"

#include "encoder_layer.hpp"

#include "encoder.hpp"

#include "decoder.hpp"

#include "token_slots.hpp"

#include "cached_decoder.hpp"

#include "step_decoder.hpp"

#include "token_trace.hpp"

#include "token_rules.hpp"

#include "best_sampler.hpp"

#include "search_decoder.hpp"

#include "choose_decoder.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_recognize.hpp"
#include "without_stream.hpp"

#include "decode.hpp"

using namespace asr;

namespace {

// Configures glibc to keep freed memory in one arena. An encoder allocates and frees large buffers. By default, glibc
// requests each buffer from the kernel, and the kernel fills it with zeros. Without these requests, encoding a full
// window takes a fifth less time. Call this function after a model was loaded. Otherwise, glibc would also keep the
// buffers that the load has freed.
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
    const double     due_s   = due_of(chunk);
    const encoding & encoded = encode(lane, chunk, due_s);
    out.result.window_s      = window_seconds(encoded.window);

    model.work->with_threads(1, due_s, chunk, [&](const scheduler::share &) {
        const stage_timer timer(lane.times.decoder_s);
        out.language_probs = language_probs(model.rules.ids, lane.decoder->first_logits(encoded).data());
    });
}

void align(asr_lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const asr_model & model = *lane.model;
    if (!model.can_align) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot time words: config.json of the model has no alignment_heads");
    }
    const double     due_s   = due_of(chunk);
    const encoding & encoded = encode(lane, chunk, due_s);
    out.result.window_s      = window_seconds(encoded.window);
    if (chunk.n_tokens == 0) {
        return;
    }
    const std::vector<int32_t> ids = start_tokens(model.rules.ids, chunk, true);
    const std::vector<size_t>  start(ids.begin(), ids.end());
    std::vector<size_t>        text;
    for (const int32_t * id = chunk.tokens; id < chunk.tokens + chunk.n_tokens; ++id) {
        require(*id >= 0 && *id < model.rules.ids.eot, "Expected tokens of text");
        text.push_back(static_cast<size_t>(*id));
    }
    constexpr size_t n_around = 2; // the two tokens are <|notimestamps|> before the text and <|endoftext|> after it
    require(start.size() + text.size() + n_around <= static_cast<size_t>(model.n_text_ctx), "Expected fewer tokens to align");

    constexpr ctranslate2::dim_t median_width = 7;
    const auto                   n_frames     = std::max<int64_t>(frames_per_pos, chunk.n_input);
    const auto path = model.work->with_threads(chunk.threads, due_s, chunk, [&](const scheduler::share & own) {
        const stage_timer timer(lane.times.decoder_s);
        ctranslate2::set_num_threads(static_cast<size_t>(own.n));
        return lane.replica.align(encoded.output, start, { text }, { static_cast<size_t>(n_frames) }, median_width).at(0).alignments;
    });

    // Start time of each text token, then of <|endoftext|>: the first time at which the path reaches the token.
    std::vector<float> first(text.size() + 1, window_seconds(n_frames / frames_per_pos));
    for (auto step = path.rbegin(); step != path.rend(); ++step) {
        first.at(static_cast<size_t>(step->first)) = window_seconds(step->second);
    }
    for (size_t i = 0; i < text.size(); ++i) {
        out.tokens.push_back({ chunk.tokens[i], 0.0f, first[i], first[i + 1] });
    }
}

// Encodes silence and runs one step of the decoder. If the GPU cannot run the model, this call fails, so the load of
// the model fails before the first request. If the GPU is newer than CTranslate2, this call also compiles the kernels
// for the GPU.
void try_gpu(asr_model & model) {
    call_engine(ASR_STATUS_UNSUPPORTED, "use the GPU", [&] {
        const std::unique_ptr<asr_lane> lane = open_lane(model);
        const std::vector<float>        silence(static_cast<size_t>(model.n_mels) * frames_per_pos, 0.0f);
        asr_chunk                       chunk = {};
        chunk.input                           = silence.data();
        chunk.n_input                         = frames_per_pos;
        chunk.threads                         = 1;
        lane->decoder->first_logits(encode(*lane, chunk, due_of(chunk)));
        return 0;
    });
}

// Runs work(chunk, result) on each chunk of a call.
template <typename Work> asr_status run_chunks(asr_lane * lane, const asr_chunk * chunks, int32_t n, const char * action, Work work) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        lane->times = {};
        require_chunks(chunks, n, lane->model->n_mels);
        forget_encodings(lane->encodings, chunks, n,
                         [&](const asr_chunk & chunk) { return window_positions(*lane->model, chunk); });
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
    static const std::string description =
        "CTranslate2 " CTRANSLATE2_VERSION " (" + supported_compute_types(ctranslate2::Device::CPU) + ")";
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        if (options->path == nullptr && (options->files == nullptr || options->n_files < 1)) {
            throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: a model of CTranslate2 is a folder, expected its path or its files");
        }
        require(options->threads >= 1, "Expected at least 1 thread");
        ctranslate2::set_num_threads(static_cast<size_t>(options->threads));
        std::unique_ptr<asr_model> loaded = load_model(*options);
        loaded->work                      = make_scheduler(*loaded, options->threads);
        if (loaded->device() != ctranslate2::Device::CPU) {
            try_gpu(*loaded);
        }
        *model = loaded.release();
        keep_freed_memory();
        return ASR_STATUS_OK;
    });
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "detect the language",
                      [&](const asr_chunk & chunk, chunk_result & out) { detect_language(*lane, chunk, out); });
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    std::vector<decode_job> jobs; // run_chunks() checks the arguments first
    return run_chunks(lane, chunks, n, "decode", [&](const asr_chunk & chunk, chunk_result & out) {
        if (jobs.empty()) {
            jobs = decode(*lane, chunks, n);
        }
        decode_job & job = jobs[static_cast<size_t>(&chunk - chunks)];
        lane->times.decoder_s += job.decoder_s;
        if (job.error) {
            std::rethrow_exception(job.error);
        }
        out = std::move(job.result);
    });
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_chunks(lane, chunks, n, "align", [&](const asr_chunk & chunk, chunk_result & out) { align(*lane, chunk, out); });
}

// transcribe-cpp.cpp: implements asr.h with transcribe.cpp, which runs Parakeet and many other kinds of models.
//
//   model file -> check (gguf_file.hpp, ggml_file.hpp) -> model.hpp
//   asr_chunk  -> recognize.hpp -> tokens with times, or a text
//   asr_stream -> stream.hpp    -> tokens with times
#include "asr.h"

#include "ggml-backend.h"
#include "ggml.h"
#include "gguf.h"
#ifdef GGML_USE_METAL
#include "ggml-metal.h"
#endif

#include "transcribe-model.h"
#include "transcribe-session.h"
#include "transcribe-tokenizer.h"
#include "transcribe.h"
#include "transcribe/whisper.h"

#include "chunk_results.hpp"
#include "ggml_file.hpp"

#include <atomic>
#include <limits>
#include <memory>
#include <mutex>

#include "engine_log.hpp"
#include "log.hpp"

#include "gguf_file.hpp"
#include "whisper.hpp"

#include "model.hpp"

#include "lane.hpp"

#include "exports.hpp"
#include "without_prompted.hpp"

#include "run.hpp"

#include "recognize.hpp"
#include "stream.hpp"

using namespace asr;

const char * asr_engine_description(void) {
    static const std::string description = std::string("transcribe.cpp ") + transcribe_version();
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        if (options->path == nullptr) {
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot load a model from memory: this engine maps the file of the model");
        }
        reject_compute_type(*options);
        keep_engine_log();
        *model = load_model(*options).release();
        return ASR_STATUS_OK;
    });
}

asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        lane->times = {};
        require_audio(chunks, n, 1);
        require_recognizable(*lane->model, chunks, n);
        const decoder_timer timer(lane->times);
        const asr_status status = for_each_input(
            lane->results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) { recognize(*lane, chunk, out); });
        lane->cancel = nullptr; // the caller may free the flag after the call
        return status;
    });
}

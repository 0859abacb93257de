// mlx.cpp: implements asr.h with MLX. Each kind of model has its own folder and derives from the classes of model.hpp.
//
//   files of the model -> model_files.hpp -> config_json.hpp -> whisper/model.hpp
//     asr_chunk -> whisper/calls.hpp -> owner_thread.hpp -> encode (lane.hpp, encoder.hpp)
//       |-> batch_decoder.hpp (decoder.hpp, token_search.hpp) -> tokens
//       |-> align.hpp (attention_alignment.hpp) -> times

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
#include <initializer_list>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include <dlfcn.h>

namespace mx = mlx::core;

#include "model.hpp"

#include "exports.hpp"

#include "json.hpp"

#include "model_files.hpp"

#include "config_json.hpp"

#include "tensor_table.hpp"

#include "safetensors.hpp"

#include "npz.hpp"

#include "linear.hpp"

#include "weights.hpp"

#include "device.hpp"

#include "owner_thread.hpp"

#include "whisper/config.hpp"

#include "whisper/vocabulary.hpp"

#include "whisper/alignment_heads.hpp"

#include "whisper/layers.hpp"

#include "whisper/encoder.hpp"

#include "whisper/decoder.hpp"

#include "whisper/model.hpp"

#include "whisper/lane.hpp"

#include "whisper/batch_decoder.hpp"

#include "whisper/align.hpp"

#include "whisper/calls.hpp"

using namespace asr;

const char * asr_engine_description(void) {
    static const std::string description = std::string("MLX ") + mx::version() + " (" +
                                           (mx::metal::is_available() ? "Metal"
                                            : mx::cu::is_available()  ? "CUDA"
                                                                      : "CPU") +
                                           ")";
    return description.c_str();
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr, "Expected options");
        require(options->threads >= 1, "Expected at least 1 thread");
        if (options->path == nullptr && (options->files == nullptr || options->n_files < 1)) {
            throw failure(ASR_STATUS_BAD_MODEL,
                          "Cannot read the model: a model for MLX is a folder, expected its path or its files");
        }
        *model = call_engine("load the model", [&] {
                     return whisper::load_model(model_files(*options), *options);
                 }).release();
        return ASR_STATUS_OK;
    });
}

// Each call below belongs to a group. A lane of another kind of model rejects it.

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        return lane->detect_language(chunks, n);
    });
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        return lane->decode(chunks, n);
    });
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        return lane->align(chunks, n);
    });
}

asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        return lane->recognize(chunks, n);
    });
}

asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream) {
    return guarded([&] {
        require(lane != nullptr && options != nullptr && stream != nullptr, "Expected a lane");
        *stream = lane->open_stream(*options).release();
        return ASR_STATUS_OK;
    });
}

void asr_stream_close(asr_stream * stream) {
    delete stream;
}

asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        return lane->feed(inputs, n);
    });
}

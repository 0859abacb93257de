// mlx.cpp: implements asr.h with MLX. Each kind of model has its own folder and derives from the classes of model.hpp.
//
//   files of the model -> model_files.hpp -> config_json.hpp -> model.hpp of a kind
//
//   asr_chunk -> whisper/calls.hpp -> owner_thread.hpp -> encode (lane.hpp, encoder.hpp)
//     |-> batch_decoder.hpp (decoder.hpp, token_search.hpp) -> tokens
//     |-> align.hpp (attention_alignment.hpp) -> times
//
//   asr_chunk -> parakeet/model.hpp -> owner_thread.hpp -> parakeet/network.hpp (features.hpp, encoder.hpp)
//     |-> transducer.hpp (greedy_search.hpp), beam_search.hpp or ctc.hpp -> tokens with times
//
//   asr_stream -> kyutai/lane.hpp -> owner_thread.hpp -> kyutai/batch_step.hpp, again and again
//     |-> mimi.hpp (causal_conv.hpp, key_value_ring.hpp) -> codes of the audio
//     |-> language_model.hpp (key_value_ring.hpp) -> delayed_text.hpp -> tokens with times

#include <mlx/allocator.h>
#include <mlx/backend/cpu/encoder.h>
#include <mlx/backend/cuda/cuda.h>
#include <mlx/backend/metal/metal.h>
#include <mlx/mlx.h>
#include <mlx/primitives.h>

#include "asr.h"
#include "attention_alignment.hpp"
#include "bad_model.hpp"
#include "chunk_results.hpp"
#include "library_exceptions.hpp"
#include "token_search.hpp"
#include "whisper_window.hpp"

#include <bit>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
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

#include "cpu_kernels.hpp"

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

#include "parakeet/config.hpp"

#include "parakeet/languages.hpp"

#include "parakeet/vocabulary.hpp"

#include "parakeet/layers.hpp"

#include "parakeet/features.hpp"

#include "parakeet/subsampling.hpp"

#include "parakeet/attention.hpp"

#include "parakeet/encoder.hpp"

#include "parakeet/confidence.hpp"

#include "parakeet/timed_tokens.hpp"

#include "parakeet/recognition.hpp"

#include "parakeet/predictor.hpp"

#include "parakeet/joint.hpp"

#include "parakeet/greedy_search.hpp"

#include "parakeet/transducer.hpp"

#include "parakeet/beam_search.hpp"

#include "parakeet/ctc.hpp"

#include "parakeet/network.hpp"

#include "parakeet/model.hpp"

#include "kyutai/config.hpp"

#include "kyutai/sentencepiece.hpp"

#include "kyutai/key_value_ring.hpp"

#include "kyutai/causal_conv.hpp"

#include "kyutai/mimi.hpp"

#include "kyutai/language_model.hpp"

#include "kyutai/delayed_text.hpp"

#include "kyutai/model.hpp"

#include "kyutai/lane.hpp"

#include "kyutai/batch_step.hpp"

using namespace asr;

namespace {

// Loads a model of the kind that its config.json describes.
std::unique_ptr<asr_model> load_model(const asr_model_options & options) {
    const model_files files(options);
    const json_value  config = read_config_json(files);
    if (kyutai::is_kyutai(config)) {
        return kyutai::load_model(files, config, options);
    }
    return parakeet::is_parakeet(config) ? parakeet::load_model(files, config, options)
                                         : whisper::load_model(files, config, options);
}

} // namespace

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
        *model = call_engine("load the model", [&] { return load_model(*options); }).release();
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

// null.cpp: an engine without model files. Its models replace real ones in tests of the code around an engine.
//
//   model path
//     echo          group prompted: runs the commands in its prompt: decode to a text,
//                   sleep, fail or crash (echo.hpp, commands.hpp)
//     transducer    group recognize: converts the levels of a chunk to tokens with times and
//                   log-probabilities (transducer.hpp)
//     streaming     group stream: the same for a stream; each token is final 0.48 s late (streaming.hpp)
//     slow          echo, after a second of loading
//     stuck         never ends loading
//     bad           fails to load, like every path that is not in this list
//     oom           does not fit into memory
//     greedy        allocates memory while it loads until the allocation fails or the process is killed
//     mortal        aborts the process while it loads

#include "asr.h"

#include "chunk_results.hpp"

#include "echo.hpp"
#include "streaming.hpp"
#include "transducer.hpp"

using namespace asr;

struct asr_model {
    int32_t group; // the one that it has
};

struct asr_lane {
    int32_t                   group;
    std::vector<chunk_result> results;
};

#include "exports.hpp"

namespace {

// Loads as the model's name says; returns its group.
int32_t load(const std::string & name) {
    if (name == "transducer") {
        return ASR_GROUP_RECOGNIZE;
    } else if (name == "streaming") {
        return ASR_GROUP_STREAM;
    } else if (name == "slow") {
        pause_ms(1000, nullptr);
    } else if (name == "stuck") {
        hang();
    } else if (name == "oom") {
        throw std::bad_alloc();
    } else if (name == "greedy") {
        eat_memory();
    } else if (name == "mortal") {
        std::abort();
    } else if (name != "echo") {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot load null model: expected \"echo\", \"transducer\", \"streaming\" or \"slow\"");
    }
    return ASR_GROUP_PROMPTED;
}

void require_group(const asr_lane * lane, int32_t group) {
    require(lane != nullptr, "Expected a lane");
    if (lane->group != group) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot make this call: the model has another group of calls");
    }
}

template <typename Work> asr_status run_prompted(asr_lane * lane, const asr_chunk * chunks, int32_t n, Work work) {
    return guarded([&] {
        require_group(lane, ASR_GROUP_PROMPTED);
        require_chunks(chunks, n, 1);
        return for_each_input(lane->results, chunks, n, work);
    });
}

} // namespace

const char * asr_engine_description(void) {
    return "null";
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr && options->path != nullptr, "Expected a path");
        const int32_t group = load(options->path);
        if (options->device != ASR_DEVICE_CPU) {
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: the null engine has none");
        }
        refuse_compute_type(*options);
        *model = new asr_model{ group };
        return ASR_STATUS_OK;
    });
}

void asr_model_free(asr_model * model) {
    delete model;
}

asr_status asr_model_get_info(const asr_model * model, asr_model_info * info) {
    return guarded([&] {
        require(model != nullptr && info != nullptr, "Expected a model");
        *info = {};
        switch (model->group) {
        case ASR_GROUP_RECOGNIZE:
            transducer::fill_info(*info);
            break;
        case ASR_GROUP_STREAM:
            streaming::fill_info(*info);
            break;
        default:
            echo::fill_info(*info);
        }
        return ASR_STATUS_OK;
    });
}

const char * asr_model_get_language(const asr_model * model, int32_t index) {
    asr_model_info info;
    const bool     known = asr_model_get_info(model, &info) == ASR_STATUS_OK && index >= 0 && index < info.n_languages;
    return known ? echo::languages[index] : nullptr;
}

int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity) {
    return guarded([&] {
        require(model != nullptr, "Expected a model");
        const bool is_echo = model->group == ASR_GROUP_PROMPTED;
        require(id >= 0 && id < (is_echo ? echo::n_vocab : n_level_vocab), "Expected a token id of the vocabulary");
        const std::string text = is_echo ? echo::token_text(id) : level_token_text(id);
        return copy_out(std::vector<char>(text.begin(), text.end()), bytes, capacity);
    });
}

asr_status asr_lane_open(asr_model * model, asr_lane ** lane) {
    return guarded([&] {
        require(model != nullptr && lane != nullptr, "Expected a model");
        *lane = new asr_lane{ model->group, {} };
        return ASR_STATUS_OK;
    });
}

void asr_lane_close(asr_lane * lane) {
    delete lane;
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_prompted(lane, chunks, n, echo::detect_language);
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_prompted(lane, chunks, n, echo::decode);
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return run_prompted(lane, chunks, n, echo::align);
}

asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require_group(lane, ASR_GROUP_RECOGNIZE);
        require_audio(chunks, n, 1);
        return for_each_input(lane->results, chunks, n, transducer::recognize);
    });
}

asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream) {
    return guarded([&] {
        require_group(lane, ASR_GROUP_STREAM);
        require(options != nullptr && stream != nullptr, "Expected options");
        *stream = streaming::open(*lane, *options).release();
        return ASR_STATUS_OK;
    });
}

void asr_stream_close(asr_stream * stream) {
    delete stream;
}

asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n) {
    return guarded([&] {
        require_group(lane, ASR_GROUP_STREAM);
        require_stream_inputs(lane, inputs, n);
        return feed_streams(lane->results, inputs, n, streaming::feed);
    });
}

// null.cpp: implements asr.h without model files (the null engine). Tests of the server use it instead of a real
// engine.
//
//   model path
//     echo          group prompted: runs the commands in its prompt, for example to return a text, sleep, fail or crash
//                   (echo.hpp, commands.hpp)
//     transducer    group recognize: converts the levels of a chunk to tokens with times and log-probabilities
//                   (transducer.hpp, level_tokens.hpp)
//     streaming     group stream: converts the levels of a stream in the same way; each token becomes final 0.48 s after
//                   its end (streaming.hpp)
//     slow          the echo model, but the load takes a second
//     stuck         the load never ends
//     bad           the load fails, as with every path that is not in this list
//     oom           the load fails with OUT_OF_MEMORY
//     greedy        the load allocates memory until an allocation fails or the process is killed
//     mortal        the load aborts the process

#include "asr.h"

#include "chunk_results.hpp"

#include "echo.hpp"
#include "streaming.hpp"
#include "transducer.hpp"

using namespace asr;

struct asr_model {
    int32_t                  group; // call group that the model supports
    std::vector<std::string> languages;
};

struct asr_lane {
    int32_t                   group;
    std::vector<chunk_result> results;
    asr_times                 times = {};
};

namespace asr {

inline asr_model_info describe_model(const asr_model & model) {
    switch (model.group) {
    case ASR_GROUP_RECOGNIZE:
        return transducer::info();
    case ASR_GROUP_STREAM:
        return streaming::info();
    default:
        return echo::info();
    }
}

inline std::string token_bytes(const asr_model & model, int32_t id) {
    return model.group == ASR_GROUP_PROMPTED ? echo::token_text(id) : level_token_text(id);
}

inline std::unique_ptr<asr_lane> open_lane(const asr_model & model) {
    return std::unique_ptr<asr_lane>(new asr_lane{ model.group, {}, {} });
}

} // namespace asr

#include "exports.hpp"

namespace {

// Simulates loading the model with this name. Returns the call group of the model.
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
        lane->times = {};
        require_chunks(chunks, n, 1);
        const decoder_timer timer(lane->times);
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
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: the null engine computes on the CPU");
        }
        reject_compute_type(*options);
        *model = new asr_model{ group, group == ASR_GROUP_PROMPTED ? echo::languages() : std::vector<std::string>{ "en" } };
        return ASR_STATUS_OK;
    });
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
        lane->times = {};
        require_audio(chunks, n, 1);
        const decoder_timer timer(lane->times);
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
        lane->times = {};
        require_stream_inputs(lane, inputs, n);
        const decoder_timer timer(lane->times);
        return feed_streams(lane->results, inputs, n, streaming::feed);
    });
}

// null.cpp: the engine without a model. It echoes, sleeps, crashes and fails on demand, to test all that stands around an engine.
//
//   prompt tokens -> text -> commands, run in order: "sleep 200; say hello"
//
//     say TEXT      decode to TEXT (without it: "<n> samples")
//     samples       decode to the samples heard: 16 bits each, in four digits from the highest on, "a" to "p", "A" to "P" and
//                   so on in turns; sample n is exclusive-ored with 40503 n: text that repeats itself is taken for a loop
//     sleep MS      work for MS milliseconds, stop when cancelled
//     hang          work for ever and ignore the cancel word
//     fail          fail with INTERNAL
//     oom           fail with OUT_OF_MEMORY
//     eat           allocate and touch memory until something gives
//     crash         read address 0 (SIGSEGV)
//     abort         abort() (SIGABRT)
//     exit          end the process as if all were well
//     garbage       write what is no message onto the channel to the parent, then hang
//
//   model path: "echo" loads; "bad" is refused; "slow" takes a second to load; "stuck" never ends loading; "oom" does not
//   fit into memory; "greedy" eats memory while it loads; "mortal" aborts while it loads.
//
// Its vocabulary is the 256 bytes, end-of-text (256) and the timestamps of 30 s in steps of 20 ms.

#include "asr.h"
#include "chunk_results.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <unistd.h>
#endif

using namespace asr;

struct asr_model {
    std::string name;
};

struct asr_lane {
    std::vector<chunk_result> results;
};

#include "exports.hpp"

namespace {

constexpr int32_t n_bytes         = 256;
constexpr int32_t token_eot       = n_bytes;
constexpr int32_t token_timestamp = token_eot + 1;
constexpr int32_t n_timestamps    = 1501;
constexpr float   timestamp_step  = 0.02f;
constexpr float   window_max      = 30.0f;
constexpr int32_t n_prompt_max    = 1024;
constexpr int32_t samples_per_s   = 16000;

constexpr const char * languages[] = { "en", "fr" };

void pause_ms(int64_t ms, const asr_chunk * cancellable) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    while (std::chrono::steady_clock::now() < end) {
        if (cancellable != nullptr && is_cancelled(*cancellable)) {
            throw failure(ASR_STATUS_CANCELLED, "Cancelled");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

[[noreturn]] void eat_memory() {
    constexpr size_t                     block = size_t{ 64 } << 20;
    std::vector<std::unique_ptr<char[]>> blocks;
    for (;;) {
        blocks.push_back(std::make_unique<char[]>(block)); // make_unique zeroes it: every page is touched
    }
}

// Bun hands the channel's descriptor to its child in this variable.
void write_garbage() {
#ifndef _WIN32
    const char * channel = std::getenv("NODE_CHANNEL_FD");
    const std::string garbage = "\x01 no message \xff\n";
    if (channel == nullptr || write(std::atoi(channel), garbage.data(), garbage.size()) < 0) {
        throw failure(ASR_STATUS_INTERNAL, "Cannot find the channel to the parent");
    }
#else
    throw failure(ASR_STATUS_UNSUPPORTED, "Cannot write to the channel to the parent on this platform");
#endif
}

[[noreturn]] void hang() {
    for (;;) {
        pause_ms(1000, nullptr);
    }
}

std::string written_samples(const asr_chunk & chunk) {
    std::string written;
    for (int64_t i = 0; i < chunk.n_input; ++i) {
        const auto sample = static_cast<uint16_t>(std::lround(chunk.input[i] * 32767.0f) ^ i * 40503);
        for (int shift = 12; shift >= 0; shift -= 4) {
            written += static_cast<char>((shift % 8 == 4 ? 'a' : 'A') + (sample >> shift & 15));
        }
    }
    return written;
}

// Runs one command; returns the text it says, if it says one.
std::string run(const std::string & command, const asr_chunk & chunk, std::string said) {
    std::istringstream words(command);
    std::string        verb;
    words >> verb;
    if (verb == "say") {
        std::getline(words >> std::ws, said);
    } else if (verb == "samples") {
        said = written_samples(chunk);
    } else if (verb == "sleep") {
        int64_t ms = 0;
        words >> ms;
        pause_ms(ms, &chunk);
    } else if (verb == "hang") {
        hang();
    } else if (verb == "fail") {
        throw failure(ASR_STATUS_INTERNAL, "Failed on demand");
    } else if (verb == "oom") {
        throw std::bad_alloc();
    } else if (verb == "eat") {
        eat_memory();
    } else if (verb == "crash") {
        std::raise(SIGSEGV);
    } else if (verb == "abort") {
        std::abort();
    } else if (verb == "exit") {
        std::_Exit(0);
    } else if (verb == "garbage") {
        write_garbage();
        hang();
    }
    return said;
}

float chunk_seconds(const asr_chunk & chunk) {
    return std::min(window_max, static_cast<float>(chunk.n_input) / samples_per_s);
}

int32_t timestamp_at(float seconds) {
    return token_timestamp + std::min(n_timestamps - 1, static_cast<int32_t>(std::lround(seconds / timestamp_step)));
}

void push_token(chunk_result & out, int32_t id) {
    out.tokens.push_back({ id, 0.0f, 0.0f, 0.0f });
}

void decode(const asr_chunk & chunk, chunk_result & out) {
    std::string prompt;
    for (int32_t i = 0; i < chunk.n_prompt; ++i) {
        require(chunk.prompt[i] >= 0 && chunk.prompt[i] < n_bytes, "Expected prompt tokens of text");
        prompt.push_back(static_cast<char>(chunk.prompt[i]));
    }

    std::string        text = std::to_string(chunk.n_input) + " samples";
    std::istringstream commands(prompt);
    for (std::string command; std::getline(commands, command, ';');) {
        text = run(command, chunk, text);
    }

    if (chunk.timestamps != 0) {
        push_token(out, token_timestamp);
    }
    for (const char c : " " + text) {
        push_token(out, static_cast<unsigned char>(c));
    }
    if (chunk.timestamps != 0) {
        push_token(out, timestamp_at(chunk_seconds(chunk)));
    }
    const bool silent         = std::all_of(chunk.input, chunk.input + chunk.n_input, [](float x) { return x == 0.0f; });
    out.result.no_speech_prob = silent ? 1.0f : 0.0f;
    out.result.window_s       = chunk.window_s;
    out.result.is_complete    = 1;
}

void align(const asr_chunk & chunk, chunk_result & out) {
    const float step = chunk_seconds(chunk) / static_cast<float>(std::max(1, chunk.n_tokens));
    for (int32_t i = 0; i < chunk.n_tokens; ++i) {
        const float start = step * static_cast<float>(i);
        out.tokens.push_back({ chunk.tokens[i], 0.0f, start, start + step });
    }
}

} // namespace

const char * asr_engine_description(void) {
    return "null";
}

asr_status asr_model_load(const asr_model_options * options, asr_model ** model) {
    return guarded([&] {
        require(options != nullptr && model != nullptr && options->path != nullptr, "Expected a path");
        const std::string name = options->path;
        if (name == "slow") {
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
            throw failure(ASR_STATUS_BAD_MODEL, "Cannot load null model: expected \"echo\" or \"slow\"");
        }
        if (options->device != ASR_DEVICE_CPU) {
            throw failure(ASR_STATUS_UNSUPPORTED, "Cannot use a GPU: the null engine has none");
        }
        refuse_compute_type(*options);
        *model = new asr_model{ name };
        return ASR_STATUS_OK;
    });
}

void asr_model_free(asr_model * model) {
    delete model;
}

asr_status asr_model_get_info(const asr_model * model, asr_model_info * info) {
    return guarded([&] {
        require(model != nullptr && info != nullptr, "Expected a model");
        *info                       = {};
        info->input                 = ASR_INPUT_PCM_16K;
        info->capabilities          = ASR_CAPABILITY_DETECT_LANGUAGE | ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_ALIGN |
                                      ASR_CAPABILITY_TIMESTAMPS;
        info->n_vocab               = token_timestamp + n_timestamps;
        info->n_languages           = static_cast<int32_t>(std::size(languages));
        info->n_prompt_max          = n_prompt_max;
        info->token_text_end        = token_eot;
        info->token_timestamp_begin = token_timestamp;
        info->timestamp_step_s      = timestamp_step;
        info->window_max_s          = window_max;
        return ASR_STATUS_OK;
    });
}

const char * asr_model_get_language(const asr_model *, int32_t index) {
    return index >= 0 && static_cast<size_t>(index) < std::size(languages) ? languages[index] : nullptr;
}

int32_t asr_model_get_token_bytes(const asr_model *, int32_t id, uint8_t * bytes, int32_t capacity) {
    if (id < 0 || id >= token_timestamp + n_timestamps) {
        return fail(ASR_STATUS_BAD_ARGUMENT, "Expected a token id of the vocabulary");
    }
    if (id >= n_bytes) {
        return 0;
    }
    if (capacity >= 1) {
        bytes[0] = static_cast<uint8_t>(id);
    }
    return 1;
}

asr_status asr_lane_open(asr_model * model, asr_lane ** lane) {
    return guarded([&] {
        require(model != nullptr && lane != nullptr, "Expected a model");
        *lane = new asr_lane{};
        return ASR_STATUS_OK;
    });
}

void asr_lane_close(asr_lane * lane) {
    delete lane;
}

asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, 1);
        return for_each_chunk(lane->results, chunks, n, [](const asr_chunk &, chunk_result & out) {
            out.language_probs = { 0.75f, 0.25f };
        });
    });
}

asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, 1);
        return for_each_chunk(lane->results, chunks, n, decode);
    });
}

asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n) {
    return guarded([&] {
        require(lane != nullptr, "Expected a lane");
        require_chunks(chunks, n, 1);
        return for_each_chunk(lane->results, chunks, n, align);
    });
}

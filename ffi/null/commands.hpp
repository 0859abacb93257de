// commands.hpp: runs the commands of the echo model.
//
// The prompt tokens are converted to text. The text is a list of commands, separated by semicolons, which run in order.
// Example: "sleep 200; say hello"
//
//     say TEXT      the result of decode is TEXT (without this command: "<n> samples")
//     samples       the result of decode is the samples of the chunk: four letters per 16-bit sample, high bits first. The
//                   first and third letters are from "a" to "p", the second and fourth from "A" to "P". Before the
//                   conversion, each sample is XORed with its index times 40503. Without this, equal samples would give
//                   repeated text, which the server would treat as a decoder loop and shorten
//     sleep MS      sleep for MS milliseconds; a cancel ends the sleep
//     hang          run forever and ignore the cancel flag
//     fail          fail with INTERNAL
//     oom           fail with OUT_OF_MEMORY
//     eat           allocate and touch memory until the allocation fails or the process is killed
//     crash         raise SIGSEGV
//     abort         abort() (SIGABRT)
//     exit          end the process with exit code 0
//     garbage       write an invalid message to the IPC channel of the parent process, then hang
#pragma once

#include "chunk_results.hpp"
#include "pause.hpp"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <sstream>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace asr {

[[noreturn]] inline void eat_memory() {
    constexpr size_t                     block = size_t{ 64 } << 20;
    std::vector<std::unique_ptr<char[]>> blocks;
    for (;;) {
        // make_unique writes zeros to every page, so the memory becomes resident.
        blocks.push_back(std::make_unique<char[]>(block));
    }
}

// Writes an invalid message to the IPC channel. Bun stores the file descriptor of the channel in NODE_CHANNEL_FD.
inline void write_garbage() {
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

inline std::string written_samples(const asr_chunk & chunk) {
    std::string written;
    for (int64_t i = 0; i < chunk.n_input; ++i) {
        const auto sample = static_cast<uint16_t>(std::lround(chunk.input[i] * 32767.0f) ^ i * 40503);
        for (int shift = 12; shift >= 0; shift -= 4) {
            written += static_cast<char>((shift % 8 == 4 ? 'a' : 'A') + (sample >> shift & 15));
        }
    }
    return written;
}

// Runs one command and returns the new text of the chunk. `said` is the text of the chunk so far.
inline std::string run_command(const std::string & command, const asr_chunk & chunk, std::string said) {
    std::istringstream input(command);
    std::string        verb;
    input >> verb;
    if (verb == "say") {
        std::getline(input >> std::ws, said);
    } else if (verb == "samples") {
        said = written_samples(chunk);
    } else if (verb == "sleep") {
        int64_t ms = 0;
        input >> ms;
        pause_ms(ms, chunk.cancel);
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

} // namespace asr

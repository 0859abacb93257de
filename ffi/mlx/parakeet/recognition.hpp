// recognition.hpp: a chunk on its way through the network.
#pragma once

namespace asr::parakeet {

// The network ends each recognition exactly once, with its tokens or with an error. Chunks that run together may end at
// different times.
struct recognition {
    const asr_chunk *        chunk   = nullptr;
    int32_t                  n_beams = 1; // 1: greedy
    std::function<void()>    on_end;      // may destroy the recognition, so the network does not use it after the call
    std::optional<mx::array> frames;      // subsampled, then encoded: [1, n, n_state]
    std::vector<frame_token> tokens;
    std::exception_ptr       error; // set if the chunk failed
    asr_times *              times = nullptr; // of the lane
    std::optional<stopwatch> decoding;        // started with the decoder
    size_t                   n_decoding = 1;  // number of chunks that the decoder processes together with this chunk

    int32_t n_frames() const { return frames->shape(1); }

    void start_decoder(size_t n_together) {
        decoding.emplace();
        n_decoding = n_together;
    }

    void end() {
        if (decoding) {
            times->decoder_s += decoding->seconds() / static_cast<float>(n_decoding);
        }
        frames.reset(); // on this thread, because the array belongs to its stream
        const auto notify = std::move(on_end);
        notify();
    }

    void end_with(std::vector<frame_token> found) {
        tokens = std::move(found);
        end();
    }

    void end_with(std::exception_ptr failed) {
        error = std::move(failed);
        end();
    }
};

using recognitions = std::vector<recognition *>;

// Ends a chunk that was cancelled. Returns whether it was cancelled.
inline bool end_if_cancelled(recognition & chunk) {
    if (!is_cancelled(*chunk.chunk)) {
        return false;
    }
    chunk.end_with(std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled")));
    return true;
}

// Ends the chunks that were cancelled, and removes them from the list.
inline void end_cancelled(recognitions & chunks) {
    std::erase_if(chunks, [](recognition * chunk) { return end_if_cancelled(*chunk); });
}

// Runs `work` on chunks. If it throws an exception, ends those of the chunks that are still in the list, and empties the list.
template <typename Work>
void end_if_failed(recognitions & chunks, Work && work) {
    try {
        work();
    } catch (...) {
        for (recognition * chunk : std::exchange(chunks, {})) {
            chunk->end_with(std::current_exception());
        }
    }
}

} // namespace asr::parakeet

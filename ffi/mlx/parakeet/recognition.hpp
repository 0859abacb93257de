// recognition.hpp: a chunk on its way through the network.
#pragma once

namespace asr::parakeet {

struct recognition {
    const asr_chunk *        chunk   = nullptr;
    int32_t                  n_beams = 1; // 1: greedy
    std::optional<mx::array> frames;   // subsampled, then encoded: [1, n, n_state]
    std::vector<frame_token> tokens;
    std::exception_ptr       error;    // set if the chunk failed

    int32_t n_frames() const { return frames->shape(1); }

    // Fails the chunk if it was cancelled. Returns whether the chunk has failed.
    bool has_failed() {
        if (!error && is_cancelled(*chunk)) {
            error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
        }
        return error != nullptr;
    }
};

using recognitions = std::vector<recognition *>;

// Removes the chunks that have failed or were cancelled.
inline void drop_failed(recognitions & chunks) {
    std::erase_if(chunks, [](recognition * chunk) { return chunk->has_failed(); });
}

// Throws CANCELLED if all chunks were cancelled.
inline void stop_if_all_cancelled(const recognitions & chunks) {
    if (std::all_of(chunks.begin(), chunks.end(), [](const recognition * chunk) { return is_cancelled(*chunk->chunk); })) {
        throw failure(ASR_STATUS_CANCELLED, "Cancelled");
    }
}

} // namespace asr::parakeet

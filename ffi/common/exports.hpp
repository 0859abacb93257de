// exports.hpp: the functions of asr.h that are the same for every engine. Each engine library includes it once, after
// it has defined asr_lane with a member `results`.
#pragma once

#include "chunk_results.hpp"

int32_t asr_abi_version(void) {
    return ASR_ABI_VERSION;
}

const char * asr_last_error(void) {
    return asr::last_error().c_str();
}

asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result) {
    return asr::guarded([&] {
        asr::require(lane != nullptr && result != nullptr, "Expected a lane");
        *result = asr::result_at(lane->results, index).result;
        return ASR_STATUS_OK;
    });
}

int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(lane != nullptr, "Expected a lane");
        return asr::copy_out(asr::result_at(lane->results, index).tokens, tokens, capacity);
    });
}

int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(lane != nullptr, "Expected a lane");
        return asr::copy_out(asr::result_at(lane->results, index).language_probs, probs, capacity);
    });
}

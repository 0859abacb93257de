// exports.hpp: implements the functions of asr.h that are the same in every engine library. An engine library includes
// this file once, after it has defined:
//
//   asr_model                       with the member `languages`: the codes of the languages, as strings
//   asr_lane                        with the members `results` and `times`
//   asr::describe_model(model)      returns asr_model_info
//   asr::token_bytes(model, id)     returns the bytes of a text token, in a string or a vector
//   asr::open_lane(model)           returns std::unique_ptr<asr_lane>
#pragma once

#include "chunk_results.hpp"

int32_t asr_abi_version(void) {
    return ASR_ABI_VERSION;
}

const char * asr_last_error(void) {
    return asr::last_error().c_str();
}

void asr_model_free(asr_model * model) {
    delete model;
}

asr_status asr_model_get_info(const asr_model * model, asr_model_info * info) {
    return asr::guarded([&] {
        asr::require(model != nullptr && info != nullptr, "Expected a model");
        *info = asr::describe_model(*model);
        return ASR_STATUS_OK;
    });
}

const char * asr_model_get_language(const asr_model * model, int32_t index) {
    const bool known = model != nullptr && index >= 0 && static_cast<size_t>(index) < model->languages.size();
    return known ? model->languages[static_cast<size_t>(index)].c_str() : nullptr;
}

int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(model != nullptr, "Expected a model");
        const asr_model_info info = asr::describe_model(*model);
        asr::require(id >= 0 && id < info.n_vocab, "Expected a token id of the vocabulary");
        return id < info.token_text_end ? asr::copy_out(asr::token_bytes(*model, id), bytes, capacity) : 0;
    });
}

asr_status asr_lane_open(asr_model * model, asr_lane ** lane) {
    return asr::guarded([&] {
        asr::require(model != nullptr && lane != nullptr, "Expected a model");
        *lane = asr::open_lane(*model).release();
        return ASR_STATUS_OK;
    });
}

void asr_lane_close(asr_lane * lane) {
    delete lane;
}

asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result) {
    return asr::guarded([&] {
        asr::require(lane != nullptr && result != nullptr, "Expected a lane");
        *result = asr::result_at(lane->results, index).result;
        return ASR_STATUS_OK;
    });
}

asr_status asr_lane_get_times(const asr_lane * lane, asr_times * times) {
    if (lane == nullptr || times == nullptr) {
        return asr::fail(ASR_STATUS_BAD_ARGUMENT, "Expected a lane");
    }
    *times = lane->times;
    return ASR_STATUS_OK;
}

int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(lane != nullptr, "Expected a lane");
        return asr::copy_out(asr::result_at(lane->results, index).tokens, tokens, capacity);
    });
}

int32_t asr_lane_get_text(const asr_lane * lane, int32_t index, uint8_t * bytes, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(lane != nullptr, "Expected a lane");
        return asr::copy_out(asr::result_at(lane->results, index).text, bytes, capacity);
    });
}

int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity) {
    return asr::guarded([&] {
        asr::require(lane != nullptr, "Expected a lane");
        return asr::copy_out(asr::result_at(lane->results, index).language_probs, probs, capacity);
    });
}

// without_prompted.hpp: defines the calls of the group prompted for an engine library that does not support them. The
// library includes this file once.
#pragma once

#include "guard.hpp"

asr_status asr_lane_detect_language(asr_lane *, const asr_chunk *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: this engine does not support the call group prompted");
}

asr_status asr_lane_decode(asr_lane *, const asr_chunk *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot decode: this engine does not support the call group prompted");
}

asr_status asr_lane_align(asr_lane *, const asr_chunk *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot align: this engine does not support the call group prompted");
}

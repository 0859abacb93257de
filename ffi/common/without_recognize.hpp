// without_recognize.hpp: defines the calls of the group recognize for an engine library that does not support them. The
// library includes this file once.
#pragma once

#include "guard.hpp"

asr_status asr_lane_recognize(asr_lane *, const asr_chunk *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot recognize: this engine does not support the call group recognize");
}

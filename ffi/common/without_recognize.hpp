// without_recognize.hpp: the group recognize of asr.h, for an engine library without such models. Included once.
#pragma once

#include "guard.hpp"

asr_status asr_lane_recognize(asr_lane *, const asr_chunk *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot recognize: this engine lacks the calls of the group recognize");
}

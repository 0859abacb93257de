// without_stream.hpp: defines the calls of the group stream for an engine library that does not support them. The
// library includes this file once.
#pragma once

#include "guard.hpp"

asr_status asr_stream_open(asr_lane *, const asr_stream_options *, asr_stream **) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot open a stream: this engine does not support the call group stream");
}

void asr_stream_close(asr_stream *) {}

asr_status asr_stream_feed(asr_lane *, const asr_stream_input *, int32_t) {
    return asr::fail(ASR_STATUS_UNSUPPORTED, "Cannot feed streams: this engine does not support the call group stream");
}

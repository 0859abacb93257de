// log.hpp: redirects the log of whisper.cpp and ggml to engine_log.hpp.
#pragma once

namespace asr {

inline void keep_engine_log() {
    const auto keep = [](ggml_log_level level, const char * text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR) {
            keep_log_line(text);
        }
    };
    engine_log_line().clear();
    whisper_log_set(keep, nullptr);
    ggml_log_set(keep, nullptr);
}

} // namespace asr

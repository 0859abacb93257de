// log.hpp: redirects the log of transcribe.cpp and ggml to engine_log.hpp.
#pragma once

namespace asr {

// Redirects the log. transcribe.cpp allows this only once, before the first model is loaded.
inline void keep_engine_log() {
    static std::once_flag once;
    std::call_once(once, [] {
        transcribe_log_set(
            [](transcribe_log_level level, const char * text, void *) {
                if (level == TRANSCRIBE_LOG_LEVEL_ERROR) {
                    keep_log_line(text);
                }
            },
            nullptr);
    });
    engine_log_line().clear();
}

} // namespace asr

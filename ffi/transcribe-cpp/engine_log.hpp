// engine_log.hpp: stores the last error that transcribe.cpp or ggml logged on this thread. Error messages contain this
// error. The log itself is not printed.
#pragma once

namespace asr {

inline std::string & engine_log_line() {
    thread_local std::string line;
    return line;
}

inline std::string engine_log() {
    const std::string & line = engine_log_line();
    return line.empty() ? "the engine gave no reason" : line;
}

// Redirects the log. transcribe.cpp allows this only once, before the first model is loaded.
inline void keep_engine_log() {
    static std::once_flag once;
    std::call_once(once, [] {
        transcribe_log_set(
            [](transcribe_log_level level, const char * text, void *) {
                if (level == TRANSCRIBE_LOG_LEVEL_ERROR && text != nullptr) {
                    std::string & line = engine_log_line();
                    line               = text;
                    line.erase(line.find_last_not_of("\r\n") + 1);
                }
            },
            nullptr);
    });
    engine_log_line().clear();
}

} // namespace asr

// engine_log.hpp: stores the last error that whisper.cpp or ggml logged on this thread. Error messages contain this
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

inline void keep_engine_log() {
    const auto keep = [](ggml_log_level level, const char * text, void *) {
        if (level == GGML_LOG_LEVEL_ERROR && text != nullptr) {
            std::string & line = engine_log_line();
            line               = text;
            line.erase(line.find_last_not_of("\r\n") + 1);
        }
    };
    engine_log_line().clear();
    whisper_log_set(keep, nullptr);
    ggml_log_set(keep, nullptr);
}

} // namespace asr

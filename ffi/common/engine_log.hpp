// engine_log.hpp: stores the last error that the engine logged on this thread. Error messages contain this error. The log
// itself is not printed.
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

// Stores a line of the log without the line break at its end. Ignores a null pointer.
inline void keep_log_line(const char * text) {
    if (text == nullptr) {
        return;
    }
    std::string & line = engine_log_line();
    line               = text;
    line.erase(line.find_last_not_of("\r\n") + 1);
}

} // namespace asr

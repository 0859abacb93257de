// bad_model.hpp: rejects a model that consists of a folder with several files.
#pragma once

#include "guard.hpp"

namespace asr {

constexpr const char * download_again = "; download the model's folder again, or convert the model again";

[[noreturn]] inline void reject_model(const std::string & problem) {
    throw failure(ASR_STATUS_BAD_MODEL, "Cannot use the model: " + problem + download_again);
}

} // namespace asr

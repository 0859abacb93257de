// whisper.hpp: selects the options of Whisper models, and reads their text.
#pragma once

namespace asr {

inline bool is_whisper(const transcribe_model & model) {
    return transcribe_model_accepts_ext_kind(&model, TRANSCRIBE_EXT_SLOT_RUN, TRANSCRIBE_EXT_KIND_WHISPER_RUN);
}

// Returns transcribe.cpp's own options with a fixed seed. With its default seed, the same audio can have different texts.
inline transcribe_whisper_run_ext whisper_options() {
    transcribe_whisper_run_ext options;
    transcribe_whisper_run_ext_init(&options);
    options.seed = 1;
    return options;
}

// Joins the segments of the last run. The full text of the run is not used, because it contains words twice: if the last
// segment has no end, transcribe.cpp decodes its audio again, and keeps both texts. It returns segments without the
// spaces around them, and not every language has spaces between sentences. So this function looks in the full text.
// `audio_ms` is the length of the audio. Later segments are in the padding, which contains no speech.
inline std::string joined_segments(const transcribe_session & session, int64_t audio_ms) {
    const std::string & full = session.full_text;
    std::string         text;
    size_t              from = 0;
    for (const transcribe_session::SegmentEntry & segment : session.segments) {
        if (segment.t0_ms >= audio_ms) {
            continue;
        }
        const size_t at        = full.find(segment.text, from);
        const bool   has_space = at == std::string::npos || (at > 0 && full[at - 1] == ' ');
        text += (has_space && !text.empty() ? " " : "") + segment.text;
        from = at == std::string::npos ? from : at + segment.text.size();
    }
    return text;
}

} // namespace asr

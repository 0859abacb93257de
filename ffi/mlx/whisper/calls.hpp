// calls.hpp: implements the calls of the group prompted. The thread of the caller checks the arguments and keeps the results.
// The owner of the model does the rest.
#pragma once

namespace asr::whisper {

inline bool are_cancelled(const asr_chunk * chunks, int32_t n) {
    return std::all_of(chunks, chunks + n, [](const asr_chunk & chunk) { return is_cancelled(chunk); });
}

// Runs work(chunk, result) on each chunk of a call, on the thread of the owner.
template <typename Work>
asr_status run_chunks(lane & lane, const asr_chunk * chunks, int32_t n, const char * action, Work work) {
    lane.times = {};
    require_chunks(chunks, n, lane.model.config.n_mels);
    return for_each_input(lane.results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
        const auto run = [&] {
            const decoder_timer timer(lane.times);
            forget_encodings(lane, chunks, n);
            work(chunk, out);
        };
        call_engine(action, [&] { lane.model.owner.run(run, [&] { return is_cancelled(chunk); }); });
    });
}

inline void detect_language(lane & lane, const asr_chunk & chunk, chunk_result & out) {
    const whisper::model & model = lane.model;
    if (!model.config.is_multilingual()) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot detect the language: the model knows only English");
    }
    const encoding & encoded = encode(lane, chunk);
    out.result.window_s      = window_seconds(encoded.window);
    const decoder & decoder  = model.net->decoder;
    decoder_cache   cache    = decoder.open_cache(encoded.output, { 0 }, [&] { stop_if_cancelled(chunk); });
    mx::array       logits   = decoder.logits(decoder.read({ model.rules.ids.sot }, cache, [](const mx::array &) {}));
    logits.eval();
    out.language_probs = language_probs(model.rules.ids, logits.data<float>());
}

// Returns a member for each chunk of a call. A chunk that cannot be decoded has an error.
inline std::vector<decode_member> members_of(lane & lane, const asr_chunk * chunks, int32_t n) {
    std::vector<decode_member> members;
    for (const asr_chunk * chunk = chunks; chunk < chunks + n; ++chunk) {
        decode_member & member = members.emplace_back();
        member.chunk           = chunk;
        member.times           = &lane.times;
        keep_failure({ &member }, [&] {
            const control_tokens & ids = lane.model.rules.ids;
            member.past                = past_tokens(ids, *chunk, lane.model.n_prompt_max());
            member.start               = start_tokens(ids, *chunk, chunk->timestamps != 0);
        });
    }
    return members;
}

inline asr_status lane::detect_language(const asr_chunk * chunks, int32_t n) {
    return run_chunks(*this, chunks, n, "detect the language", [&](const asr_chunk & chunk, chunk_result & out) {
        whisper::detect_language(*this, chunk, out);
    });
}

inline asr_status lane::decode(const asr_chunk * chunks, int32_t n) {
    times = {};
    require_chunks(chunks, n, model.config.n_mels);
    decode_call call = { this, members_of(*this, chunks, n) };
    call_engine("decode", [&] { model.owner.run_together(call, [&] { return are_cancelled(chunks, n); }); });
    return for_each_input(results, chunks, n, [&](const asr_chunk & chunk, chunk_result & out) {
        decode_member & member = call.members[static_cast<size_t>(&chunk - chunks)];
        throw_error("decode", member.error);
        out = std::move(member.result);
    });
}

inline asr_status lane::align(const asr_chunk * chunks, int32_t n) {
    return run_chunks(*this, chunks, n, "align",
                      [&](const asr_chunk & chunk, chunk_result & out) { whisper::align(*this, chunk, out); });
}

} // namespace asr::whisper

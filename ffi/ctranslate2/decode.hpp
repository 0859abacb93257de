// decode.hpp: encodes and decodes the chunks of a call. The decoder joins them with chunks of other lanes (scheduler.hpp).
#pragma once

namespace asr {

// Returns [<|startofprev|> text] <|startoftranscript|> [<|language|> <|task|>] [<|notimestamps|>]. The parts in brackets are
// optional.
inline std::vector<int32_t> prompt_of(const asr_model & model, const asr_chunk & chunk) {
    std::vector<int32_t>       tokens = past_tokens(model.rules.ids, chunk, model.n_prompt_max());
    const std::vector<int32_t> start  = start_tokens(model.rules.ids, chunk, chunk.timestamps != 0);
    tokens.insert(tokens.end(), start.begin(), start.end());
    return tokens;
}

inline void prepare(asr_lane & lane, const asr_chunk & chunk, decode_job & job) {
    job.chunk = &chunk;
    try {
        stop_if_cancelled(chunk);
        job.prompt  = prompt_of(*lane.model, chunk);
        job.encoded = &encode(lane, chunk, job.due_s);
    } catch (...) {
        job.error = std::current_exception();
        job.state = decode_job::done;
    }
}

// Encodes and decodes all chunks of a call. Failures are stored in the jobs.
inline std::vector<decode_job> decode(asr_lane & lane, const asr_chunk * chunks, int32_t n) {
    std::vector<decode_job> jobs(static_cast<size_t>(n));
    const double            due_s = due_of(*std::min_element(
        chunks, chunks + n, [](const asr_chunk & a, const asr_chunk & b) { return a.n_input < b.n_input; }));
    for (size_t i = 0; i < jobs.size(); ++i) {
        jobs[i].due_s = due_s;
        prepare(lane, chunks[i], jobs[i]);
    }
    lane.model->work->decode_all(
        jobs, [&](const scheduler::batch & batch, scheduler::share & own) { lane.decoder->decode(batch, own); });
    return jobs;
}

} // namespace asr

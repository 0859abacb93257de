// batch_step.hpp: runs one step of all streams that have enough samples, as one batch. A stream that has too few samples, was
// cancelled or has failed does not take part, and does not affect the others.
#pragma once

namespace asr::kyutai {

// Maximum number of streams in a batch. It limits the memory of a step.
constexpr size_t batch_max = 64;

// Returns the most likely token of a row of logits, and the natural logarithm of its probability.
inline std::pair<int32_t, float> choose_token(const float * logits, int32_t n) {
    const float * best = std::max_element(logits, logits + n);
    double        sum  = 0.0;
    for (const float * logit = logits; logit < logits + n; ++logit) {
        sum += std::exp(static_cast<double>(*logit - *best));
    }
    return { static_cast<int32_t>(best - logits), static_cast<float>(-std::log(sum)) };
}

inline mx::array samples_of(const std::vector<feed_member *> & members) {
    std::vector<float> samples;
    for (const feed_member * member : members) {
        const float * next = member->fed->next_step();
        samples.insert(samples.end(), next, next + samples_per_step);
    }
    return mx::array(samples.data(), { static_cast<int32_t>(members.size()), samples_per_step, 1 }, mx::float32);
}

// Computes a step. The codes of its audio are read in the next step, so both networks run in one evaluation.
inline void run_step(const model & model, const std::vector<feed_member *> & members) {
    std::vector<mimi_state *>     audio;
    std::vector<language_state *> language;
    for (const feed_member * member : members) {
        audio.push_back(&member->fed->state->audio);
        language.push_back(&member->fed->state->language);
    }
    const language_model::output out   = model.net->language_model.step(language);
    const mx::array              codes = mx::contiguous(model.net->mimi.step(samples_of(members), audio));

    std::vector<mx::array> computed = { codes, out.logits };
    if (out.turn_end) {
        computed.push_back(*out.turn_end);
    }
    for (size_t i = 0; i < members.size(); ++i) {
        audio[i]->collect(computed);
        language[i]->collect(computed);
    }
    mx::eval(computed);

    const int32_t n_text = model.config.n_text, n_codebooks = model.config.n_codebooks;
    for (size_t i = 0; i < members.size(); ++i) {
        const auto row           = static_cast<std::ptrdiff_t>(i);
        const auto [id, logprob] = choose_token(out.logits.data<float>() + row * n_text, n_text);
        const int32_t * first    = codes.data<int32_t>() + row * n_codebooks;
        language[i]->text        = id;
        language[i]->codes.assign(first, first + n_codebooks);

        stream & fed = *members[i]->fed;
        fed.text.add(id, logprob, members[i]->tokens);
        if (out.turn_end && out.turn_end->data<float>()[row] > 0.5f) {
            fed.text.end_turn(out.turn_end->data<float>()[row], members[i]->tokens);
        }
    }
}

// Ends the part of a member in its call if its stream was cancelled or has too few samples for a step.
inline void end_if_over(feed_member & member) {
    if (is_cancelled(*member.input)) {
        member.error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
    } else if (member.fed->has_step()) {
        return;
    } else if (member.input->is_last != 0) {
        member.fed->text.finish(member.tokens);
    }
    member.is_over = true;
}

// Runs a step of a batch. If it fails, the states of its streams are no longer consistent, so all of them fail.
inline void run_step_or_fail(const model & model, const std::vector<feed_member *> & members) {
    try {
        run_step(model, members);
    } catch (...) {
        for (feed_member * member : members) {
            member->error   = std::current_exception();
            member->is_over = true;
        }
    }
}

inline void step_together(const std::vector<feed_call *> & calls) {
    std::vector<feed_member *> ready;
    int32_t                    threads = 0;
    for (feed_call * call : calls) {
        for (feed_member & member : call->members) {
            if (!member.is_over) {
                end_if_over(member);
            }
            if (!member.is_over) {
                ready.push_back(&member);
            }
        }
        threads += call->threads; // the thread of each caller waits, so its share of the CPU is free
    }
    const blas_threads scope(threads);
    for (size_t first = 0; first < ready.size(); first += batch_max) {
        const auto                       end = std::min(ready.size(), first + batch_max);
        const std::vector<feed_member *> batch(ready.begin() + static_cast<std::ptrdiff_t>(first),
                                               ready.begin() + static_cast<std::ptrdiff_t>(end));
        const stopwatch watch;
        run_step_or_fail(batch[0]->fed->model, batch);
        const float share_s = watch.seconds() / static_cast<float>(batch.size());
        for (feed_member * member : batch) {
            member->fed->lane->times.decoder_s += share_s; // a step computes encoder and decoder in one evaluation
            if (!member->is_over) {
                end_if_over(*member);
            }
        }
    }
}

} // namespace asr::kyutai

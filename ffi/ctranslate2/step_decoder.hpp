// step_decoder.hpp: decodes a step of each chunk of a batch. Each chunk has its own search (token_search.hpp) and its own cache, so
// chunks of any length, position and options can be in a batch, and can join and leave it between two steps.
#pragma once

#ifdef ASR_CPU_KERNELS

namespace asr {

template <typename Number>
class step_decoder : public decoder {
  public:
    step_decoder(const asr_model & model, int64_t n_heads, const cache_functions<Number> & functions)
        : model_(model), network_(*model.weights, n_heads, functions) {}

    void decode(const scheduler::batch & batch, scheduler::share &) override {
        // One thread is used, because the decoder's matrices are small. More threads would mostly wait for each other.
        ctranslate2::set_num_threads(1);
        std::vector<reading<Number>> readings;
        scheduler::batch             read; // the jobs of the readings
        for (decode_job * job : batch) {
            if (is_cancelled(*job->chunk)) {
                job->error   = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
                job->is_over = true;
                continue;
            }
            readings.push_back(job->progress == nullptr ? begin(*job) : next_rows(progress_of(*job)));
            read.push_back(job);
        }
        if (readings.empty()) {
            return;
        }
        ctranslate2::StorageView logits = network_.read(readings);
        float *                  row    = logits.data<float>();
        for (size_t i = 0; i < read.size(); ++i) {
            advance(*read[i], row);
            row += readings[i].wanted.size() * n_vocab();
        }
    }

    std::vector<float> first_logits(const encoding & encoded) override {
        ctranslate2::set_num_threads(1);
        text_cache<Number>             cache  = network_.open_cache(encoded);
        const ctranslate2::StorageView logits = network_.read({ { &cache, { 0 }, { model_.rules.ids.sot }, { 0 } } });
        return { logits.data<float>(), logits.data<float>() + n_vocab() };
    }

  private:
    struct progress : decoder_progress {
        text_cache<Number>      cache;
        token_search            search;
        std::vector<search_row> rows; // of the next step

        progress(text_cache<Number> && opened, const asr_model & model, const decode_job & job)
            : cache(std::move(opened)),
              search(model.rules, *job.chunk, text_length_max(model, job.prompt.size()), beam_ends::among_first) {}
    };

    static progress & progress_of(decode_job & job) { return static_cast<progress &>(*job.progress); }

    size_t n_vocab() const { return static_cast<size_t>(model_.rules.ids.n_vocab); }

    // The logits of the prompt: those of <|startoftranscript|>, which tell whether there is speech, and those of the last token.
    reading<Number> begin(decode_job & job) {
        job.progress = std::make_unique<progress>(network_.open_cache(*job.encoded), model_, job);
        return { &progress_of(job).cache,
                 { 0 },
                 job.prompt,
                 { static_cast<int32_t>(start_of_transcript(model_, job.prompt)),
                   static_cast<int32_t>(job.prompt.size()) - 1 } };
    }

    static reading<Number> next_rows(progress & of) {
        reading<Number> next = { &of.cache, {}, {}, {} };
        for (const search_row & row : of.rows) {
            next.wanted.push_back(static_cast<int32_t>(next.tokens.size()));
            next.parents.push_back(row.parent);
            next.tokens.push_back(row.token);
        }
        return next;
    }

    // Passes the logits to the search. If the search is over, stores its result.
    void advance(decode_job & job, float * logits) {
        progress & of = progress_of(job);
        if (of.rows.empty()) { // the prompt was read
            job.result.result.no_speech_prob = no_speech_prob(model_.rules.ids, logits);
            logits += n_vocab();
        }
        of.rows = of.search.next(logits);
        if (of.rows.empty()) {
            of.search.finish(job.result);
            job.result.result.window_s = window_seconds(job.encoded->window);
            job.is_over                = true;
            job.progress               = nullptr;
        }
    }

    const asr_model &      model_;
    cached_decoder<Number> network_;
};

} // namespace asr

#endif

// batch_decoder.hpp: finds the most likely tokens of encoded chunks. At temperature 0, chunks with the same options are
// decoded together in a batch, also those of other lanes (scheduler.hpp). The decoder calls CTranslate2's searches as
// WhisperReplica::generate() does, with the settings of faster-whisper.
#pragma once

namespace asr {

// Maximum number of chunks in a batch. It limits the memory of the decoder's caches.
constexpr size_t batch_max = 16;

// Returns whether one batch can contain both jobs. A batch takes as long as its longest chunk, so a short chunk is not decoded with
// chunks that are more than twice as long.
inline bool is_alike(const asr_model & model, const decode_job & a, const decode_job & b) {
    const asr_chunk & x = *a.chunk;
    const asr_chunk & y = *b.chunk;
    return model.device() == ctranslate2::Device::CPU && a.encoded->output.dtype() == ctranslate2::DataType::FLOAT32 &&
           x.temperature == 0.0f && y.temperature == 0.0f &&
           x.beam_size == y.beam_size && x.timestamps == y.timestamps && a.prompt.size() == b.prompt.size() &&
           std::max(x.n_input, y.n_input) <= 2 * std::min(x.n_input, y.n_input);
}

inline std::unique_ptr<scheduler> make_scheduler(const asr_model & model, int32_t n_threads) {
    // The CPU's threads do not limit the lanes of a GPU.
    const int32_t n = model.device() == ctranslate2::Device::CPU ? n_threads : std::numeric_limits<int32_t>::max() / 2;
    return std::make_unique<scheduler>(
        n, batch_max, [&model](const decode_job & a, const decode_job & b) { return is_alike(model, a, b); });
}

class batch_decoder {
  public:
    explicit batch_decoder(asr_lane & lane) : lane_(lane), model_(*lane.model) {}

    // Encodes and decodes all chunks of a call. Failures are stored in the jobs.
    std::vector<decode_job> decode(const asr_chunk * chunks, int32_t n) {
        std::vector<decode_job> jobs(static_cast<size_t>(n));
        const double            due_s = due_of(*std::min_element(
            chunks, chunks + n, [](const asr_chunk & a, const asr_chunk & b) { return a.n_input < b.n_input; }));
        for (size_t i = 0; i < jobs.size(); ++i) {
            jobs[i].due_s = due_s;
            prepare(chunks[i], jobs[i]);
        }
        model_.work->decode_all(jobs, [this](const scheduler::batch & batch, scheduler::share & own) { search(batch, own); });
        return jobs;
    }

  private:
    void prepare(const asr_chunk & chunk, decode_job & job) {
        job.chunk = &chunk;
        try {
            stop_if_cancelled(chunk);
            job.prompt  = prompt_tokens(chunk);
            job.encoded = &encode(lane_, chunk, job.due_s);
        } catch (...) {
            job.error = std::current_exception();
            job.state = decode_job::done;
        }
    }

    // Returns [<|startofprev|> text] <|startoftranscript|> [<|language|> <|task|>] [<|notimestamps|>]. The parts in
    // brackets are optional.
    std::vector<size_t> prompt_tokens(const asr_chunk & chunk) const {
        std::vector<int32_t>       tokens = past_tokens(model_.tokens, chunk, model_.n_prompt_max());
        const std::vector<int32_t> start  = start_tokens(model_.tokens, chunk, chunk.timestamps != 0);
        tokens.insert(tokens.end(), start.begin(), start.end());
        return { tokens.begin(), tokens.end() };
    }

    void search(const scheduler::batch & batch, scheduler::share & own) {
        // One thread is used, because the decoder's matrices are small. More threads would mostly wait for each other.
        ctranslate2::set_num_threads(1);
        const asr_chunk &                 chunk    = *batch[0]->chunk;
        const bool                        sampling = chunk.temperature > 0.0f;
        const auto                        n_start  = static_cast<ctranslate2::dim_t>(batch[0]->prompt.size()) - 1;
        const auto                        n_max    = std::min<ctranslate2::dim_t>(model_.n_text_ctx / 2, model_.n_text_ctx - n_start);
        const size_t                      samples  = sampling ? static_cast<size_t>(chunk.best_of) : 1;
        const end_of_batch                later{ *lane_.decoder };
        ctranslate2::layers::DecoderState state    = begin(batch);

        const std::vector<float>       no_speech = read_prompts(batch, state);
        const auto                     sampler   = make_sampler(chunk);
        const auto                     strategy  = make_strategy(chunk);
        token_trace                    trace(*sampler, !sampling && chunk.beam_size > 1);
        std::vector<const asr_chunk *> chunks;
        std::vector<size_t>            last_tokens;
        for (const decode_job * job : batch) {
            chunks.push_back(job->chunk);
            last_tokens.push_back(job->prompt.back());
        }
        const auto rules = std::make_shared<token_rules>(model_, chunks, samples, trace, [&] { model_.work->let_pass(own); });
        const auto results =
            strategy->search(lane_.decoder->steps(), state, trace, last_tokens, { static_cast<size_t>(model_.tokens.eot) }, n_start, n_max,
                             /*min_length=*/0, /*return_scores=*/true, /*return_attention=*/false, /*return_logits_vocab=*/false,
                             /*return_prefix=*/true, samples, /*include_eos_in_hypotheses=*/false, { rules });
        for (size_t i = 0; i < batch.size(); ++i) {
            if (is_cancelled(*batch[i]->chunk)) { // its search ended early
                batch[i]->error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
                continue;
            }
            keep(*batch[i], results[i].hypotheses.at(0), no_speech.empty() ? rules->no_speech_probs()[i] : no_speech[i],
                 static_cast<size_t>(n_max), trace, static_cast<ctranslate2::dim_t>(i * samples), static_cast<ctranslate2::dim_t>(samples));
        }
    }

    ctranslate2::layers::DecoderState begin(const scheduler::batch & batch) {
        std::vector<const encoding *> encodings;
        for (const decode_job * job : batch) {
            encodings.push_back(job->encoded);
        }
        return lane_.decoder->begin(encodings);
    }

    // Feeds all tokens of the prompts except the last token. Returns the probability of <|nospeech|> after
    // <|startoftranscript|> for each chunk. If <|startoftranscript|> is the last token, returns an empty vector,
    // because the search feeds the last token in its first step.
    std::vector<float> read_prompts(const scheduler::batch & batch, ctranslate2::layers::DecoderState & state) {
        const auto           n      = static_cast<ctranslate2::dim_t>(batch.size());
        const auto           n_fed  = static_cast<ctranslate2::dim_t>(batch[0]->prompt.size()) - 1;
        const auto &         prompt = batch[0]->prompt;
        const auto           sot    = std::find(prompt.begin(), prompt.end(), static_cast<size_t>(model_.tokens.sot)) - prompt.begin();
        std::vector<int32_t> fed;
        for (const decode_job * job : batch) {
            fed.insert(fed.end(), job->prompt.begin(), job->prompt.end() - 1);
        }
        if (n_fed == 0) {
            return {};
        }
        const ctranslate2::StorageView inputs({ n, n_fed }, fed, model_.device());
        const ctranslate2::StorageView outputs = lane_.decoder->read(inputs, state);
        if (sot == n_fed) {
            return {};
        }
        ctranslate2::StorageView logits(lane_.decoder->steps().output_type(), model_.device());
        lane_.decoder->compute_logits(outputs, static_cast<int32_t>(sot), logits);
        move_to_cpu(logits);
        std::vector<float> probs;
        for (ctranslate2::dim_t i = 0; i < n; ++i) {
            const float * row = logits.data<float>() + i * model_.tokens.n_vocab;
            probs.push_back(no_speech_prob(model_.tokens, row));
        }
        return probs;
    }

    static std::unique_ptr<ctranslate2::Sampler> make_sampler(const asr_chunk & chunk) {
        if (chunk.temperature == 0.0f) {
            return std::make_unique<best_sampler>();
        }
        ctranslate2::get_random_generator().seed(chunk.seed); // seeds the random number generator of this thread
        return std::make_unique<ctranslate2::RandomSampler>(/*from_topk=*/0, /*topp=*/1.0f, chunk.temperature);
    }

    static std::unique_ptr<ctranslate2::SearchStrategy> make_strategy(const asr_chunk & chunk) {
        constexpr float length_penalty = 1.0f;
        if (chunk.temperature > 0.0f || chunk.beam_size == 1) {
            return std::make_unique<ctranslate2::GreedySearch>(length_penalty);
        }
        return std::make_unique<ctranslate2::BeamSearch>(chunk.beam_size, length_penalty);
    }

    void keep(decode_job & job, const std::vector<size_t> & tokens, float no_speech_prob, size_t n_max, const token_trace & trace,
              ctranslate2::dim_t first_entry, ctranslate2::dim_t n_entries) {
        const bool          complete = tokens.size() < n_max;
        token_trace::scored scored   = trace.score(tokens, complete ? model_.tokens.eot : -1, first_entry, n_entries);
        chunk_result &      out      = job.result;
        out.result.window_s          = window_seconds(job.encoded->window);
        out.result.avg_logprob       = scored.sum_logprob / static_cast<float>(tokens.size() + 1);
        out.result.no_speech_prob    = no_speech_prob;
        out.result.is_complete       = complete ? 1 : 0;
        out.tokens                   = std::move(scored.tokens);
    }

    asr_lane &        lane_;
    const asr_model & model_;
};

} // namespace asr

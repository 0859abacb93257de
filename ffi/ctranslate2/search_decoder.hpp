// search_decoder.hpp: decodes a batch of chunks with CTranslate2's decoder and searches, as WhisperReplica::generate() does, with the
// settings of faster-whisper. At temperature 0, chunks with the same options are decoded together.
#pragma once

namespace asr {

// Returns whether one batch can contain both jobs. A batch takes as long as its longest chunk, so a short chunk is not decoded with
// chunks that are more than twice as long.
inline bool can_search_together(const asr_model & model, const decode_job & a, const decode_job & b) {
    const asr_chunk & x = *a.chunk;
    const asr_chunk & y = *b.chunk;
    return model.device() == ctranslate2::Device::CPU && a.encoded->output.dtype() == ctranslate2::DataType::FLOAT32 &&
           x.temperature == 0.0f && y.temperature == 0.0f &&
           x.beam_size == y.beam_size && x.timestamps == y.timestamps && a.prompt.size() == b.prompt.size() &&
           std::max(x.n_input, y.n_input) <= 2 * std::min(x.n_input, y.n_input);
}

class search_decoder : public decoder {
  public:
    explicit search_decoder(const asr_model & model) : model_(model), layers_(*model.weights, "decoder") {}

    void decode(const scheduler::batch & batch, scheduler::share & own) override {
        // One thread is used, because the decoder's matrices are small. More threads would mostly wait for each other.
        ctranslate2::set_num_threads(1);
        const asr_chunk &                 chunk    = *batch[0]->chunk;
        const bool                        sampling = chunk.temperature > 0.0f;
        const size_t                      n_prompt = batch[0]->prompt.size();
        const int32_t                     n_max    = text_length_max(model_, n_prompt);
        const size_t                      samples  = sampling ? static_cast<size_t>(chunk.best_of) : 1;
        ctranslate2::layers::DecoderState state    = begin(batch);

        const std::vector<float>       no_speech = read_prompts(batch, state);
        const auto                     sampler   = make_sampler(chunk);
        const auto                     strategy  = make_strategy(chunk);
        token_trace                    trace(*sampler, !sampling && chunk.beam_size > 1);
        std::vector<const asr_chunk *> chunks;
        std::vector<size_t>            last_tokens;
        for (const decode_job * job : batch) {
            chunks.push_back(job->chunk);
            last_tokens.push_back(static_cast<size_t>(job->prompt.back()));
        }
        const auto rules = std::make_shared<token_rules>(model_, chunks, samples, trace, [&] { model_.work->let_pass(own); });
        const auto results =
            strategy->search(layers_, state, trace, last_tokens, { static_cast<size_t>(model_.rules.ids.eot) },
                             static_cast<ctranslate2::dim_t>(n_prompt) - 1, n_max,
                             /*min_length=*/0, /*return_scores=*/true, /*return_attention=*/false, /*return_logits_vocab=*/false,
                             /*return_prefix=*/true, samples, /*include_eos_in_hypotheses=*/false, { rules });
        for (size_t i = 0; i < batch.size(); ++i) {
            batch[i]->is_over = true;
            if (is_cancelled(*batch[i]->chunk)) { // its search ended early
                batch[i]->error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
                continue;
            }
            keep(*batch[i], results[i].hypotheses.at(0), no_speech.empty() ? rules->no_speech_probs()[i] : no_speech[i],
                 static_cast<size_t>(n_max), trace, static_cast<ctranslate2::dim_t>(i * samples), static_cast<ctranslate2::dim_t>(samples));
        }
    }

    std::vector<float> first_logits(const encoding & encoded) override {
        ctranslate2::set_num_threads(1);
        ctranslate2::layers::DecoderState state = layers_.initial_state();
        state.emplace("memory", encoded.output);
        ctranslate2::StorageView logits(layers_.output_type(), model_.device());
        layers_(0, ctranslate2::StorageView({ 1 }, model_.rules.ids.sot, model_.device()), state, &logits);
        move_to_cpu(logits);
        return { logits.data<float>(), logits.data<float>() + model_.rules.ids.n_vocab };
    }

  private:
    // Returns the state of the decoder before the first token. The encodings are one after the other. Shorter ones are padded with
    // zeros, which the decoder does not read.
    ctranslate2::layers::DecoderState begin(const scheduler::batch & batch) const {
        ctranslate2::layers::DecoderState state = layers_.initial_state();
        if (batch.size() == 1) {
            state.emplace("memory", batch[0]->encoded->output);
            return state;
        }
        std::vector<int32_t> windows;
        for (const decode_job * job : batch) {
            windows.push_back(static_cast<int32_t>(job->encoded->window));
        }
        const int32_t            longest = *std::max_element(windows.begin(), windows.end());
        const auto               n       = static_cast<ctranslate2::dim_t>(batch.size());
        const ctranslate2::dim_t n_state = batch[0]->encoded->output.dim(2);
        ctranslate2::StorageView joined({ n, longest, n_state }, 0.0f);
        for (size_t i = 0; i < batch.size(); ++i) {
            std::copy_n(batch[i]->encoded->output.data<float>(), windows[i] * n_state,
                        joined.data<float>() + static_cast<ctranslate2::dim_t>(i) * longest * n_state);
        }
        state.emplace("memory", std::move(joined));
        if (std::any_of(windows.begin(), windows.end(), [&](int32_t window) { return window < longest; })) {
            state.emplace("memory_lengths", ctranslate2::StorageView({ n }, windows));
        }
        return state;
    }

    // Feeds all tokens of the prompts except the last token. Returns the probability of <|nospeech|> after
    // <|startoftranscript|> for each chunk. If <|startoftranscript|> is the last token, returns an empty vector,
    // because the search feeds the last token in its first step.
    std::vector<float> read_prompts(const scheduler::batch & batch, ctranslate2::layers::DecoderState & state) {
        const auto           n     = static_cast<ctranslate2::dim_t>(batch.size());
        const size_t         n_fed = batch[0]->prompt.size() - 1;
        const size_t         start = start_of_transcript(model_, batch[0]->prompt);
        std::vector<int32_t> fed;
        for (const decode_job * job : batch) {
            fed.insert(fed.end(), job->prompt.begin(), job->prompt.end() - 1);
        }
        if (n_fed == 0) {
            return {};
        }
        const ctranslate2::StorageView inputs({ n, static_cast<ctranslate2::dim_t>(n_fed) }, fed, model_.device());
        ctranslate2::StorageView       outputs(layers_.output_type(), model_.device());
        layers_.forward_prompt(inputs, state, &outputs);
        if (start == n_fed) {
            return {};
        }
        ctranslate2::StorageView logits(layers_.output_type(), model_.device());
        layers_.compute_logits_for_steps(
            outputs, ctranslate2::StorageView({ n }, static_cast<int32_t>(start), model_.device()), logits);
        move_to_cpu(logits);
        std::vector<float> probs;
        for (ctranslate2::dim_t i = 0; i < n; ++i) {
            const float * row = logits.data<float>() + i * model_.rules.ids.n_vocab;
            probs.push_back(no_speech_prob(model_.rules.ids, row));
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
        token_trace::scored scored   = trace.score(tokens, complete ? model_.rules.ids.eot : -1, first_entry, n_entries);
        chunk_result &      out      = job.result;
        out.result.window_s          = window_seconds(job.encoded->window);
        out.result.avg_logprob       = scored.sum_logprob / static_cast<float>(tokens.size() + 1);
        out.result.no_speech_prob    = no_speech_prob;
        out.result.is_complete       = complete ? 1 : 0;
        out.tokens                   = std::move(scored.tokens);
    }

    const asr_model &                   model_;
    ctranslate2::layers::WhisperDecoder layers_;
};

} // namespace asr

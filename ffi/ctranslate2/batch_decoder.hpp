// batch_decoder.hpp: finds the most likely tokens of encoded chunks. At temperature 0, chunks with the same options are
// decoded together in a batch. The decoder calls CTranslate2's searches as WhisperReplica::generate() does, with the
// settings of faster-whisper.
#pragma once

namespace asr {

class batch_decoder {
  public:
    batch_decoder(asr_lane & lane, const asr_chunk * chunks, int32_t n)
        : lane_(lane), model_(*lane.model), chunks_(chunks), outcomes_(static_cast<size_t>(n)) {}

    // Stores the result of a chunk in `out`. The first call for a chunk of a batch decodes all chunks of the batch.
    // Later calls use the stored results.
    void decode(const asr_chunk & chunk, chunk_result & out) {
        const auto index = static_cast<size_t>(&chunk - chunks_);
        if (!outcomes_[index]) {
            decode_alike(index);
        }
        if (!outcomes_[index]) { // the chunk was cancelled while the other chunks of its batch continued
            throw failure(ASR_STATUS_CANCELLED, "Cancelled");
        }
        out = std::move(*outcomes_[index]);
    }

  private:
    struct member {
        size_t              index;
        const asr_chunk *   chunk;
        const encoding *    encoded;
        std::vector<size_t> prompt;
    };

    void decode_alike(size_t first) {
        std::vector<member> members = { prepare(first) };
        for (size_t i = first + 1; i < outcomes_.size() && members.size() < members_max; ++i) {
            if (!outcomes_[i] && is_like(chunks_[i], *members[0].chunk) && !is_cancelled(chunks_[i])) {
                try {
                    members.push_back(prepare(i));
                } catch (const failure &) {
                    continue; // decode() reports this failure when it processes this chunk
                }
                if (members.back().prompt.size() != members[0].prompt.size()) {
                    members.pop_back();
                }
            }
        }
        // One thread is used, because the decoder's matrices are small. More threads would mostly wait for each other.
        ctranslate2::set_num_threads(1);
        search(members);
    }

    member prepare(size_t index) {
        const asr_chunk &   chunk  = chunks_[index];
        std::vector<size_t> prompt = prompt_tokens(chunk);
        return { index, &chunk, &encode(lane_, chunk), std::move(prompt) };
    }

    // Returns whether the options of two chunks allow one batch. The caller must also check that their prompts have the
    // same length.
    bool is_like(const asr_chunk & a, const asr_chunk & b) const {
        return a.temperature == 0.0f && b.temperature == 0.0f && a.beam_size == b.beam_size && a.timestamps == b.timestamps &&
               window_positions(model_, a) == window_positions(model_, b);
    }

    // Returns [<|startofprev|> text] <|startoftranscript|> [<|language|> <|task|>] [<|notimestamps|>]. The parts in
    // brackets are optional.
    std::vector<size_t> prompt_tokens(const asr_chunk & chunk) const {
        std::vector<int32_t>       tokens = past_tokens(model_.tokens, chunk, model_.n_prompt_max());
        const std::vector<int32_t> start  = start_tokens(model_.tokens, chunk, chunk.timestamps != 0);
        tokens.insert(tokens.end(), start.begin(), start.end());
        return { tokens.begin(), tokens.end() };
    }

    void search(const std::vector<member> & members) {
        const asr_chunk &                chunk    = *members[0].chunk;
        const bool                       sampling = chunk.temperature > 0.0f;
        const auto                       n_start  = static_cast<ctranslate2::dim_t>(members[0].prompt.size()) - 1;
        const auto                       n_max    = std::min<ctranslate2::dim_t>(model_.n_text_ctx / 2, model_.n_text_ctx - n_start);
        const size_t                     samples  = sampling ? static_cast<size_t>(chunk.best_of) : 1;
        ctranslate2::layers::DecoderState state   = lane_.decoder.initial_state();
        state.emplace("memory", join_encodings(members));

        const std::vector<float>              no_speech = read_prompts(members, state);
        const auto                            sampler   = make_sampler(chunk);
        const auto                            strategy  = make_strategy(chunk);
        token_trace                           trace(*sampler, !sampling && chunk.beam_size > 1);
        std::vector<const asr_chunk *>        chunks;
        std::vector<size_t>                   last_tokens;
        for (const member & m : members) {
            chunks.push_back(m.chunk);
            last_tokens.push_back(m.prompt.back());
        }
        const auto rules = std::make_shared<token_rules>(model_, chunks, samples, trace);
        const auto results =
            strategy->search(lane_.decoder, state, trace, last_tokens, { static_cast<size_t>(model_.tokens.eot) }, n_start, n_max,
                             /*min_length=*/0, /*return_scores=*/true, /*return_attention=*/false, /*return_logits_vocab=*/false,
                             /*return_prefix=*/true, samples, /*include_eos_in_hypotheses=*/false, { rules });
        for (size_t i = 0; i < members.size(); ++i) {
            if (is_cancelled(*members[i].chunk)) {
                continue; // the chunk was cancelled; decode() reports this when it processes the chunk
            }
            keep(members[i], results[i].hypotheses.at(0), no_speech.empty() ? rules->no_speech_probs()[i] : no_speech[i],
                 static_cast<size_t>(n_max), trace, static_cast<ctranslate2::dim_t>(i * samples), static_cast<ctranslate2::dim_t>(samples));
        }
    }

    ctranslate2::StorageView join_encodings(const std::vector<member> & members) const {
        if (members.size() == 1) {
            return members[0].encoded->output;
        }
        std::vector<const ctranslate2::StorageView *> outputs;
        for (const member & m : members) {
            outputs.push_back(&m.encoded->output);
        }
        ctranslate2::StorageView joined(outputs[0]->dtype(), outputs[0]->device());
        ctranslate2::ops::Concat(0)(outputs, joined);
        return joined;
    }

    // Feeds all tokens of the prompts except the last token. Returns the probability of <|nospeech|> after
    // <|startoftranscript|> for each chunk. If <|startoftranscript|> is the last token, returns an empty vector,
    // because the search feeds the last token in its first step.
    std::vector<float> read_prompts(const std::vector<member> & members, ctranslate2::layers::DecoderState & state) {
        const auto           n      = static_cast<ctranslate2::dim_t>(members.size());
        const auto           n_fed  = static_cast<ctranslate2::dim_t>(members[0].prompt.size()) - 1;
        const auto &         prompt = members[0].prompt;
        const auto           sot    = std::find(prompt.begin(), prompt.end(), static_cast<size_t>(model_.tokens.sot)) - prompt.begin();
        std::vector<int32_t> fed;
        for (const member & m : members) {
            fed.insert(fed.end(), m.prompt.begin(), m.prompt.end() - 1);
        }
        if (n_fed == 0) {
            return {};
        }
        const ctranslate2::StorageView inputs({ n, n_fed }, fed, model_.device());
        if (sot == n_fed) {
            lane_.decoder.forward_prompt(inputs, state);
            return {};
        }
        ctranslate2::StorageView outputs(lane_.decoder.output_type(), model_.device());
        ctranslate2::StorageView logits(lane_.decoder.output_type(), model_.device());
        lane_.decoder.forward_prompt(inputs, state, &outputs);
        lane_.decoder.compute_logits_for_steps(outputs, ctranslate2::StorageView({ n }, static_cast<int32_t>(sot), model_.device()),
                                               logits);
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
            return std::make_unique<ctranslate2::BestSampler>();
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

    void keep(const member & m, const std::vector<size_t> & tokens, float no_speech_prob, size_t n_max, const token_trace & trace,
              ctranslate2::dim_t first_entry, ctranslate2::dim_t n_entries) {
        const bool          complete = tokens.size() < n_max;
        token_trace::scored scored   = trace.score(tokens, complete ? model_.tokens.eot : -1, first_entry, n_entries);
        chunk_result &      out      = outcomes_[m.index].emplace();
        out.result.window_s          = window_seconds(m.encoded->window);
        out.result.avg_logprob       = scored.sum_logprob / static_cast<float>(tokens.size() + 1);
        out.result.no_speech_prob    = no_speech_prob;
        out.result.is_complete       = complete ? 1 : 0;
        out.tokens                   = std::move(scored.tokens);
    }

    // Maximum number of chunks in a batch. It limits the memory of the decoder's caches.
    static constexpr size_t members_max = 16;

    asr_lane &                               lane_;
    const asr_model &                        model_;
    const asr_chunk *                        chunks_;
    std::vector<std::optional<chunk_result>> outcomes_;
};

} // namespace asr

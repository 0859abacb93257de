// search.hpp: runs a search of token_search.hpp on whisper.cpp's decoder. All rows of a step share one cache, in which each row
// has a sequence id.
#pragma once

namespace asr {

class search {
  public:
    search(asr_lane & lane, const asr_chunk & chunk)
        : lane_(lane), model_(*lane.model), chunk_(chunk), width_(static_cast<int32_t>(token_search::search_width(chunk))) {}

    void run(chunk_result & out) {
        read_prompt(out);
        token_search search(model_.rules, chunk_, std::min(model_.n_decode_max(), model_.hparams().n_text_ctx - n_past_));
        for (bool is_first = true;; is_first = false) {
            const std::vector<search_row> & rows = search.next(lane_.state->logits.data());
            if (rows.empty()) {
                break;
            }
            // Sampled texts have one parent only in the first step. Later, each text continues its own sequence.
            chunk_.temperature > 0.0f && !is_first ? keep_sequences(rows) : copy_sequences(rows);
            advance(rows);
        }
        search.finish(out);
    }

  private:
    // Feeds the prompt, and computes the no-speech probability. Then the logits of the last row are the first ones in the
    // state.
    void read_prompt(chunk_result & out) {
        constexpr size_t           prefill_rows = 32; // maximum number of tokens per pass; limits the memory for activations
        const control_tokens &     ids          = model_.rules.ids;
        const std::vector<int32_t> past         = past_tokens(ids, chunk_, model_.n_prompt_max());
        reset_cache(lane_, width_);
        for (size_t at = 0; at < past.size(); at += prefill_rows) {
            feed({ past.begin() + static_cast<std::ptrdiff_t>(at),
                   past.begin() + static_cast<std::ptrdiff_t>(std::min(past.size(), at + prefill_rows)) },
                 decoder_output::none);
        }
        feed(start_tokens(ids, chunk_, chunk_.timestamps != 0), decoder_output::logits);

        std::vector<float> & logits = lane_.state->logits;
        out.result.no_speech_prob   = no_speech_prob(ids, logits.data());
        logits.erase(logits.begin(), logits.end() - static_cast<std::ptrdiff_t>(ids.n_vocab));
    }

    void feed(const std::vector<int32_t> & tokens, decoder_output output) {
        std::vector<decoder_row> rows;
        for (const int32_t token : tokens) {
            rows.push_back({ token, n_past_++, 0 });
        }
        run_decoder(lane_, rows, output);
    }

    // Gives each row a new sequence with the cache entries of its parent. Two sets of sequence ids are used in turns, so
    // that a copy never overwrites a parent that other rows still need.
    void copy_sequences(const std::vector<search_row> & rows) {
        whisper_kv_cache &   cache = lane_.state->kv_self;
        const int32_t        first = sequences_.front() < width_ ? width_ : 0;
        std::vector<int32_t> copies;
        for (const search_row & row : rows) {
            copies.push_back(first + static_cast<int32_t>(copies.size()));
            whisper_kv_cache_seq_cp(cache, sequences_[static_cast<size_t>(row.parent)], copies.back(), -1, -1);
        }
        for (const int32_t sequence : sequences_) {
            whisper_kv_cache_seq_rm(cache, sequence, -1, -1);
        }
        sequences_ = std::move(copies);
    }

    // Gives each row the sequence of its parent, and removes the sequences that no row continues.
    void keep_sequences(const std::vector<search_row> & rows) {
        std::vector<int32_t> kept;
        for (const search_row & row : rows) {
            kept.push_back(sequences_[static_cast<size_t>(row.parent)]);
        }
        for (const int32_t sequence : sequences_) {
            if (std::find(kept.begin(), kept.end(), sequence) == kept.end()) {
                whisper_kv_cache_seq_rm(lane_.state->kv_self, sequence, -1, -1);
            }
        }
        sequences_ = std::move(kept);
    }

    void advance(const std::vector<search_row> & rows) {
        std::vector<decoder_row> fed;
        for (size_t i = 0; i < rows.size(); ++i) {
            fed.push_back({ rows[i].token, n_past_, sequences_[i] });
        }
        ++n_past_;
        run_decoder(lane_, fed, decoder_output::logits);
    }

    asr_lane &           lane_;
    const asr_model &    model_;
    const asr_chunk &    chunk_;
    const int32_t        width_;               // maximum number of rows in a step
    int32_t              n_past_    = 0;       // number of used positions in the cache
    std::vector<int32_t> sequences_ = { 0 };   // sequence id of each row of the last step
};

} // namespace asr

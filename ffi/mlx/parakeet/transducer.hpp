// transducer.hpp: the head of TDT and RNNT models. It decodes several chunks together, step by step: each step reads the
// weights once for all chunks. A chunk that is over, or was cancelled, leaves the batch.
#pragma once

namespace asr::parakeet {

class transducer {
  public:
    transducer(weight_reader & reader, const model_config & config)
        : config_(config), predictor_(reader, config.head), joint_(reader, config) {}

    // Finds the tokens of chunks whose frames are encoded, without beams. Ends the chunks, and removes them from the list.
    void decode(recognitions & chunks) const {
        if (!chunks.empty()) {
            batch(*this, chunks).run();
        }
    }

    const predictor & text() const { return predictor_; }

    const asr::parakeet::joint & joint() const { return joint_; }

    const model_config & config() const { return config_; }

  private:
    class batch {
      public:
        batch(const transducer & head, recognitions & chunks)
            : head_(head), chunks_(chunks), frames_(join_frames(head, chunks)),
              state_(head.predictor_.start_state(static_cast<int32_t>(chunks.size()))), text_(mx::array(0.0f)) {
            int32_t first = 0;
            for (const recognition * chunk : chunks) {
                rows_.push_back({ greedy_search(head.config_.head, head.config_.blank(), chunk->n_frames()), first });
                first += chunk->n_frames();
            }
            read(std::vector<int32_t>(rows_.size(), head.predictor_.start()), {});
        }

        void run() {
            while (!rows_.empty()) {
                std::vector<int32_t> at;
                for (const row & r : rows_) {
                    at.push_back(r.first + r.search.frame());
                }
                mx::array logits =
                    mx::astype(head_.joint_.logits(mx::take(frames_, row_numbers(at), 0), text_), mx::float32);
                logits.eval();
                choose(logits.data<float>(), static_cast<size_t>(logits.shape(1)));
            }
        }

      private:
        struct row {
            greedy_search search;
            int32_t       first; // the first frame of the chunk among the frames of all chunks
        };

        // Returns the frames of all chunks, one after another: [n, n_joint].
        static mx::array join_frames(const transducer & head, const recognitions & chunks) {
            std::vector<mx::array> all;
            for (const recognition * chunk : chunks) {
                all.push_back(mx::squeeze(*chunk->frames, 0));
            }
            mx::array joined = head.joint_.of_frames(mx::concatenate(all, 0));
            joined.eval();
            return joined;
        }

        // Lets each chunk choose its next token, and ends the chunks that are over.
        void choose(const float * logits, size_t n_outputs) {
            std::vector<int32_t> kept, tokens;
            std::vector<uint8_t> is_blank;
            recognitions         left, ended;
            for (size_t i = 0; i < rows_.size(); ++i) {
                greedy_search &              search = rows_[i].search;
                const std::optional<int32_t> token  = search.next(logits + i * n_outputs);
                if (search.is_over() || is_cancelled(*chunks_[i]->chunk)) {
                    chunks_[i]->tokens = search.take_tokens();
                    ended.push_back(chunks_[i]);
                    continue;
                }
                kept.push_back(static_cast<int32_t>(i));
                left.push_back(chunks_[i]);
                tokens.push_back(token.value_or(0));
                is_blank.push_back(token ? 0 : 1);
            }
            chunks_ = std::move(left);
            for (recognition * chunk : ended) {
                if (!end_if_cancelled(*chunk)) {
                    chunk->end();
                }
            }
            keep_rows(kept);
            read(tokens, is_blank);
        }

        void keep_rows(const std::vector<int32_t> & kept) {
            if (kept.size() == rows_.size()) {
                return;
            }
            std::vector<row> rows;
            for (const int32_t i : kept) {
                rows.push_back(std::move(rows_[static_cast<size_t>(i)]));
            }
            rows_ = std::move(rows);
            if (!kept.empty()) {
                state_ = state_.rows(row_numbers(kept));
                text_  = mx::take(text_, row_numbers(kept), 0);
            }
        }

        // Reads the chosen tokens. A row that chose the blank keeps its state. `is_blank` is empty if no row did.
        void read(const std::vector<int32_t> & tokens, const std::vector<uint8_t> & is_blank) {
            const auto n_blanks = std::count(is_blank.begin(), is_blank.end(), 1);
            if (n_blanks == static_cast<ptrdiff_t>(tokens.size())) {
                return;
            }
            predictor::output out  = head_.predictor_.read(tokens, state_);
            mx::array         text = head_.joint_.of_text(out.features);
            if (n_blanks > 0) {
                const auto      n = static_cast<int32_t>(is_blank.size());
                const mx::array is_kept(reinterpret_cast<const bool *>(is_blank.data()), { n, 1 }, mx::bool_);
                out.state = state_.kept_where(is_kept, out.state);
                text      = mx::where(is_kept, text_, text);
            }
            state_                        = std::move(out.state);
            text_                         = text;
            std::vector<mx::array> arrays = { text_ };
            state_.append_to(arrays);
            mx::eval(arrays); // otherwise the arrays of all steps would stay in memory
        }

        const transducer & head_;
        recognitions &     chunks_;
        const mx::array    frames_; // of all chunks, for the joint network
        std::vector<row>   rows_;   // one for each chunk
        predictor_state    state_;
        mx::array          text_; // [n_rows, n_joint], of the tokens so far
    };

    const model_config & config_;
    predictor            predictor_;
    asr::parakeet::joint joint_;
};

} // namespace asr::parakeet

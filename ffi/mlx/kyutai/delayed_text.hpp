// delayed_text.hpp: gives the tokens of a stream their times. The text of a moment follows its audio after a fixed delay, so
// the step in which a token appears tells when its word was spoken:
//
//   - The token `word_begins` appears in the step before a word. The word starts in the next step.
//   - A word ends where the next word starts, or after one second: the reference (stt_from_file_pytorch.py of Kyutai's
//     delayed-streams-modeling) limits the last word in this way. So a pause does not count as a part of a word.
//   - Without `word_begins` between them, tokens follow each other without a gap.
//
// A token is final when its end is known.
#pragma once

namespace asr::kyutai {

class delayed_text {
  public:
    // `delay_s` is the time by which the text follows the audio, and `mark` is the id of a token that marks the end of a turn.
    delayed_text(double delay_s, int32_t mark) : delay_(std::llround(delay_s * steps_per_s)), mark_(mark) {}

    // Adds the token of the next step. Appends tokens that are now final to `out`.
    void add(int32_t id, float logprob, std::vector<asr_token> & out) {
        if (id == word_begins) {
            end_word(out);
            begin_ = step_ + 1;
        } else if (id != padding) {
            open_.push_back({ id, logprob, open_.empty() ? begin_.value_or(step_) : step_ });
            begin_.reset();
            has_text_ = true;
        }
        ++step_;
        if (!open_.empty() && step_ >= open_[0].start + word_steps_max) {
            end_word(out);
        }
    }

    // Marks the end of a turn after the last step, once after each text. `prob` is its probability.
    void end_turn(float prob, std::vector<asr_token> & out) {
        if (!has_text_) {
            return;
        }
        end_word(out);
        has_text_ = false;
        append(out, mark_, std::log(prob), step_, step_);
    }

    // Appends the remaining tokens.
    void finish(std::vector<asr_token> & out) { end_word(out); }

    // Sets the length of the audio. Later steps belong to the silence after it, so no time is later than this length.
    void limit(int64_t n_samples) { last_ = n_samples / samples_per_step; }

  private:
    struct open_token {
        int32_t id;
        float   logprob;
        int64_t start; // step
    };

    static constexpr int64_t word_steps_max = 12; // one second

    void end_word(std::vector<asr_token> & out) {
        for (size_t i = 0; i < open_.size(); ++i) {
            const open_token & token = open_[i];
            const bool         last  = i + 1 == open_.size();
            const int64_t      end   = last ? std::min(step_, open_[0].start + word_steps_max) : open_[i + 1].start;
            append(out, token.id, token.logprob, token.start, std::max(end, token.start + 1));
        }
        open_.clear();
    }

    void append(std::vector<asr_token> & out, int32_t id, float logprob, int64_t start, int64_t end) const {
        out.push_back({ id, logprob, seconds(start), seconds(end) });
    }

    float seconds(int64_t step) const {
        const int64_t heard = std::max<int64_t>(0, step - delay_);
        return static_cast<float>(static_cast<double>(std::min(heard, last_)) / steps_per_s);
    }

    const int64_t           delay_; // steps
    const int32_t           mark_;
    int64_t                 step_ = 0;
    int64_t                 last_ = std::numeric_limits<int64_t>::max();
    std::optional<int64_t>  begin_;            // step after `word_begins`, until the word's first token
    std::vector<open_token> open_;             // tokens of the word that has not ended
    bool                    has_text_ = false; // whether the current turn has text
};

} // namespace asr::kyutai

// batch_decoder.hpp: finds the most likely tokens of several chunks together. The chunks have the same window and the same
// number of rows. A chunk whose search is over, or that was cancelled, leaves the batch; the others continue.
#pragma once

namespace asr::whisper {

class batch_decoder {
  public:
    batch_decoder(const network & network, const whisper_rules & rules, const std::vector<decode_member *> & members)
        : network_(network), rules_(rules), n_vocab_(static_cast<size_t>(rules.ids.n_vocab)) {
        for (decode_member * member : members) {
            slots_.push_back({ member, nullptr, {} });
        }
    }

    void run() {
        logits_ = read_prompts();
        while (advance_searches()) {
            feed();
        }
    }

  private:
    struct slot {
        decode_member *               member;
        std::unique_ptr<token_search> search; // nullptr if the chunk is over
        std::vector<search_row>       rows;   // rows of the next step
    };

    // Throws CANCELLED if no chunk of the batch is left.
    void stop_if_all_cancelled() const {
        if (std::all_of(slots_.begin(), slots_.end(), [](const slot & s) { return is_cancelled(*s.member->chunk); })) {
            throw failure(ASR_STATUS_CANCELLED, "Cancelled");
        }
    }

    // Reads the prompts, which end at the same position. Returns the logits of their last tokens.
    mx::array read_prompts() {
        size_t length = 0;
        for (const slot & s : slots_) {
            length = std::max(length, s.member->past.size() + s.member->start.size());
        }
        // The rows of the last tokens, and after them the rows of <|startoftranscript|>.
        std::vector<int32_t>   last, starts;
        std::vector<int32_t>   tokens, padding;
        std::vector<mx::array> encodings;
        for (const slot & s : slots_) {
            const decode_member & m     = *s.member;
            const size_t          n     = m.past.size() + m.start.size();
            const auto            begin = static_cast<int32_t>(tokens.size());
            tokens.insert(tokens.end(), length - n, rules_.ids.eot);
            tokens.insert(tokens.end(), m.past.begin(), m.past.end());
            tokens.insert(tokens.end(), m.start.begin(), m.start.end());
            padding.push_back(static_cast<int32_t>(length - n));
            last.push_back(begin + static_cast<int32_t>(length) - 1);
            starts.push_back(begin + static_cast<int32_t>(length - m.start.size()));
            encodings.push_back(m.encoded->output);
        }
        const auto stop        = [&] { stop_if_all_cancelled(); };
        cache_                 = network_.decoder.open_cache(mx::concatenate(encodings, 0), std::move(padding), stop);
        const mx::array states = network_.decoder.read(tokens, cache_, [&](mx::array & x) {
            x.eval();
            stop();
        });
        last.insert(last.end(), starts.begin(), starts.end());
        const mx::array chosen = mx::take(mx::reshape(states, { -1, states.shape(-1) }),
                                          mx::array(last.data(), { static_cast<int32_t>(last.size()) }, mx::int32), 0);
        mx::array       logits = network_.decoder.logits(chosen);
        logits.eval();
        for (size_t i = 0; i < slots_.size(); ++i) {
            decode_member & m              = *slots_[i].member;
            const auto      n              = static_cast<int32_t>(m.past.size() + m.start.size());
            const int32_t   n_steps        = std::min(network_.config.n_text_ctx / 2, network_.config.n_text_ctx - n);
            const float *   start          = logits.data<float>() + (slots_.size() + i) * n_vocab_;
            m.result.result.no_speech_prob = no_speech_prob(rules_.ids, start);
            slots_[i].search               = std::make_unique<token_search>(rules_, *m.chunk, n_steps);
        }
        return logits;
    }

    // Lets each search choose its next rows. Returns whether a search continues.
    bool advance_searches() {
        for (size_t i = 0; i < slots_.size(); ++i) {
            slot & s = slots_[i];
            if (s.search == nullptr) {
                continue;
            }
            if (is_cancelled(*s.member->chunk)) {
                s.member->error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
                s.search        = nullptr;
                continue;
            }
            s.rows = s.search->next(logits_.data<float>() + i * n_rows_each_ * n_vocab_);
            if (s.rows.empty()) {
                s.search->finish(s.member->result);
                s.member->is_finished = true;
                s.search              = nullptr;
            }
        }
        return std::any_of(slots_.begin(), slots_.end(), [](const slot & s) { return s.search != nullptr; });
    }

    // Feeds the rows of the searches, and computes their logits. Each chunk gets as many rows as the chunk with the most
    // rows; the results of additional rows are not used.
    void feed() {
        std::vector<slot>    kept;
        std::vector<int32_t> chunks, parents, tokens;
        const auto           n_live = static_cast<size_t>(
            std::count_if(slots_.begin(), slots_.end(), [](const slot & s) { return s.search != nullptr; }));
        const bool removes  = n_live * 4 <= slots_.size() * 3; // removing copies the keys of the audio
        size_t     n_widest = 0;
        for (const slot & s : slots_) {
            n_widest = std::max(n_widest, s.search == nullptr ? 0 : s.rows.size());
        }
        for (size_t i = 0; i < slots_.size(); ++i) {
            slot & s = slots_[i];
            if (s.search == nullptr && removes) {
                continue;
            }
            const auto first = static_cast<int32_t>(i * n_rows_each_);
            for (size_t row = 0; row < n_widest; ++row) {
                const bool used = s.search != nullptr && row < s.rows.size();
                parents.push_back(first + (used ? s.rows[row].parent : 0));
                tokens.push_back(used ? s.rows[row].token : rules_.ids.eot);
            }
            chunks.push_back(static_cast<int32_t>(i));
            kept.push_back(std::move(s));
        }
        slots_       = std::move(kept);
        n_rows_each_ = n_widest;
        decoder::choose(cache_, parents, chunks);
        logits_ = network_.decoder.logits(network_.decoder.read(tokens, cache_, [](const mx::array &) {}));
        logits_.eval();
    }

    const network &       network_;
    const whisper_rules & rules_;
    const size_t          n_vocab_;
    std::vector<slot>     slots_;
    decoder_cache         cache_;
    mx::array             logits_      = mx::array(0.0f); // of the last step: [n_slots * n_rows_each, n_vocab]
    size_t                n_rows_each_ = 1;               // number of rows of a chunk in the last step and in the cache
};

// Returns the number of chunks that fit into a batch. It limits the memory of the keys and values of the audio.
inline size_t batch_size_max(const model_config & config, int32_t window) {
    constexpr int64_t members_max = 16, values_max = int64_t{ 1 } << 30;
    const int64_t     values = int64_t{ 2 } * config.n_text_layer * window * config.n_text_state;
    return static_cast<size_t>(std::clamp(values_max / values, int64_t{ 1 }, members_max));
}

// Runs `work`, and stores its exception in the members that have neither a result nor another failure.
template <typename Work>
void keep_failure(const std::vector<decode_member *> & members, Work && work) {
    try {
        work();
    } catch (...) {
        for (decode_member * member : members) {
            if (!member->is_finished && !member->error) {
                member->error = std::current_exception();
            }
        }
    }
}

// Decodes the chunks of several calls. Chunks with the same window and the same number of rows form batches.
inline void decode_together(const std::vector<decode_call *> & calls) {
    struct group {
        int32_t                      window;
        size_t                       width;
        std::vector<decode_member *> members;
    };
    std::list<group> groups;
    for (decode_call * call : calls) {
        forget_encodings(*call->lane, call->members.front().chunk, static_cast<int32_t>(call->members.size()));
        for (decode_member & member : call->members) {
            if (member.error) {
                continue;
            }
            const model_config & config = call->lane->model.config;
            const int32_t        window = window_positions(config, *member.chunk);
            const size_t         width  = token_search::search_width(*member.chunk);
            const auto           fits   = std::find_if(groups.begin(), groups.end(), [&](const group & g) {
                return g.window == window && g.width == width && g.members.size() < batch_size_max(config, window);
            });
            keep_failure({ &member }, [&] {
                stop_if_cancelled(*member.chunk);
                member.encoded                = &encode(*call->lane, *member.chunk);
                member.result.result.window_s = window_seconds(window);
                if (fits != groups.end()) {
                    fits->members.push_back(&member);
                } else {
                    groups.push_back({ window, width, { &member } });
                }
            });
        }
    }
    const model & model = calls[0]->lane->model;
    for (const group & g : groups) {
        const stopwatch watch;
        keep_failure(g.members, [&] { batch_decoder(*model.net, model.rules, g.members).run(); });
        const float share_s = watch.seconds() / static_cast<float>(g.members.size());
        for (const decode_member * member : g.members) {
            member->times->decoder_s += share_s;
        }
    }
}

} // namespace asr::whisper

// predictor.hpp: the part of a transducer that reads the tokens so far: an embedding and LSTM layers.
#pragma once

namespace asr::parakeet {

// The state of several token sequences after their last tokens.
struct predictor_state {
    std::vector<mx::array> hidden; // for each layer [n_batch, n_predictor]
    std::vector<mx::array> cell;

    // Returns the state of the sequences at these rows.
    predictor_state rows(const mx::array & indices) const {
        return map(*this, [&](const mx::array & x) { return mx::take(x, indices, 0); });
    }

    // Returns this state where `is_kept` [n_batch, 1] is true, and the state `next` elsewhere.
    predictor_state kept_where(const mx::array & is_kept, const predictor_state & next) const {
        predictor_state joined;
        for (size_t i = 0; i < hidden.size(); ++i) {
            joined.hidden.push_back(mx::where(is_kept, hidden[i], next.hidden[i]));
            joined.cell.push_back(mx::where(is_kept, cell[i], next.cell[i]));
        }
        return joined;
    }

    // Returns a state with the sequences of this state, then those of `other`.
    predictor_state with(const predictor_state & other) const {
        predictor_state joined;
        for (size_t i = 0; i < hidden.size(); ++i) {
            joined.hidden.push_back(mx::concatenate({ hidden[i], other.hidden[i] }, 0));
            joined.cell.push_back(mx::concatenate({ cell[i], other.cell[i] }, 0));
        }
        return joined;
    }

    // Appends the arrays of the state to a list, for mx::eval.
    void append_to(std::vector<mx::array> & arrays) const {
        arrays.insert(arrays.end(), hidden.begin(), hidden.end());
        arrays.insert(arrays.end(), cell.begin(), cell.end());
    }

  private:
    template <typename Convert>
    static predictor_state map(const predictor_state & from, Convert && convert) {
        predictor_state to;
        std::transform(from.hidden.begin(), from.hidden.end(), std::back_inserter(to.hidden), convert);
        std::transform(from.cell.begin(), from.cell.end(), std::back_inserter(to.cell), convert);
        return to;
    }
};

class predictor {
  public:
    predictor(weight_reader & reader, const head_config & config)
        : embeddings_(read_embeddings(reader, config)), n_(config.n_predictor) {
        const int64_t n = n_;
        for (int32_t i = 0; i < config.n_predictor_layers; ++i) {
            const std::string name = "decoder.prediction.dec_rnn.lstm." + std::to_string(i);
            layers_.push_back({ reader.tensor(name + ".Wx", { 4 * n, n }), reader.tensor(name + ".Wh", { 4 * n, n }),
                                reader.tensor(name + ".bias", { 4 * n }) });
        }
    }

    // The id that a sequence reads before its first token.
    int32_t start() const { return embeddings_.shape(0) - 1; }

    predictor_state start_state(int32_t n_batch) const {
        const std::vector<mx::array> zeros(layers_.size(), mx::zeros({ n_batch, n_ }, mx::float32));
        return { zeros, zeros };
    }

    struct output {
        mx::array       features; // [n_batch, n_predictor]
        predictor_state state;    // after the tokens
    };

    // Reads one token of each sequence.
    output read(const std::vector<int32_t> & tokens, const predictor_state & before) const {
        output out = { mx::take(embeddings_, row_numbers(tokens), 0), {} };
        for (size_t i = 0; i < layers_.size(); ++i) {
            const lstm &                 w     = layers_[i];
            const mx::array              gates = mx::add(mx::addmm(w.bias, out.features, mx::transpose(w.input)),
                                                         mx::matmul(before.hidden[i], mx::transpose(w.hidden)));
            const std::vector<mx::array> parts = mx::split(gates, 4, -1); // input, forget, cell, output
            const mx::array              kept  = mx::multiply(mx::sigmoid(parts[1]), before.cell[i]);
            const mx::array              added = mx::multiply(mx::sigmoid(parts[0]), mx::tanh(parts[2]));
            out.state.cell.push_back(mx::add(kept, added));
            out.features = mx::multiply(mx::sigmoid(parts[3]), mx::tanh(out.state.cell.back()));
            out.state.hidden.push_back(out.features);
        }
        return out;
    }

  private:
    struct lstm {
        mx::array input, hidden; // [4 * n, n]
        mx::array bias;          // [4 * n]
    };

    // Appends a row of zeros, which a sequence reads before its first token.
    static mx::array read_embeddings(weight_reader & reader, const head_config & config) {
        const mx::array rows =
            reader.tensor("decoder.prediction.embed.weight", { config.n_embeddings, config.n_predictor }, mx::float32);
        mx::array all = mx::concatenate({ rows, mx::zeros({ 1, config.n_predictor }, rows.dtype()) }, 0);
        all.eval();
        return all;
    }

    mx::array         embeddings_;
    int32_t           n_;
    std::vector<lstm> layers_;
};

} // namespace asr::parakeet

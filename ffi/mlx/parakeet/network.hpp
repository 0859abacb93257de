// network.hpp: a Parakeet network: features -> encoder -> transducer or CTC head -> tokens. Only the owner of the model may use
// it, because it contains arrays of MLX.
#pragma once

namespace asr::parakeet {

class network {
  public:
    // `type` is the type of the weights. All computations are in float32, as in parakeet-mlx.
    network(const model_files & files, const model_config & config, mx::Dtype type, bool on_gpu)
        : network(weight_reader(files, type), config, on_gpu) {}

    // Finds the tokens of several chunks together. A chunk that cannot be recognised, or was cancelled, gets an error.
    void recognize(const recognitions & chunks) {
        recognitions left = subsample(chunks);
        encode(left);
        drop_failed(left);
        try {
            decode(left);
        } catch (...) {
            fail(left);
        }
        for (recognition * chunk : chunks) {
            chunk->frames.reset();
        }
    }

  private:
    network(weight_reader && reader, const model_config & config, bool on_gpu)
        : features_(config.features), encoder_(reader, config.encoder, config.features.n_mels),
          frames_at_once_(on_gpu ? 4096 : 512) {
        if (config.head.kind == head_kind::ctc) {
            ctc_.emplace(reader, config);
        } else {
            transducer_.emplace(reader, config);
        }
    }

    static void fail(const recognitions & chunks) {
        for (recognition * chunk : chunks) {
            chunk->error = chunk->error ? chunk->error : std::current_exception();
        }
    }

    // Reduces each chunk to the rate of the encoder. Chunks are not computed together, because the convolutions need much memory.
    // Returns the chunks that succeeded.
    recognitions subsample(const recognitions & chunks) const {
        recognitions left;
        for (recognition * chunk : chunks) {
            if (chunk->has_failed()) {
                continue;
            }
            try {
                chunk->frames = encoder_.subsample(features_.of(chunk->chunk->input, chunk->chunk->n_input));
                chunk->frames->eval();
                left.push_back(chunk);
            } catch (...) {
                fail({ chunk });
            }
        }
        return left;
    }

    // Encodes the chunks, those of similar length together.
    void encode(recognitions & chunks) {
        std::stable_sort(chunks.begin(), chunks.end(), [](const recognition * a, const recognition * b) { return a->n_frames() > b->n_frames(); });
        for (size_t first = 0; first < chunks.size();) {
            const size_t n_fitting = std::max<size_t>(1, static_cast<size_t>(frames_at_once_ / chunks[first]->n_frames()));
            const size_t end       = std::min(chunks.size(), first + n_fitting);
            recognitions group(chunks.begin() + static_cast<ptrdiff_t>(first), chunks.begin() + static_cast<ptrdiff_t>(end));
            drop_failed(group);
            if (!group.empty()) {
                try {
                    encode_together(group);
                } catch (...) {
                    fail(group);
                }
            }
            first = end;
        }
    }

    void encode_together(const recognitions & group) {
        std::vector<mx::array> inputs;
        for (const recognition * chunk : group) {
            inputs.push_back(*chunk->frames);
        }
        const mx::array all     = encoder_.run(inputs, [&] { stop_if_all_cancelled(group); });
        const int32_t   n_state = all.shape(2);
        for (size_t i = 0; i < group.size(); ++i) {
            const auto row   = static_cast<int32_t>(i);
            group[i]->frames = mx::slice(all, { row, 0, 0 }, { row + 1, group[i]->n_frames(), n_state });
        }
    }

    void decode(const recognitions & chunks) const {
        if (ctc_) {
            for (recognition * chunk : chunks) {
                ctc_->decode(*chunk);
            }
            return;
        }
        recognitions greedy;
        for (recognition * chunk : chunks) {
            if (chunk->n_beams == 1) {
                greedy.push_back(chunk);
                continue;
            }
            try {
                beam_search(*transducer_, *chunk, static_cast<size_t>(chunk->n_beams)).run();
            } catch (...) {
                fail({ chunk });
            }
        }
        transducer_->decode(greedy);
    }

    features                  features_;
    encoder                   encoder_;
    std::optional<transducer> transducer_;
    std::optional<ctc>        ctc_;
    const int32_t             frames_at_once_; // number of the encoder's frames that are computed together
};

} // namespace asr::parakeet

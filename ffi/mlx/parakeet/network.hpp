// network.hpp: a Parakeet network: features -> encoder -> transducer or CTC head -> tokens. Only the owner of the model may use
// it, because it contains arrays of MLX.
#pragma once

namespace asr::parakeet {

class network {
  public:
    // `type` is the type of the weights. The network computes in float32, also with weights of another type.
    network(const model_files & files, const model_config & config, mx::Dtype type, bool on_gpu)
        : network(weight_reader(files, { "model.safetensors" }, {}, type, false), config, on_gpu) {}

    // Finds the tokens of several chunks together, and ends each chunk. Uses up to n_threads CPU threads.
    void recognize(recognitions chunks, int32_t n_threads) {
        {
            const blas_threads threads(n_threads);
            subsample(chunks);
            encode(chunks);
        }
        end_cancelled(chunks);
        end_if_failed(chunks, [&] { decode(chunks); });
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

    mx::array features_of(const recognition & chunk) const {
        const stage_timer timer(chunk.times->features_s);
        mx::array         features = features_.of(chunk.chunk->input, chunk.chunk->n_input);
        features.eval();
        return features;
    }

    // Reduces each chunk to the rate of the encoder. Chunks are not computed together, because the convolutions need much
    // memory. Ends the chunks that fail, and removes them from the list.
    void subsample(recognitions & chunks) const {
        for (size_t i = 0; i < chunks.size();) {
            recognitions one = { chunks[i] };
            end_cancelled(one);
            end_if_failed(one, [&] {
                for (recognition * chunk : one) {
                    const mx::array   features = features_of(*chunk);
                    const stage_timer timer(chunk->times->encoder_s);
                    chunk->frames = encoder_.subsample(features);
                    chunk->frames->eval();
                }
            });
            if (one.empty()) {
                chunks.erase(chunks.begin() + static_cast<ptrdiff_t>(i));
            } else {
                ++i;
            }
        }
    }

    // Encodes the chunks, those of similar length together. Ends the chunks that fail, and removes them from the list.
    void encode(recognitions & chunks) {
        std::stable_sort(chunks.begin(), chunks.end(),
                         [](const recognition * a, const recognition * b) { return a->n_frames() > b->n_frames(); });
        recognitions encoded;
        while (!chunks.empty()) {
            const size_t n_fitting = static_cast<size_t>(std::max(1, frames_at_once_ / chunks[0]->n_frames()));
            const auto   end       = chunks.begin() + static_cast<ptrdiff_t>(std::min(chunks.size(), n_fitting));
            recognitions group(chunks.begin(), end);
            chunks.erase(chunks.begin(), end);
            end_cancelled(group);
            if (!group.empty()) {
                const stopwatch watch;
                const auto      n_together = static_cast<float>(group.size());
                end_if_failed(group, [&] { encode_together(group); });
                for (recognition * chunk : group) {
                    chunk->times->encoder_s += watch.seconds() / n_together;
                }
            }
            encoded.insert(encoded.end(), group.begin(), group.end());
        }
        chunks = std::move(encoded);
    }

    // Encodes the chunks of the group. Ends a chunk that is cancelled after a layer, and removes it from the group.
    void encode_together(recognitions & group) {
        std::vector<mx::array>                         inputs;
        std::vector<std::pair<recognition *, int32_t>> rows; // of the chunks that are left
        for (recognition * chunk : group) {
            rows.emplace_back(chunk, static_cast<int32_t>(rows.size()));
            inputs.push_back(*chunk->frames);
        }
        const mx::array all = encoder_.run(inputs, [&] {
            std::erase_if(rows, [&](const auto & row) {
                recognition * chunk = row.first;
                if (!is_cancelled(*chunk->chunk)) {
                    return false;
                }
                std::erase(group, chunk);
                return end_if_cancelled(*chunk);
            });
            return !rows.empty();
        });
        for (const auto & [chunk, row] : rows) {
            chunk->frames = mx::slice(all, { row, 0, 0 }, { row + 1, chunk->n_frames(), all.shape(2) });
        }
    }

    // Finds the tokens of encoded chunks. Ends the chunks, and removes them from the list.
    void decode(recognitions & chunks) const {
        recognitions greedy;
        for (recognition * chunk : std::exchange(chunks, {})) {
            if (!ctc_ && chunk->n_beams == 1) {
                greedy.push_back(chunk);
                continue;
            }
            recognitions one = { chunk };
            chunk->start_decoder(1);
            end_if_failed(one, [&] {
                std::vector<frame_token> tokens =
                    ctc_ ? ctc_->decode(*chunk)
                         : beam_search(*transducer_, *chunk, static_cast<size_t>(chunk->n_beams)).run();
                one.clear();
                chunk->end_with(std::move(tokens));
            });
        }
        chunks = std::move(greedy);
        for (recognition * chunk : chunks) {
            chunk->start_decoder(chunks.size());
        }
        if (transducer_) {
            transducer_->decode(chunks);
        }
    }

    features                  features_;
    encoder                   encoder_;
    std::optional<transducer> transducer_;
    std::optional<ctc>        ctc_;
    const int32_t             frames_at_once_; // largest number of the encoder's frames that are computed together
};

} // namespace asr::parakeet

// weights.hpp: reads the weights of a Parakeet model from model.safetensors. Their names are those of NeMo, except for the LSTM,
// which has the names of MLX.
#pragma once

namespace asr::parakeet {

// A matrix [n_out, n_in] with an optional bias.
struct linear_weights {
    mx::array                weight;
    std::optional<mx::array> bias;
};

struct norm_weights {
    mx::array weight;
    mx::array bias;
};

// y = x * scale + shift, for each channel.
struct affine_weights {
    mx::array scale;
    mx::array shift;
};

class weight_reader {
  public:
    // `type` is the type in which the weights are kept.
    weight_reader(const model_files & files, mx::Dtype type) : type_(type), file_(find_weights(files)), table_(list_safetensors(file_)) {}

    mx::array tensor(const std::string & name, const std::vector<int64_t> & shape) {
        const auto found = table_.entries.find(name);
        if (found == table_.entries.end()) {
            reject_model(file_.name() + " has no " + name + ", so it is incomplete or of another kind of model");
        }
        if (found->second.shape != shape || !mx::issubdtype(found->second.type, mx::floating)) {
            reject_model("the dimensions or the type of " + name + " do not match config.json");
        }
        // Converts the tensor at once, so that only one tensor is in memory twice.
        mx::array converted = mx::astype(read_tensor(file_, found->second), type_);
        converted.eval();
        return converted;
    }

    norm_weights norm(const std::string & name, int64_t n) { return { tensor(name + ".weight", { n }), tensor(name + ".bias", { n }) }; }

    linear_weights linear(const std::string & name, int64_t n_out, int64_t n_in, bool has_bias) {
        return { tensor(name + ".weight", { n_out, n_in }), bias(name, n_out, has_bias) };
    }

    // Reads a convolution whose kernel has the length 1. The file has it as [n_out, 1, n_in].
    linear_weights pointwise(const std::string & name, int64_t n_out, int64_t n_in, bool has_bias) {
        const mx::array weight = tensor(name + ".weight", { n_out, 1, n_in });
        return { mx::reshape(weight, { static_cast<int32_t>(n_out), static_cast<int32_t>(n_in) }), bias(name, n_out, has_bias) };
    }

    // Reads a batch normalisation. In a trained model, its means and variances are constants.
    affine_weights batch_norm(const std::string & name, int64_t n) {
        constexpr float epsilon  = 1e-5f;
        const auto      constant = [&](const char * part) { return mx::astype(tensor(name + part, { n }), mx::float32); };
        const mx::array scale    = mx::multiply(constant(".weight"), mx::rsqrt(mx::add(constant(".running_var"), mx::array(epsilon))));
        affine_weights  found    = { scale, mx::subtract(constant(".bias"), mx::multiply(constant(".running_mean"), scale)) };
        mx::eval(found.scale, found.shift);
        return found;
    }

    std::optional<mx::array> bias(const std::string & name, int64_t n, bool has_bias) {
        return has_bias ? std::optional(tensor(name + ".bias", { n })) : std::nullopt;
    }

  private:
    static model_file find_weights(const model_files & files) {
        std::optional<model_file> file = files.find("model.safetensors");
        if (!file) {
            reject_model("its folder has no model.safetensors");
        }
        return std::move(*file);
    }

    const mx::Dtype type_;
    model_file      file_;
    tensor_table    table_;
};

inline mx::array apply(const linear_weights & w, const mx::array & x) {
    return w.bias ? mx::addmm(*w.bias, x, mx::transpose(w.weight)) : mx::matmul(x, mx::transpose(w.weight));
}

inline mx::array apply(const norm_weights & w, const mx::array & x) {
    constexpr float epsilon = 1e-5f;
    return mx::fast::layer_norm(x, w.weight, w.bias, epsilon);
}

inline mx::array apply(const affine_weights & w, const mx::array & x) {
    return mx::add(mx::multiply(x, w.scale), w.shift);
}

} // namespace asr::parakeet

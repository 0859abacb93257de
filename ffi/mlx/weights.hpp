// weights.hpp: reads the weights of a Whisper model for MLX, and converts them to the type in which the network computes.
#pragma once

namespace asr {

// A matrix [n_out, n_in] with an optional bias. Quantised weights stay quantised only on a GPU, because MLX's quantised
// products are slow on a CPU.
struct linear_weights {
    mx::array                weight;
    std::optional<mx::array> scales, biases; // only if the weight is quantised
    std::optional<mx::array> bias;
};

struct norm_weights {
    mx::array weight;
    mx::array bias;
};

class weight_reader {
  public:
    // `type` is the type in which the network computes. `keeps_quantised` means that quantised matrices are not converted.
    weight_reader(const model_files & files, const model_config & config, mx::Dtype type, bool keeps_quantised)
        : config_(config), type_(type), keeps_quantised_(keeps_quantised), file_(find_weights(files)),
          table_(file_.name().ends_with(".npz") ? npz_reader(file_).list() : list_safetensors(file_)) {}

    mx::array tensor(const std::string & name, const std::vector<int64_t> & shape) {
        return convert(entry(name, shape, is_floating));
    }

    norm_weights norm(const std::string & name, int64_t n) {
        return { tensor(name + ".weight", { n }), tensor(name + ".bias", { n }) };
    }

    linear_weights linear(const std::string & name, int64_t n_out, int64_t n_in, bool has_bias) {
        std::optional<mx::array> bias;
        if (has_bias) {
            bias = tensor(name + ".bias", { n_out });
        }
        if (!config_.is_quantised() || !table_.entries.contains(name + ".scales")) {
            return { tensor(name + ".weight", { n_out, n_in }), std::nullopt, std::nullopt, std::move(bias) };
        }
        if (n_in % config_.group_size != 0) {
            reject_model(name + " is quantised in groups that do not fit");
        }
        const int64_t n_groups = n_in / config_.group_size;
        const auto    is_packed = [](mx::Dtype type) { return type == mx::uint32; };
        mx::array     packed   = read(entry(name + ".weight", { n_out, n_in * config_.bits / 32 }, is_packed));
        mx::array     scales   = convert(entry(name + ".scales", { n_out, n_groups }, is_floating));
        mx::array     biases   = convert(entry(name + ".biases", { n_out, n_groups }, is_floating));
        if (keeps_quantised_) {
            return { std::move(packed), std::move(scales), std::move(biases), std::move(bias) };
        }
        mx::array weight = mx::dequantize(packed, scales, biases, config_.group_size, config_.bits);
        weight.eval();
        return { std::move(weight), std::nullopt, std::nullopt, std::move(bias) };
    }

    // Returns the heads that the file names for word times. Older files name none.
    attention_heads alignment_heads() {
        const auto found = table_.entries.find("alignment_heads");
        if (found == table_.entries.end()) {
            const attention_heads heads = published_heads(config_);
            return has_heads(config_, heads) ? heads : upper_heads(config_);
        }
        const tensor_entry & entry = found->second;
        if (entry.shape.size() != 2 || entry.shape[1] != 2 || entry.shape[0] > 4096 || !mx::issubdtype(entry.type, mx::integer)) {
            reject_model("its alignment_heads are no list of layers and heads");
        }
        const mx::array numbers = mx::astype(read(entry), mx::int32);
        mx::array       plain   = mx::contiguous(numbers);
        plain.eval();
        attention_heads heads;
        for (int64_t i = 0; i < entry.shape[0]; ++i) {
            heads.push_back({ plain.data<int32_t>()[2 * i], plain.data<int32_t>()[2 * i + 1] });
        }
        if (!has_heads(config_, heads)) {
            reject_model("it names alignment_heads that its decoder does not have");
        }
        return heads;
    }

  private:
    using type_check = bool (*)(mx::Dtype);

    static bool is_floating(mx::Dtype type) { return mx::issubdtype(type, mx::floating); }

    static model_file find_weights(const model_files & files) {
        for (const char * name : { "weights.safetensors", "weights.npz" }) {
            if (std::optional<model_file> file = files.find(name)) {
                return std::move(*file);
            }
        }
        reject_model("its folder has no weights.safetensors and no weights.npz");
    }

    // Finds a tensor, and checks its dimensions and its type before any of its bytes are read.
    const tensor_entry & entry(const std::string & name, const std::vector<int64_t> & shape, type_check accepts) const {
        const auto found = table_.entries.find(name);
        if (found == table_.entries.end()) {
            reject_model(file_.name() + " has no " + name + ", so it is incomplete or of another kind of model");
        }
        if (found->second.shape != shape || !accepts(found->second.type)) {
            reject_model("the dimensions or the type of " + name + " do not match config.json");
        }
        return found->second;
    }

    mx::array read(const tensor_entry & entry) {
        std::unique_ptr<void, decltype(&std::free)> bytes(std::malloc(static_cast<size_t>(std::max<int64_t>(1, entry.bytes))), std::free);
        if (bytes == nullptr) {
            throw std::bad_alloc();
        }
        file_.read(entry.offset, bytes.get(), entry.bytes);
        mx::Shape shape;
        for (const int64_t n : entry.shape) {
            shape.push_back(static_cast<mx::ShapeElem>(n));
        }
        return mx::array(bytes.release(), std::move(shape), entry.type, std::free);
    }

    // Reads a tensor and converts it at once, so that only one tensor is in memory twice.
    mx::array convert(const tensor_entry & entry) {
        mx::array converted = mx::astype(read(entry), type_);
        converted.eval();
        return converted;
    }

    const model_config & config_;
    const mx::Dtype      type_;
    const bool           keeps_quantised_;
    model_file           file_;
    tensor_table         table_;
};

} // namespace asr

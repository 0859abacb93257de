// encoder_output.cpp: prints values of the output of a Whisper encoder on MLX, which asr.h does not return.
// test/parity/mlx-whisper.test.ts compares them with those of mlx-whisper.
//
// Usage: mlx_encoder_output MODEL FEATURES.f32 STRIDE. FEATURES.f32 has a whole window. Prints each STRIDE-th value.

#include "mlx.cpp"

#include <cstdio>

int main(int argc, char ** argv) {
    if (argc != 4) {
        return 2;
    }
    std::ifstream      file(argv[2], std::ios::binary);
    std::vector<float> features(std::filesystem::file_size(argv[2]) / sizeof(float));
    file.read(reinterpret_cast<char *>(features.data()), static_cast<std::streamsize>(features.size() * sizeof(float)));

    asr_model_options options = {};
    options.path              = argv[1];
    options.threads           = 1;
    const model_files files(options);
    const auto        model         = whisper::load_model(files, read_config_json(files), options);
    auto &            whisper_model = static_cast<whisper::model &>(*model);

    asr_chunk chunk = {};
    chunk.input     = features.data();
    chunk.n_input   = static_cast<int64_t>(features.size()) / whisper_model.config.n_mels;
    chunk.window_s  = whisper_model.info().window_max_s;
    chunk.threads   = 1;
    whisper::lane lane(whisper_model);
    whisper_model.owner.run([&] {
        const mx::array & output = whisper::encode(lane, chunk).output;
        for (size_t i = 0; i < output.size(); i += static_cast<size_t>(std::atoi(argv[3]))) {
            std::printf("%.6f\n", static_cast<double>(output.data<float>()[i]));
        }
    });
}

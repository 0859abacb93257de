/*
 * main.c: tests an engine library by calling it through asr.h from C. The sanitizers check its memory accesses. The
 * tests use invalid models, invalid arguments, every call that the model supports, several chunks or streams in one
 * call, two lanes in two threads, and a cancel during a call. backend.case.ts tests the results of the engine.
 *
 * Usage: engine_test MODEL INPUT.f32 [BROKEN_MODEL...]. The input has at most 15 s of mono float32 samples or log-mel
 * features, depending on what the model takes.
 */
#include "engine_test.h"

#include <pthread.h>
#include <sanitizer/lsan_interface.h>
#include <string.h>
#include <sys/stat.h>

float * speech;
int64_t n_speech;

static char * read_file(const char * path, int64_t * size) {
    struct stat facts;
    if (stat(path, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        return NULL;
    }
    FILE * file  = fopen(path, "rb");
    CHECK(file != NULL);
    fseek(file, 0, SEEK_END);
    *size        = ftell(file);
    char * bytes = malloc((size_t) *size + 1);
    rewind(file);
    CHECK(fread(bytes, 1, (size_t) *size, file) == (size_t) *size);
    fclose(file);
    return bytes;
}

static void refuse_broken(char ** paths, int n) {
    for (int i = 0; i < n; ++i) {
        asr_model *       model   = NULL;
        asr_model_options options = { .path = paths[i], .threads = 1 };
        CHECK(asr_model_load(&options, &model) == ASR_STATUS_BAD_MODEL);
        fprintf(stderr, "refused: %s\n", asr_last_error());
    }
}

static void refuse_models(const char * path) {
    asr_model *       model   = NULL;
    asr_model_options options = { .path = "/nowhere/at/all", .threads = 1 };
    CHECK(asr_model_load(&options, &model) == ASR_STATUS_BAD_MODEL);
    CHECK(asr_model_load(NULL, &model) == ASR_STATUS_BAD_ARGUMENT);

    int64_t size  = 0;
    char *  bytes = read_file(path, &size);
    if (bytes == NULL) {
        return; /* the models of this engine are not files */
    }
    options = (asr_model_options){ .data = bytes, .data_size = size, .threads = 1 };
    const asr_status whole = asr_model_load(&options, &model);
    if (whole == ASR_STATUS_UNSUPPORTED) {
        free(bytes);
        return; /* this engine loads models only by their paths */
    }
    CHECK(whole == ASR_STATUS_OK);
    asr_model_free(model);
    const int64_t cuts[] = { 1, 40, 56, 1000, 300000, size / 2, size - 1 };
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); ++i) {
        char * part = malloc((size_t) cuts[i]); /* exactly this size, so that ASan reports a read beyond the end */
        memcpy(part, bytes, (size_t) cuts[i]);
        options = (asr_model_options){ .data = part, .data_size = cuts[i], .threads = 1 };
        CHECK(asr_model_load(&options, &model) == ASR_STATUS_BAD_MODEL);
        free(part);
    }
    for (int32_t at = 4; at < 56; at += 4) { /* sets each number of the header to an impossible value */
        const int32_t huge = 0x7fffffff;
        char          kept[4];
        memcpy(kept, bytes + at, 4);
        memcpy(bytes + at, &huge, 4);
        options = (asr_model_options){ .data = bytes, .data_size = size, .threads = 1 };
        CHECK(asr_model_load(&options, &model) != ASR_STATUS_OK);
        memcpy(bytes + at, kept, 4);
    }
    free(bytes);
}

/* Checks that calls of groups that the model does not support fail with ASR_STATUS_UNSUPPORTED. */
static void refuse_other_groups(asr_lane * lane, int32_t groups) {
    asr_chunk                chunk   = { .input = speech, .n_input = n_speech, .threads = 1 };
    const asr_stream_options options = { .threads = 1 };
    asr_stream *             stream  = NULL;
    const asr_stream_input   input   = { 0 };
    if (!(groups & ASR_GROUP_PROMPTED)) {
        CHECK(asr_lane_detect_language(lane, &chunk, 1) == ASR_STATUS_UNSUPPORTED);
        CHECK(asr_lane_decode(lane, &chunk, 1) == ASR_STATUS_UNSUPPORTED);
        CHECK(asr_lane_align(lane, &chunk, 1) == ASR_STATUS_UNSUPPORTED);
    }
    if (!(groups & ASR_GROUP_RECOGNIZE)) {
        CHECK(asr_lane_recognize(lane, &chunk, 1) == ASR_STATUS_UNSUPPORTED);
    }
    if (!(groups & ASR_GROUP_STREAM)) {
        CHECK(asr_stream_open(lane, &options, &stream) == ASR_STATUS_UNSUPPORTED && stream == NULL);
        CHECK(asr_stream_feed(lane, &input, 1) == ASR_STATUS_UNSUPPORTED);
        asr_stream_close(NULL);
    }
    CHECK(strlen(asr_last_error()) > 0);
}

static thread_work use_groups(const asr_model * model, asr_lane * const lanes[2], int32_t groups) {
    thread_work work = NULL;
    refuse_other_groups(lanes[0], groups);
    if (groups & ASR_GROUP_PROMPTED) {
        work = use_prompted(model, lanes[0]);
    }
    if (groups & ASR_GROUP_RECOGNIZE) {
        work = use_recognize(lanes[0]);
    }
    if (groups & ASR_GROUP_STREAM) {
        work = use_stream(lanes[0], lanes[1]);
    }
    CHECK(work != NULL);
    return work;
}

int main(int argc, char ** argv) {
    CHECK(argc >= 3);
    int64_t size = 0;
    speech       = (float *) (void *) read_file(argv[2], &size);
    CHECK(speech != NULL && asr_abi_version() == ASR_ABI_VERSION);

    /* The leak check is off here, because whisper.cpp leaks the buffers of a model that it rejects during the load.
     * This leak does not matter, because a runner ends after such a load. */
    __lsan_disable();
    refuse_models(argv[1]);
    __lsan_enable();
    refuse_broken(argv + 3, argc - 3);
    asr_model *       model   = NULL;
    asr_lane *        lanes[2] = { NULL, NULL };
    asr_model_options options = { .path = argv[1], .threads = 1 };
    CHECK(asr_model_load(&options, &model) == ASR_STATUS_OK);
    CHECK(asr_lane_open(model, &lanes[0]) == ASR_STATUS_OK && asr_lane_open(model, &lanes[1]) == ASR_STATUS_OK);
    asr_model_info info;
    CHECK(asr_model_get_info(model, &info) == ASR_STATUS_OK);
    const int64_t n_bands = info.input == ASR_INPUT_LOG_MEL_80 ? 80 : info.input == ASR_INPUT_LOG_MEL_128 ? 128 : 1;
    n_speech              = size / (int64_t) sizeof(float) / n_bands;

    const thread_work work = use_groups(model, lanes, info.groups);
    pthread_t         threads[2];
    for (int i = 0; i < 2; ++i) {
        CHECK(pthread_create(&threads[i], NULL, work, lanes[i]) == 0);
    }
    for (int i = 0; i < 2; ++i) {
        pthread_join(threads[i], NULL);
        asr_lane_close(lanes[i]);
    }
    asr_lane_close(NULL);
    asr_model_free(model);
    asr_model_free(NULL);
    free(speech);
    puts("ok");
    return 0;
}

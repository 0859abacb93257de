/* prompted.c: tests the calls in the group `prompted`. */
#include "engine_test.h"

#include <math.h>
#include <pthread.h>
#include <time.h>

static asr_chunk new_chunk(void) {
    asr_chunk chunk  = { 0 };
    chunk.input      = speech;
    chunk.n_input    = n_speech;
    chunk.window_s   = 15.36f;
    chunk.timestamps = 1;
    chunk.beam_size  = 3;
    chunk.best_of    = 2;
    chunk.threads    = 1;
    return chunk;
}

static void refuse_arguments(asr_lane * lane) {
    float     broken[] = { 0.0f, NAN };
    int32_t   token    = 1 << 30;
    asr_chunk chunk    = new_chunk();
    chunk.input        = broken;
    chunk.n_input      = 2;
    CHECK(asr_lane_decode(lane, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
    chunk          = new_chunk();
    chunk.prompt   = &token;
    chunk.n_prompt = 1;
    CHECK(asr_lane_decode(lane, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
    chunk           = new_chunk();
    chunk.beam_size = 100;
    CHECK(asr_lane_decode(lane, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_decode(lane, NULL, 1) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_decode(NULL, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
    asr_result result;
    CHECK(asr_lane_get_result(lane, 99, &result) == ASR_STATUS_BAD_ARGUMENT);
}

static int32_t decode(asr_lane * lane, asr_chunk chunk, asr_token * tokens, int32_t capacity) {
    CHECK(asr_lane_decode(lane, &chunk, 1) == ASR_STATUS_OK);
    const int32_t n = asr_lane_get_tokens(lane, 0, tokens, capacity);
    CHECK(n > 0 && n <= capacity);
    return n;
}

static void use_every_call(const asr_model * model, asr_lane * lane) {
    enum { capacity = 512 };
    asr_model_info info;
    asr_token      tokens[capacity];
    int32_t        text[capacity];
    CHECK(asr_model_get_info(model, &info) == ASR_STATUS_OK);
    CHECK(asr_model_get_language(model, info.n_languages) == NULL);

    asr_chunk chunk = new_chunk();
    chunk.id        = 1;
    if (info.capabilities & ASR_CAPABILITY_DETECT_LANGUAGE) {
        float probs[200];
        CHECK(asr_lane_detect_language(lane, &chunk, 1) == ASR_STATUS_OK);
        CHECK(asr_lane_get_language_probs(lane, 0, probs, 200) == info.n_languages);
    }
    const int32_t n      = decode(lane, chunk, tokens, capacity);
    int32_t       n_text = 0;
    for (int32_t i = 0; i < n; ++i) {
        if (tokens[i].id < info.token_text_end) {
            text[n_text++] = tokens[i].id;
        }
    }
    chunk.tokens   = text;
    chunk.n_tokens = n_text;
    CHECK(asr_lane_align(lane, &chunk, 1) == ASR_STATUS_OK);
    CHECK(asr_lane_get_tokens(lane, 0, tokens, capacity) == n_text);

    chunk             = new_chunk();
    chunk.prompt      = text;
    chunk.n_prompt    = n_text;
    chunk.temperature = 0.8f;
    decode(lane, chunk, tokens, capacity);
    chunk         = new_chunk();
    chunk.n_input = 1;
    chunk.threads = 2;
    decode(lane, chunk, tokens, capacity);
}

/* Makes one call with five chunks. Two chunks are equal, one has another temperature, one is invalid, and one is
 * already cancelled. */
static void decode_batch(asr_lane * lane) {
    enum { n = 5 };
    const int32_t wrong     = 1 << 30;
    const int32_t cancelled = 1;
    asr_chunk     chunks[n];
    for (int32_t i = 0; i < n; ++i) {
        chunks[i]    = new_chunk();
        chunks[i].id = 100 + i;
    }
    chunks[1].temperature = 0.5f;
    chunks[2].cancel      = &cancelled;
    chunks[3].prompt      = &wrong;
    chunks[3].n_prompt    = 1;
    CHECK(asr_lane_decode(lane, chunks, n) == ASR_STATUS_CANCELLED);
    const asr_status expected[n] = { ASR_STATUS_OK, ASR_STATUS_OK, ASR_STATUS_CANCELLED, ASR_STATUS_BAD_ARGUMENT, ASR_STATUS_OK };
    asr_result       results[n];
    for (int32_t i = 0; i < n; ++i) {
        CHECK(asr_lane_get_result(lane, i, &results[i]) == ASR_STATUS_OK);
        CHECK(results[i].status == expected[i]);
    }
    CHECK(results[0].n_tokens > 0 && results[0].n_tokens == results[4].n_tokens);
    CHECK(fabsf(results[0].avg_logprob - results[4].avg_logprob) < 1e-3f);
}

static void * decode_in_thread(void * lane) {
    asr_token tokens[512];
    decode(lane, new_chunk(), tokens, 512);
    return NULL;
}

static volatile int32_t cancel_word;

static int64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void * set_cancel(void * after_ns) {
    const int64_t         ns   = *(const int64_t *) after_ns;
    const struct timespec wait = { ns / 1000000000, ns % 1000000000 };
    nanosleep(&wait, NULL);
    cancel_word = 1;
    return NULL;
}

/* Makes a decode call. Another thread cancels its first chunk after `after_ns` nanoseconds. */
static asr_status decode_cancelled(asr_lane * lane, asr_chunk * chunks, int32_t n, int64_t after_ns) {
    pthread_t thread;
    cancel_word      = 0;
    chunks[0].cancel = &cancel_word;
    CHECK(pthread_create(&thread, NULL, set_cancel, &after_ns) == 0);
    const asr_status status = asr_lane_decode(lane, chunks, n);
    pthread_join(thread, NULL);
    CHECK(status == ASR_STATUS_OK || status == ASR_STATUS_CANCELLED);
    return status;
}

/* Cancels one chunk. At first, the call has only this chunk. Later, the call has a second chunk, which continues.
 * The time of the cancel varies, so that the cancel reaches each stage of the work. */
static void cancel_in_the_middle(asr_lane * lane) {
    enum { n_moments = 8 };
    for (int32_t n = 1; n <= 2; ++n) {
        asr_chunk chunks[2] = { new_chunk(), new_chunk() };
        const int64_t start = now_ns();
        CHECK(asr_lane_decode(lane, chunks, n) == ASR_STATUS_OK);
        const int64_t takes_ns    = now_ns() - start;
        int32_t       n_cancelled = 0;
        for (int64_t moment = 0; moment < n_moments; ++moment) {
            const asr_status status = decode_cancelled(lane, chunks, n, takes_ns * moment / n_moments);
            asr_result       results[2];
            for (int32_t i = 0; i < n; ++i) {
                CHECK(asr_lane_get_result(lane, i, &results[i]) == ASR_STATUS_OK);
                CHECK(results[i].status == (i == 0 ? status : ASR_STATUS_OK));
                CHECK((results[i].n_tokens > 0) == (results[i].status == ASR_STATUS_OK));
            }
            n_cancelled += status == ASR_STATUS_CANCELLED ? 1 : 0;
        }
        CHECK(n_cancelled > 1 || takes_ns < 50 * 1000 * 1000); /* the null engine may finish before the cancel */
    }
}

thread_work use_prompted(const asr_model * model, asr_lane * lane) {
    refuse_arguments(lane);
    use_every_call(model, lane);
    decode_batch(lane);
    cancel_in_the_middle(lane);
    return decode_in_thread;
}

/* recognize.c: tests the calls in the group `recognize`. */
#include "engine_test.h"

#include <string.h>

/* Makes one call with four chunks: two equal chunks, one that is already cancelled, and one that is shorter. */
static void recognize_batch(asr_lane * lane) {
    enum { n = 4, capacity = 512 };
    const int32_t cancelled = 1;
    asr_chunk     chunks[n];
    for (int32_t i = 0; i < n; ++i) {
        chunks[i] = (asr_chunk){ .input = speech, .n_input = n_speech, .id = 200 + i, .language = -1, .beam_size = 1, .threads = 1 };
    }
    chunks[1].cancel  = &cancelled;
    chunks[2].n_input = 1;
    CHECK(asr_lane_recognize(lane, chunks, n) == ASR_STATUS_CANCELLED);
    asr_result results[n];
    asr_token  tokens[2][capacity];
    for (int32_t i = 0; i < n; ++i) {
        CHECK(asr_lane_get_result(lane, i, &results[i]) == ASR_STATUS_OK);
        CHECK(results[i].status == (i == 1 ? ASR_STATUS_CANCELLED : ASR_STATUS_OK));
    }
    CHECK(results[0].n_tokens > 0 && results[1].n_tokens == 0 && results[0].is_complete == 1);
    CHECK(asr_lane_get_tokens(lane, 0, tokens[0], capacity) == results[0].n_tokens);
    CHECK(asr_lane_get_tokens(lane, 3, tokens[1], capacity) == results[0].n_tokens);
    CHECK(memcmp(tokens[0], tokens[1], sizeof(asr_token) * (size_t) results[0].n_tokens) == 0);
    CHECK(asr_lane_get_tokens(lane, n, tokens[0], capacity) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_get_text(lane, 0, NULL, 0) == 0 && asr_lane_get_text(lane, n, NULL, 0) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_get_tokens(lane, 0, tokens[0], results[0].n_tokens - 1) == results[0].n_tokens);
}

static void refuse_to_recognize(asr_lane * lane) {
    asr_chunk chunk = { .input = speech, .n_input = n_speech, .beam_size = 1 };
    CHECK(asr_lane_recognize(lane, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT); /* `chunk.threads` is not set */
    chunk.threads = 1;
    CHECK(asr_lane_recognize(lane, &chunk, 0) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_recognize(lane, NULL, 1) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_lane_recognize(NULL, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
    chunk.input = NULL;
    CHECK(asr_lane_recognize(lane, &chunk, 1) == ASR_STATUS_BAD_ARGUMENT);
}

static void * recognize_in_thread(void * lane) {
    asr_chunk chunk = { .input = speech, .n_input = n_speech, .beam_size = 1, .threads = 1 };
    CHECK(asr_lane_recognize(lane, &chunk, 1) == ASR_STATUS_OK);
    return NULL;
}

thread_work use_recognize(asr_lane * lane) {
    refuse_to_recognize(lane);
    recognize_batch(lane);
    return recognize_in_thread;
}

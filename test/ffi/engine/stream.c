/* stream.c: tests the calls in the group `stream`. */
#include "engine_test.h"

static asr_stream * open_stream(asr_lane * lane) {
    const asr_stream_options options = { .language = -1, .threads = 1 };
    asr_stream *             stream  = NULL;
    CHECK(asr_stream_open(lane, &options, &stream) == ASR_STATUS_OK && stream != NULL);
    return stream;
}

/* Passes audio to several streams in each call, one piece at a time. Cancels the last stream in the middle of the
 * audio. */
static void feed_batch(asr_lane * lane) {
    enum { n = 3, n_pieces = 8, capacity = 512 };
    const int32_t cancelled   = 1;
    const int64_t n_piece     = n_speech / n_pieces;
    int32_t       n_tokens[n] = { 0 };
    asr_stream *  streams[n];
    for (int32_t i = 0; i < n; ++i) {
        streams[i] = open_stream(lane);
    }
    for (int32_t piece = 0; piece < n_pieces; ++piece) {
        const int32_t    is_late   = piece > n_pieces / 2;
        const int32_t    is_last   = piece == n_pieces - 1;
        asr_stream_input inputs[n] = { { 0 } };
        for (int32_t i = 0; i < n; ++i) {
            inputs[i] = (asr_stream_input){ .stream = streams[i], .input = speech + piece * n_piece, .n_input = n_piece, .is_last = is_last };
        }
        inputs[n - 1].cancel = piece == n_pieces / 2 ? &cancelled : NULL;
        const int32_t    n_fed  = is_late ? n - 1 : n;
        const asr_status status = asr_stream_feed(lane, inputs, n_fed);
        CHECK(status == (inputs[n - 1].cancel != NULL ? ASR_STATUS_CANCELLED : ASR_STATUS_OK));
        for (int32_t i = 0; i < n_fed; ++i) {
            asr_token  tokens[capacity];
            asr_result result;
            CHECK(asr_lane_get_result(lane, i, &result) == ASR_STATUS_OK);
            CHECK(result.status == (inputs[i].cancel != NULL ? ASR_STATUS_CANCELLED : ASR_STATUS_OK));
            CHECK(asr_lane_get_tokens(lane, i, tokens, capacity) == result.n_tokens);
            CHECK(result.is_complete == is_last);
            n_tokens[i] += result.n_tokens;
        }
        if (is_late) {
            CHECK(asr_stream_feed(lane, inputs, n) == ASR_STATUS_BAD_ARGUMENT); /* a cancelled stream can only be closed */
            CHECK(asr_stream_feed(lane, &inputs[n - 1], 1) == ASR_STATUS_BAD_ARGUMENT);
        }
    }
    CHECK(n_tokens[0] > 0 && n_tokens[0] == n_tokens[1]);
    for (int32_t i = 0; i < n; ++i) {
        asr_stream_close(streams[i]);
    }
    asr_stream_close(NULL);
}

static void refuse_streams(asr_lane * lane, asr_lane * other) {
    asr_stream_options options = { .language = -1 };
    asr_stream *       stream  = NULL;
    CHECK(asr_stream_open(lane, &options, &stream) == ASR_STATUS_BAD_ARGUMENT); /* `threads` is not set */
    CHECK(asr_stream_open(lane, NULL, &stream) == ASR_STATUS_BAD_ARGUMENT);
    options.threads = 1;
    CHECK(asr_stream_open(NULL, &options, &stream) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_stream_open(lane, &options, NULL) == ASR_STATUS_BAD_ARGUMENT);

    stream                          = open_stream(lane);
    const asr_stream_input twice[2] = { { .stream = stream, .input = speech, .n_input = 100 }, { .stream = stream } };
    CHECK(asr_stream_feed(lane, twice, 2) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_stream_feed(lane, twice, 0) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_stream_feed(lane, NULL, 1) == ASR_STATUS_BAD_ARGUMENT);
    CHECK(asr_stream_feed(other, twice, 1) == ASR_STATUS_BAD_ARGUMENT); /* the stream belongs to another lane */
    CHECK(asr_stream_feed(NULL, twice, 1) == ASR_STATUS_BAD_ARGUMENT);
    asr_stream_input broken = { .stream = stream, .n_input = 1 };
    CHECK(asr_stream_feed(lane, &broken, 1) == ASR_STATUS_BAD_ARGUMENT); /* the samples are missing */
    broken.n_input = -1;
    CHECK(asr_stream_feed(lane, &broken, 1) == ASR_STATUS_BAD_ARGUMENT);
    broken = (asr_stream_input){ .input = speech, .n_input = 1 };
    CHECK(asr_stream_feed(lane, &broken, 1) == ASR_STATUS_BAD_ARGUMENT); /* the stream is missing */
    CHECK(asr_stream_feed(lane, twice, 1) == ASR_STATUS_OK);             /* the failed calls did not end the stream */
    asr_stream_close(stream);
}

static void * feed_in_thread(void * lane) {
    asr_stream *           stream = open_stream(lane);
    const asr_stream_input input  = { .stream = stream, .input = speech, .n_input = n_speech, .is_last = 1 };
    CHECK(asr_stream_feed(lane, &input, 1) == ASR_STATUS_OK);
    asr_stream_close(stream);
    return NULL;
}

thread_work use_stream(asr_lane * lane, asr_lane * other) {
    refuse_streams(lane, other);
    feed_batch(lane);
    return feed_in_thread;
}

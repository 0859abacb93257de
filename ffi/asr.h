/*
 * asr.h: defines the C interface between open-asr-server and every speech recognition engine.
 *
 *   model file -> asr_model_load -> asr_lane_open (one lane for each call that runs in parallel)
 *     prompted    -> asr_lane_detect_language | asr_lane_decode | asr_lane_align  (chunks of audio)
 *     recognize   -> asr_lane_recognize                                           (chunks of audio)
 *     stream      -> asr_stream_open -> asr_stream_feed, again and again          (audio in order) -> asr_stream_close
 *       -> accessors -> asr_lane_close -> asr_model_free
 *
 * The calls form groups. asr_model_info.groups lists the groups that a model supports. A call of another group returns
 * ASR_STATUS_UNSUPPORTED. Each engine is one shared library that exports exactly the functions of this file.
 *
 * The engine implements the work on single tokens: timestamp rules, suppression of tokens, beam search and sampling.
 * The caller implements the rest once for all engines: chunks, temperature fallback, filters, words and text.
 *
 * Conventions
 *   - Audio is mono float32 in [-1, 1]. Times are seconds from the start of the chunk or of the stream. Each model
 *     defines its own token ids.
 *   - A function that can fail returns an asr_status. If a function returns a number, a negative number is an
 *     asr_status and means that the function failed. After a failure, asr_last_error() describes the problem and the
 *     expected value. Functions never throw an exception, install a signal handler or call exit().
 *   - Handles are opaque. Each kind of handle has one function that frees it. Call this function only once, and never
 *     while another call uses the handle.
 *   - Structs are passed by pointer. After a call has returned, the engine no longer uses the struct or the pointers in
 *     it. Structs have only plain fields, so a caller in another language can write them into memory. Numbers in
 *     brackets are the offsets of fields in bytes on 64-bit targets. Fields named `reserved` must be 0.
 *   - Threads: any number of lanes may use one model at the same time. Only one thread at a time may use a lane and its
 *     streams. Calls on lanes block. While asr_model_load or asr_model_free runs, no other call may use that model.
 */
#ifndef ASR_H
#define ASR_H

#include <stdint.h>

#if defined(_WIN32)
#define ASR_API __declspec(dllexport)
#else
#define ASR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this file. Increase it with every incompatible change. The caller checks it before all other calls. */
#define ASR_ABI_VERSION 8

typedef int32_t asr_status;

enum {
    ASR_STATUS_OK            = 0,
    ASR_STATUS_BAD_ARGUMENT  = -1, /* the caller violated a rule of this file */
    ASR_STATUS_BAD_MODEL     = -2, /* the model file is damaged, has an unknown version or is for another engine */
    ASR_STATUS_UNSUPPORTED   = -3, /* the request is valid, but this engine or this model cannot carry it out */
    ASR_STATUS_OUT_OF_MEMORY = -4,
    ASR_STATUS_CANCELLED     = -5, /* the cancel flag was set; the lane can still be used */
    ASR_STATUS_INTERNAL      = -6, /* the engine failed; the lane can still be used unless asr_last_error() says
                                      otherwise */
};

ASR_API int32_t asr_abi_version(void);

/*
 * Returns the engine's name and version, and the CPU features that the engine uses. The string is static and never
 * NULL.
 */
ASR_API const char * asr_engine_description(void);

/*
 * Returns the error message of the last call on this thread; "" if that call succeeded. The string is valid until the
 * next call on this thread.
 */
ASR_API const char * asr_last_error(void);

/* ---- model ---------------------------------------------------------------------------------------------------- */

typedef struct asr_model asr_model;

enum {
    ASR_DEVICE_CPU = 0,
    ASR_DEVICE_GPU = 1, /* a GPU (Metal or CUDA) if the library was built for one; otherwise UNSUPPORTED */
};

/* The content of a file of a model, for a model that consists of a folder with several files. */
typedef struct asr_model_file {
    const char * name; /* [0]  file name in the folder */
    const void * data; /* [8]  must stay valid until the load returns */
    int64_t      size; /* [16] number of bytes in `data` */
} asr_model_file;      /* 24 bytes */

typedef struct asr_model_options {
    const char *           path;         /* [0]  UTF-8 path of the model's file or folder; NULL if `data` or `files` is set */
    const void *           data;         /* [8]  content of the model file; must stay valid until the load returns; NULL if `path` or
                                                 `files` is set */
    int64_t                data_size;    /* [16] number of bytes in `data` */
    int32_t                device;       /* [24] ASR_DEVICE_* */
    int32_t                threads;      /* [28] number of CPU threads that asr_model_load may use, at least 1; an
                                                 engine that divides threads among its lanes uses at most this number
                                                 for all of them together */
    const char *           compute_type; /* [32] name of the number format in which the engine computes; NULL: the engine
                                                 chooses the format. UNSUPPORTED if this CPU does not support the format, or if the
                                                 engine always computes in the format of the model file */
    const asr_model_file * files;        /* [40] the files of the model's folder; NULL if `path` or `data` is set */
    int64_t                n_files;      /* [48] number of `files` */
} asr_model_options;                     /* 56 bytes */

enum {
    ASR_INPUT_PCM_16K     = 0, /* samples at 16 kHz */
    ASR_INPUT_LOG_MEL_80  = 1, /* [80, n_frames] log-mel features, 100 frames per second */
    ASR_INPUT_LOG_MEL_128 = 2, /* [128, n_frames] */
    ASR_INPUT_PCM_24K     = 3, /* samples at 24 kHz */
};

/* Bits of asr_model_info.groups: the groups of calls that a model supports. At least one bit is set. */
enum {
    ASR_GROUP_PROMPTED  = 1 << 0, /* the calls detect_language, decode and align, for models whose decoder takes a
                                     prompt (Whisper) */
    ASR_GROUP_RECOGNIZE = 1 << 1, /* the call recognize, for models that return the text of each chunk in one step,
                                     usually as tokens with times (transducers, CTC) */
    ASR_GROUP_STREAM    = 1 << 2, /* the calls asr_stream_*, for models that keep state between pieces of audio
                                     (Kyutai) */
};

/* Bits of asr_model_info.capabilities: the optional features of a model. */
enum {
    ASR_CAPABILITY_DETECT_LANGUAGE = 1 << 0, /* asr_lane_detect_language; recognize: asr_result.language is the detected
                                                language if asr_chunk.language is -1 */
    ASR_CAPABILITY_TRANSLATE       = 1 << 1, /* ASR_TASK_TRANSLATE */
    ASR_CAPABILITY_PROMPT          = 1 << 2, /* asr_chunk.prompt */
    ASR_CAPABILITY_ALIGN           = 1 << 3, /* asr_lane_align */
    ASR_CAPABILITY_BEAM            = 1 << 4, /* beam search: asr_chunk.beam_size may be above 1 */
    ASR_CAPABILITY_TIMESTAMPS      = 1 << 5, /* asr_lane_decode can return timestamp tokens */
    ASR_CAPABILITY_TEMPERATURE     = 1 << 6, /* sampling: a temperature may be above 0 */
    ASR_CAPABILITY_TOKEN_TIMES     = 1 << 7, /* recognize returns tokens with times; without this capability it returns
                                                only a text, see asr_lane_get_text */
};

typedef struct asr_model_info {
    int32_t input;                 /* [0]  ASR_INPUT_*: kind of input in asr_chunk.input and asr_stream_input.input */
    int32_t capabilities;          /* [4]  ASR_CAPABILITY_* */
    int32_t n_vocab;               /* [8]  number of token ids; the ids are 0 .. n_vocab - 1 */
    int32_t n_languages;           /* [12] number of languages; 0: the model does not say which languages it knows */
    int32_t n_prompt_max;          /* [16] maximum number of tokens of a prompt; the engine drops the first tokens of
                                           a longer prompt; 0 without ASR_CAPABILITY_PROMPT */
    int32_t token_text_end;        /* [20] ids below this id are ids of text tokens */
    int32_t token_timestamp_begin; /* [24] id of the token for timestamp 0; -1 if the model has no timestamp tokens */
    float   timestamp_step_s;      /* [28] seconds from one timestamp id to the next id; 0 if the model has no
                                           timestamp tokens */
    float   window_max_s;          /* [32] maximum length of a chunk and of the encoder's window, in seconds; 0: the
                                           model does not accept chunks */
    float   window_step_s;         /* [36] step of asr_chunk.window_s in seconds; 0: the window is fixed */
    int32_t groups;                /* [40] ASR_GROUP_* */
    float   frame_s;               /* [44] resolution of token times in the groups recognize and stream, in seconds;
                                           0 if the model returns no token times */
} asr_model_info;                  /* 48 bytes */

/*
 * Reads a model into memory. On success, *model is a handle that asr_model_free() frees. Returns BAD_MODEL if the file
 * has another format, is truncated or declares impossible dimensions. Returns UNSUPPORTED if the engine does not
 * support the device or the compute type.
 */
ASR_API asr_status asr_model_load(const asr_model_options * options, asr_model ** model);

/* Frees a model. Close all of its lanes first. NULL is allowed. */
ASR_API void asr_model_free(asr_model * model);

ASR_API asr_status asr_model_get_info(const asr_model * model, asr_model_info * info);

/*
 * Returns the code of a language, as the model spells it; NULL if `index` is not below n_languages. The string is valid
 * until the model is freed. The caller must convert the code, because a model may use unusual codes. For example,
 * Whisper uses the withdrawn code "jw" for Javanese.
 */
ASR_API const char * asr_model_get_language(const asr_model * model, int32_t index);

/*
 * Copies the bytes of a token and returns their number. Copies nothing if their number exceeds `capacity`. The bytes of
 * a token may end inside a UTF-8 character, so join the bytes of all tokens before you decode them. Timestamp tokens
 * and control tokens have 0 bytes. In languages with spaces between words, the first token of a word starts with a
 * space.
 *
 * To convert a prompt to tokens, use byte-pair encoding with this vocabulary. Always join the pair whose joined token
 * has the lowest id (as OpenAI's tiktoken does).
 *
 * Returns BAD_ARGUMENT for an id outside the vocabulary.
 */
ASR_API int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity);

/* ---- lane ----------------------------------------------------------------------------------------------------- */

/*
 * A lane makes one call at a time on a model. It holds the memory that its calls need: activations, caches and the
 * state of the random number generator.
 */
typedef struct asr_lane asr_lane;

ASR_API asr_status asr_lane_open(asr_model * model, asr_lane ** lane);

/* Frees a lane. Close all of its streams first. NULL is allowed. */
ASR_API void asr_lane_close(asr_lane * lane);

enum {
    ASR_TASK_TRANSCRIBE = 0,
    ASR_TASK_TRANSLATE  = 1, /* translate into English; UNSUPPORTED without ASR_CAPABILITY_TRANSLATE */
};

/*
 * A piece of audio of at most window_max_s seconds, and the options for it. For detect_language, decode and align,
 * every field must be valid, even if the call does not use the field. recognize reads only input, n_input, cancel, id,
 * language, task and threads, and with ASR_CAPABILITY_BEAM also beam_size.
 */
typedef struct asr_chunk {
    const float *            input;       /* [0]  samples or features, as asr_model_info.input selects; all values
                                                  must be finite */
    int64_t                  n_input;     /* [8]  number of samples or frames, at least 1 */
    const volatile int32_t * cancel;      /* [16] flag that another thread sets to non-zero to stop this chunk; may
                                                  be NULL */
    const int32_t *          prompt;      /* [24] decode: tokens of the text that precedes the chunk */
    const int32_t *          tokens;      /* [32] align: text tokens for which align computes times */
    int32_t                  n_prompt;    /* [40] */
    int32_t                  n_tokens;    /* [44] */
    int64_t                  id;          /* [48] id of the audio; 0: no id. If the lane's last call had a chunk with
                                                  the same id and window_s, the engine may skip the encoder and use
                                                  the encoder's output from the last call */
    float                    window_s;    /* [56] length in seconds of the window that the encoder processes, at
                                                  least the length of the chunk; the engine rounds it up to a
                                                  multiple of window_step_s */
    int32_t                  language;    /* [60] index of the spoken language; recognize also accepts -1 for an
                                                  unknown language */
    int32_t                  task;        /* [64] ASR_TASK_* */
    int32_t                  timestamps;  /* [68] non-zero: decode also returns timestamp tokens */
    float                    temperature; /* [72] 0: beam search; above 0: the best of several sampled texts */
    int32_t                  beam_size;   /* [76] number of beams at temperature 0, from 1 (greedy) to 8 */
    int32_t                  best_of;     /* [80] number of sampled texts at a temperature above 0, from 1 to 8 */
    uint32_t                 seed;        /* [84] seed of the random numbers at a temperature above 0 */
    int32_t                  threads;     /* [88] number of CPU threads that the call may use, at least 1 */
    float                    remaining_s; /* [92] seconds of audio that the file of the chunk still has, with this
                                                  chunk; 0: unknown. If chunks wait for threads, an engine can compute
                                                  those of short files first */
} asr_chunk;                              /* 96 bytes */

/*
 * The result for one chunk or stream in the lane's last call. Fields that this call does not compute are 0, and
 * `language` is -1.
 */
typedef struct asr_result {
    asr_status status;         /* [0]  status of this chunk or stream; a failure does not affect other chunks or
                                       streams */
    int32_t    n_tokens;       /* [4]  decode: number of tokens without the end-of-text token; align: number of
                                       tokens with times; recognize: number of tokens of the chunk; stream: number of
                                       tokens that became final in this call */
    float      avg_logprob;    /* [8]  decode: mean log-probability of the n_tokens tokens and the end-of-text token:
                                       sum divided by n_tokens + 1; recognize, stream: mean log-probability of the
                                       n_tokens tokens, 0 if there are no tokens */
    float      no_speech_prob; /* [12] decode: probability of the no-speech token at the start of the transcript */
    float      window_s;       /* [16] detect_language, decode, align: length in seconds of the window that the
                                       encoder used */
    int32_t    is_complete;    /* [20] decode, recognize: 0 if the length limit cut off the text, otherwise 1;
                                       stream: 1 if is_last was set in this call, otherwise 0 */
    int32_t    language;       /* [24] recognize: index of the language that the model detected; -1: none */
} asr_result;                  /* 28 bytes */

typedef struct asr_token {
    int32_t id;      /* [0] */
    float   logprob; /* [4]  decode, recognize, stream: natural logarithm of the token's probability among the
                             allowed tokens, at temperature 1; recognize: NaN if the model computes no
                             probabilities */
    float   start_s; /* [8]  align, recognize, stream: start and end of the token in seconds */
    float   end_s;   /* [12] */
} asr_token;         /* 16 bytes */

/*
 * Each call below processes n >= 1 chunks or streams. An engine may process them together.
 *
 * Before the engine computes anything, it checks the arguments of all chunks or streams. If an argument is invalid, the
 * call returns BAD_ARGUMENT. Exception: the engine checks some arguments, such as token ids, only when it
 * processes the chunk.
 *
 * The call returns OK if all chunks or streams succeed. Otherwise, it returns the status of the first failure.
 * asr_lane_get_result() returns the status of each chunk or stream.
 */

/* ---- group prompted ------------------------------------------------------------------------------------------- */

/*
 * Computes the probability of each language. asr_lane_get_language_probs() returns the probabilities. UNSUPPORTED
 * without ASR_CAPABILITY_DETECT_LANGUAGE.
 */
ASR_API asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Converts audio to tokens with log-probabilities but without times. asr_lane_get_tokens() returns the tokens. */
ASR_API asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/*
 * Computes the times of the given text tokens from the decoder's attention to the audio. asr_lane_get_tokens() returns
 * the tokens with their times. UNSUPPORTED without ASR_CAPABILITY_ALIGN.
 */
ASR_API asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group recognize ------------------------------------------------------------------------------------------ */

/*
 * Converts audio to text tokens with log-probabilities and times. asr_lane_get_tokens() returns the tokens. Start times
 * never decrease. Without ASR_CAPABILITY_TOKEN_TIMES, the call returns no tokens, but a text.
 */
ASR_API asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group stream --------------------------------------------------------------------------------------------- */

/*
 * A continuous recording that a lane transcribes in order. A stream keeps its state between calls. A lane may have many
 * streams at the same time. Each stream uses its own memory.
 */
typedef struct asr_stream asr_stream;

typedef struct asr_stream_options {
    int32_t  language;    /* [0]  index of the spoken language; -1: any language */
    int32_t  task;        /* [4]  ASR_TASK_* */
    float    temperature; /* [8]  0: the stream selects the most likely token; above 0: the stream samples tokens at
                                  this temperature. UNSUPPORTED above 0 without ASR_CAPABILITY_TEMPERATURE */
    uint32_t seed;        /* [12] seed of the random numbers at a temperature above 0 */
    int32_t  threads;     /* [16] number of CPU threads that a call with this stream may use, at least 1 */
    int32_t  reserved;    /* [20] 0 */
} asr_stream_options;     /* 24 bytes */

/* Opens a stream. On success, *stream is a handle that asr_stream_close() frees. */
ASR_API asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream);

/* Frees a stream, even if the recording has not ended. The stream's lane must still be open. NULL is allowed. */
ASR_API void asr_stream_close(asr_stream * stream);

/* The next samples of one stream. */
typedef struct asr_stream_input {
    asr_stream *             stream;   /* [0]  a stream of this lane; a call may contain each stream only once */
    const float *            input;    /* [8]  samples, as asr_model_info.input selects; all values must be finite;
                                               may be NULL if n_input is 0 */
    int64_t                  n_input;  /* [16] number of samples, 0 or more; the stream keeps the last samples for
                                               the next call if they do not fill a step of the model */
    const volatile int32_t * cancel;   /* [24] flag that another thread sets to non-zero to stop this stream; may be
                                               NULL */
    int32_t                  is_last;  /* [32] non-zero: the recording ends with these samples. The call then returns
                                               all remaining tokens */
    int32_t                  reserved; /* [36] 0 */
} asr_stream_input;                    /* 40 bytes */

/*
 * Feeds samples to n different streams of one lane. asr_lane_get_tokens() then returns the tokens that became final in
 * this call. Its `index` is the index of the stream in `inputs`. A token may become final several calls after its audio
 * was fed. Token times are seconds from the start of the stream, and start times never decrease. The tokens do not
 * depend on how the samples are divided into calls. A token with an id of at least token_text_end marks the end of an
 * utterance, if the model predicts such ends.
 *
 * After a call with is_last, the caller can only close the stream. This is also the case after a cancel or a failure.
 * If the caller feeds the stream again, the call returns BAD_ARGUMENT.
 */
ASR_API asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n);

/* ---- accessors: the results of the lane's last call ----------------------------------------------------------- */

/*
 * Copies the result of chunk or stream `index`. Results are valid until the lane's next call; opening or closing a
 * stream does not change them. Returns BAD_ARGUMENT if the call had no chunk or stream with this index.
 */
ASR_API asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result);

/*
 * Copies the tokens of chunk or stream `index` and returns their number. Copies nothing if their number exceeds
 * `capacity`.
 */
ASR_API int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity);

/*
 * Copies the UTF-8 text of chunk `index` of asr_lane_recognize and returns its number of bytes. Copies nothing if their
 * number exceeds `capacity`. The text is empty if the model has ASR_CAPABILITY_TOKEN_TIMES.
 */
ASR_API int32_t asr_lane_get_text(const asr_lane * lane, int32_t index, uint8_t * bytes, int32_t capacity);

/*
 * Copies n_languages probabilities and returns their number. The sum of the probabilities is 1. Copies nothing if
 * n_languages exceeds `capacity`.
 */
ASR_API int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity);

/* Where the time of a lane's last call went. */
typedef struct asr_times {
    float features_s; /* [0] seconds in which the engine computed features from samples; 0 if the input is features */
    float encoder_s;  /* [4] seconds of the encoder; 0 if the engine cannot separate it from the decoder */
    float decoder_s;  /* [8] seconds of everything else: the decoder, the search for tokens, the alignment */
} asr_times;          /* 12 bytes */

/*
 * Copies the times of the lane's last call, even if the call has failed. If the engine has processed chunks or streams
 * of several lanes together, each lane gets its share of the time. The times do not include the wait for other lanes.
 * Does not change asr_last_error().
 */
ASR_API asr_status asr_lane_get_times(const asr_lane * lane, asr_times * times);

#ifdef __cplusplus
}
#endif

#endif /* ASR_H */

// scheduler.cpp: runs the scheduler of CTranslate2's lanes with threads that only pretend to encode and decode.
//
// Usage: scheduler. Prints "ok", or what is wrong.

#include "chunk_results.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "ctranslate2/scheduler.hpp"

namespace {

using namespace asr;

std::atomic<int> failures = 0;

void expect(bool is_true, const char * what) {
    if (!is_true && failures++ == 0) {
        std::printf("wrong: %s\n", what);
    }
}

void pause_ms(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

bool is_cancelled_error(const std::exception_ptr & error) {
    try {
        std::rethrow_exception(error);
    } catch (const failure & e) {
        return e.status == ASR_STATUS_CANCELLED;
    } catch (...) {
        return false;
    }
}

// Chunks with the same beam size are alike.
bool is_alike(const decode_job & a, const decode_job & b) { return a.chunk->beam_size == b.chunk->beam_size; }

// Many lanes with random work: no more threads than allowed work at the same time, and each job is decoded as many times as it has
// steps, in batches of jobs that are alike.
void test_random_work(bool uses_steps) {
    constexpr int    n_threads = 3, n_lanes = 10, n_calls = 60;
    scheduler        work(n_threads, { 4, uses_steps, is_alike });
    std::atomic<int> n_busy = 0, n_joined = 0;
    const auto       busy   = [&](int n, int ms) {
        expect((n_busy += n) <= n_threads, "more threads work than allowed");
        pause_ms(ms);
        n_busy -= n;
    };
    const auto run_lane = [&](unsigned seed) {
        std::mt19937 random(seed);
        for (int call = 0; call < n_calls; ++call) {
            std::vector<asr_chunk>  chunks(1 + random() % 2);
            std::vector<int32_t>    n_steps(chunks.size());
            std::vector<decode_job> jobs(chunks.size());
            const double            due_s = scheduler::due_of(random() % 20);
            for (size_t i = 0; i < jobs.size(); ++i) {
                n_steps[i]          = uses_steps ? 1 + static_cast<int32_t>(random() % 5) : 1;
                chunks[i].beam_size = 1 + static_cast<int32_t>(random() % 2);
                chunks[i].n_tokens  = n_steps[i];
                jobs[i].chunk       = &chunks[i];
                jobs[i].due_s       = due_s;
                work.with_threads(1 + static_cast<int32_t>(random() % 4), jobs[i].due_s, chunks[i], [&](scheduler::share & own) {
                    busy(own.n, random() % 2);
                    work.let_pass(own);
                    busy(own.n, random() % 2);
                });
            }
            work.decode_all(jobs, [&](const scheduler::batch & batch, scheduler::share & own) {
                expect(!batch.empty() && batch.size() <= 4, "a batch has a wrong number of jobs");
                for (decode_job * job : batch) {
                    expect(is_alike(*job, *batch[0]), "a batch has jobs that are not alike");
                    job->is_over = ++job->result.result.n_tokens == job->chunk->n_tokens;
                }
                n_joined += batch.size() > 1;
                busy(own.n, static_cast<int>(random() % 2));
                if (!uses_steps) {
                    work.let_pass(own);
                    busy(own.n, static_cast<int>(random() % 2));
                }
            });
            for (size_t i = 0; i < jobs.size(); ++i) {
                expect(jobs[i].result.result.n_tokens == n_steps[i] && !jobs[i].error, "a job was not decoded to its end");
            }
        }
    };
    std::vector<std::thread> lanes;
    for (unsigned i = 0; i < n_lanes; ++i) {
        lanes.emplace_back(run_lane, i);
    }
    for (std::thread & lane : lanes) {
        lane.join();
    }
    expect(n_joined > 0, "no jobs were joined");
}

// Holds the only thread while `work` runs on another lane.
void while_busy(scheduler & work, const std::function<void()> & other) {
    std::atomic<bool> is_over = false, has_begun = false;
    const asr_chunk   chunk   = {};
    std::thread       holder([&] {
        work.with_threads(1, 0.0, chunk, [&](const scheduler::share &) {
            has_begun = true;
            while (!is_over) {
                pause_ms(1);
            }
        });
    });
    while (!has_begun) {
        pause_ms(1);
    }
    other();
    is_over = true;
    holder.join();
}

void test_cancel_while_waiting() {
    scheduler work(1, { 4, false, is_alike });
    while_busy(work, [&] {
        volatile int32_t cancel = 1;
        asr_chunk        chunk  = {};
        chunk.cancel            = &cancel;
        bool was_cancelled      = false;
        try {
            work.with_threads(1, 0.0, chunk, [](const scheduler::share &) { expect(false, "a cancelled chunk was encoded"); });
        } catch (const failure & e) {
            was_cancelled = e.status == ASR_STATUS_CANCELLED;
        }
        expect(was_cancelled, "a chunk that waited for a thread was not cancelled");
        std::vector<decode_job> jobs(1);
        jobs[0].chunk = &chunk;
        work.decode_all(jobs, [](const scheduler::batch &, const scheduler::share &) { expect(false, "a cancelled job was decoded"); });
        expect(is_cancelled_error(jobs[0].error), "a job that waited for the decoder was not cancelled");
    });
}

void test_failure_of_a_batch() {
    scheduler               work(1, { 4, false, is_alike });
    const asr_chunk         chunk = {};
    std::vector<decode_job> jobs(3);
    for (decode_job & job : jobs) {
        job.chunk = &chunk;
    }
    jobs[1].state = decode_job::done; // it failed before
    jobs[1].error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
    work.decode_all(jobs, [](const scheduler::batch & batch, const scheduler::share &) {
        expect(batch.size() == 2, "a job that is done was decoded");
        throw failure(ASR_STATUS_INTERNAL, "the decoder failed");
    });
    expect(jobs[0].error && !is_cancelled_error(jobs[0].error), "a failure did not reach the first job");
    expect(jobs[2].error && !is_cancelled_error(jobs[2].error), "a failure did not reach the last job");
    expect(is_cancelled_error(jobs[1].error), "a failure replaced an earlier one");
    work.with_threads(1, 0.0, chunk, [](const scheduler::share & own) { expect(own.n == 1, "a failed batch kept its thread"); });
}

// While a long chunk is decoded on the only thread, a short chunk arrives. The decoder stops until the short chunk is done.
void test_short_chunks_pass() {
    scheduler        work(1, { 4, false, is_alike });
    const asr_chunk  chunk   = {};
    std::atomic<int> n_steps = 0, n_steps_before = 0;
    std::atomic<bool> is_short_done = false;
    std::thread      longer([&] {
        std::vector<decode_job> jobs(1);
        jobs[0].chunk = &chunk;
        jobs[0].due_s = scheduler::due_of(30.0);
        work.decode_all(jobs, [&](const scheduler::batch & batch, scheduler::share & own) {
            while (!is_short_done) {
                pause_ms(1);
                work.let_pass(own);
                ++n_steps;
            }
            batch[0]->is_over = true;
        });
    });
    while (n_steps == 0) {
        pause_ms(1);
    }
    std::vector<decode_job> jobs(1);
    jobs[0].chunk = &chunk;
    jobs[0].due_s = scheduler::due_of(5.0);
    work.with_threads(1, jobs[0].due_s, chunk, [&](scheduler::share & own) {
        n_steps_before = n_steps.load();
        pause_ms(20);
        work.let_pass(own);
        expect(n_steps == n_steps_before, "a long chunk used the thread of a short one");
    });
    work.decode_all(jobs, [&](const scheduler::batch & batch, const scheduler::share &) {
        expect(batch.size() == 1, "a short chunk joined a long one");
        batch[0]->is_over = true;
    });
    is_short_done = true;
    longer.join();
}

// Starts to decode `jobs` in one batch. When they have begun, the other thread is free.
template <typename Decode>
std::thread decode_on_one_thread(scheduler & work, std::vector<decode_job> & jobs, const std::atomic<bool> & has_begun, Decode decode) {
    std::thread decoder;
    while_busy(work, [&] {
        decoder = std::thread([&work, &jobs, decode] { work.decode_all(jobs, decode); });
        while (!has_begun) {
            pause_ms(1);
        }
    });
    return decoder;
}

// While three chunks are decoded in steps, another one arrives. It does not use the free thread alone, because there are two chunks
// for each thread, but waits for the end of the step. It ends earlier than the others.
void test_chunks_join_and_leave() {
    scheduler               work(2, { 4, true, is_alike });
    const asr_chunk         chunk = {};
    std::vector<decode_job> jobs(3), more(1);
    std::atomic<bool>       has_begun = false, second_waits = false, has_left = false;
    std::atomic<int>        n_of_second = 0;
    for (decode_job & job : jobs) {
        job.chunk = &chunk;
    }
    more[0].chunk     = &chunk;
    const auto decode = [&](const scheduler::batch & batch, scheduler::share &) {
        for (has_begun = true; !second_waits;) {
            pause_ms(1);
        }
        pause_ms(20);
        for (decode_job * job : batch) {
            if (job == &more[0]) {
                expect(batch.size() == 2, "a chunk was decoded alone");
                job->is_over = ++n_of_second == 3;
            } else {
                job->is_over = has_left;
            }
        }
    };
    std::thread longer = decode_on_one_thread(work, jobs, has_begun, decode);
    second_waits = true;
    work.decode_all(more, decode);
    expect(n_of_second == 3, "a chunk did not leave at its end");
    has_left = true;
    longer.join();
}

// A chunk that is due much later cannot join a running batch, so it uses the free thread instead of waiting for the end of a step.
void test_later_chunks_use_a_free_thread() {
    scheduler               work(2, { 4, true, is_alike });
    const asr_chunk         chunk = {};
    std::vector<decode_job> jobs(3), later(1);
    std::atomic<bool>       has_begun = false, is_later_done = false;
    for (decode_job & job : jobs) {
        job.chunk = &chunk;
    }
    later[0].chunk = &chunk;
    later[0].due_s = 20.0;
    std::thread first = decode_on_one_thread(work, jobs, has_begun, [&](const scheduler::batch & batch, scheduler::share &) {
        has_begun = true;
        for (int i = 0; i < 5000 && !is_later_done; ++i) {
            pause_ms(1);
        }
        expect(is_later_done, "a chunk waited for a batch that it could not join");
        for (decode_job * job : batch) {
            job->is_over = true;
        }
    });
    work.decode_all(later, [&](const scheduler::batch & batch, scheduler::share &) {
        expect(batch.size() == 1, "a chunk joined one that is due much earlier");
        batch[0]->is_over = true;
        is_later_done     = true;
    });
    first.join();
}

// A chunk that waits between two steps leaves when it is cancelled.
void test_cancel_between_steps() {
    scheduler               work(1, { 4, true, is_alike });
    volatile int32_t        cancel = 0;
    std::vector<asr_chunk>  chunks(2);
    std::vector<decode_job> jobs(2);
    chunks[0].cancel = &cancel;
    jobs[0].chunk    = &chunks[0];
    jobs[1].chunk    = &chunks[1];
    int n_steps      = 0;
    work.decode_all(jobs, [&](const scheduler::batch & batch, scheduler::share &) {
        expect(batch.size() == (n_steps < 2 ? 2 : 1), "a cancelled job was decoded");
        ++n_steps;
        cancel          = n_steps >= 2;
        jobs[1].is_over = n_steps == 4;
    });
    expect(is_cancelled_error(jobs[0].error) && !jobs[1].error, "a job that waited between two steps was not cancelled");
}

} // namespace

int main() {
    test_random_work(false);
    test_random_work(true);
    test_chunks_join_and_leave();
    test_later_chunks_use_a_free_thread();
    test_cancel_between_steps();
    test_short_chunks_pass();
    test_cancel_while_waiting();
    test_failure_of_a_batch();
    if (failures == 0) {
        std::puts("ok");
    }
    return failures == 0 ? 0 : 1;
}

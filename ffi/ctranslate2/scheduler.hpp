// scheduler.hpp: divides the CPU threads of a model among its lanes, and joins the chunks that wait for the decoder. A decoder
// reads all of its weights in each step, and reads them once for all chunks of a batch.
//
//   encoders: each takes at least one thread, and also those that no other lane wants
//   decoders: begin when no encoder waits, so that more chunks wait for them, and take one thread
#pragma once

namespace asr {

struct encoding;

// A chunk that waits for the decoder, or is decoded. It belongs to the call of its lane.
struct decode_job {
    const asr_chunk *   chunk;
    const encoding *    encoded;
    std::vector<size_t> prompt;
    chunk_result        result;
    float               decoder_s = 0.0f; // its share of the time of its batch
    std::exception_ptr  error;

    enum { waiting, running, done } state = waiting;
};

class scheduler {
  public:
    using batch = std::vector<decode_job *>;

    // `is_alike` returns whether two jobs can be in one batch. `batch_max` is the maximum number of jobs of a batch.
    scheduler(int32_t n_threads, size_t batch_max, std::function<bool(const decode_job &, const decode_job &)> is_alike)
        : n_free_(n_threads), batch_max_(batch_max), is_alike_(std::move(is_alike)) {}

    // Runs work(n), which may use n threads, at most `n_wanted`. Throws CANCELLED if the chunk is cancelled before that.
    template <typename Work> auto with_threads(int32_t n_wanted, const asr_chunk & chunk, Work && work) {
        const int32_t n = take_threads(n_wanted, chunk);
        const give_back later{ *this, n };
        return work(n);
    }

    // Returns when all jobs are done. Runs decode(batch) for batches with at least one of them. The calls of other lanes may decode
    // some of these jobs, and this call may decode jobs of theirs. `decode` throws an exception if a whole batch failed.
    template <typename Decode> void decode_all(std::vector<decode_job> & jobs, Decode && decode) {
        std::unique_lock lock(mutex_);
        for (decode_job & job : jobs) {
            if (job.state == decode_job::waiting) {
                waiting_.push_back(&job);
            }
        }
        while (!are_done(jobs)) {
            drop_cancelled(jobs);
            decode_job * const first = first_waiting(jobs);
            if (first == nullptr || n_free_ == 0 || !encoders_.empty()) {
                changed_.wait_for(lock, poll_interval);
                continue;
            }
            const batch taken = take_batch(*first);
            --n_free_;
            lock.unlock();
            const stopwatch          watch;
            const std::exception_ptr error = failure_of([&] { decode(taken); });
            const float              share = watch.seconds() / static_cast<float>(taken.size());
            lock.lock();
            ++n_free_;
            for (decode_job * job : taken) {
                job->state     = decode_job::done;
                job->decoder_s = share;
                if (error && !job->error) {
                    job->error = error;
                }
            }
            changed_.notify_all();
        }
    }

  private:
    static constexpr auto poll_interval = std::chrono::milliseconds(10); // time between two looks at the cancel flags

    struct give_back {
        scheduler &   owner;
        const int32_t n;

        ~give_back() {
            const std::lock_guard lock(owner.mutex_);
            owner.n_free_ += n;
            owner.changed_.notify_all();
        }
    };

    int32_t take_threads(int32_t n_wanted, const asr_chunk & chunk) {
        std::unique_lock lock(mutex_);
        encoders_.push_back(&chunk);
        while (n_free_ == 0 || encoders_.front() != &chunk) {
            changed_.wait_for(lock, poll_interval);
            if (is_cancelled(chunk)) {
                encoders_.erase(std::find(encoders_.begin(), encoders_.end(), &chunk));
                changed_.notify_all();
                throw failure(ASR_STATUS_CANCELLED, "Cancelled");
            }
        }
        encoders_.pop_front();
        const int32_t n = encoders_.empty() ? std::min(n_free_, n_wanted) : 1;
        n_free_ -= n;
        changed_.notify_all();
        return n;
    }

    // Takes a job and those that are alike. Leaves jobs to the other free threads.
    batch take_batch(decode_job & first) {
        batch taken = { &first };
        for (decode_job * job : waiting_) {
            if (job != &first && is_alike_(first, *job)) {
                taken.push_back(job);
            }
        }
        const auto n_free = static_cast<size_t>(n_free_);
        taken.resize(std::min(batch_max_, (taken.size() + n_free - 1) / n_free));
        for (decode_job * job : taken) {
            job->state = decode_job::running;
            waiting_.erase(std::find(waiting_.begin(), waiting_.end(), job));
        }
        return taken;
    }

    void drop_cancelled(std::vector<decode_job> & jobs) {
        for (decode_job & job : jobs) {
            if (job.state == decode_job::waiting && is_cancelled(*job.chunk)) {
                waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &job));
                job.state = decode_job::done;
                job.error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
            }
        }
    }

    static bool are_done(const std::vector<decode_job> & jobs) {
        return std::all_of(jobs.begin(), jobs.end(), [](const decode_job & job) { return job.state == decode_job::done; });
    }

    static decode_job * first_waiting(std::vector<decode_job> & jobs) {
        const auto found =
            std::find_if(jobs.begin(), jobs.end(), [](const decode_job & job) { return job.state == decode_job::waiting; });
        return found == jobs.end() ? nullptr : &*found;
    }

    template <typename Work> static std::exception_ptr failure_of(Work && work) {
        try {
            work();
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    std::mutex                                                        mutex_;
    std::condition_variable                                           changed_;
    int32_t                                                           n_free_;
    const size_t                                                      batch_max_;
    const std::function<bool(const decode_job &, const decode_job &)> is_alike_;
    std::deque<const asr_chunk *>                                     encoders_; // chunks that wait for a thread
    std::vector<decode_job *>                                         waiting_;
};

} // namespace asr

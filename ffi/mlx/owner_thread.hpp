// owner_thread.hpp: the thread that does all MLX work of a model, because the streams of MLX belong to a thread. Lanes post jobs and
// wait for them. Calls that wait at the same time, of any lanes, run together.
#pragma once

namespace asr {

// `Call` is a call of a lane that can run together with calls of other lanes. If it has the function is_over(), it may need
// several runs: until it is over, it runs again, together with the calls that have arrived since.
template <typename Call>
class owner_thread {
  public:
    using calls = std::vector<Call *>;

    // `run_calls` runs several calls together. It stores their failures in the calls, and throws no exception. It may end
    // calls with end() before it returns.
    explicit owner_thread(std::function<void(const calls &)> run_calls)
        : run_calls_(std::move(run_calls)), thread_([this] { run_jobs(); }) {}

    owner_thread(const owner_thread &)             = delete;
    owner_thread & operator=(const owner_thread &) = delete;

    ~owner_thread() {
        {
            const std::lock_guard lock(mutex_);
            is_over_ = true;
        }
        posted_.notify_one();
        thread_.join();
    }

    // Runs `work` on the thread of the owner, and throws its exception. If is_cancelled() becomes true before the work has
    // started, throws CANCELLED and does not run it.
    template <typename Work, typename IsCancelled>
    void run(Work && work, IsCancelled && is_cancelled) {
        job posted;
        posted.work = std::forward<Work>(work);
        wait(posted, is_cancelled);
    }

    template <typename Work>
    void run(Work && work) {
        run(std::forward<Work>(work), [] { return false; });
    }

    // Runs `call` together with the calls that wait at the same time. Throws CANCELLED like run().
    template <typename IsCancelled>
    void run_together(Call & call, IsCancelled && is_cancelled) {
        job posted;
        posted.call = &call;
        wait(posted, is_cancelled);
    }

    // Ends a call before the calls that run together with it. Only run_calls may use this function. It does not use the call
    // afterwards.
    void end(Call & call) {
        const std::lock_guard lock(mutex_);
        const auto            is_its = [&](const job * running) { return running->call == &call; };
        const auto            found  = std::find_if(running_.begin(), running_.end(), is_its);
        (*found)->is_done            = true;
        running_.erase(found);
        done_.notify_all();
    }

  private:
    struct job {
        std::function<void()> work;
        Call *                call    = nullptr; // if it is set, `work` is empty
        bool                  is_done = false;
        std::exception_ptr    error;
    };

    template <typename IsCancelled>
    void wait(job & posted, IsCancelled & is_cancelled) {
        constexpr auto   interval = std::chrono::milliseconds(10); // time between two looks at the cancel flags
        std::unique_lock lock(mutex_);
        queue_.push_back(&posted);
        posted_.notify_one();
        while (!done_.wait_for(lock, interval, [&] { return posted.is_done; })) {
            if (is_cancelled() && std::erase(queue_, &posted) > 0) {
                throw failure(ASR_STATUS_CANCELLED, "Cancelled");
            }
        }
        if (posted.error) {
            std::rethrow_exception(posted.error);
        }
    }

    void run_jobs() {
        std::unique_lock lock(mutex_);
        for (;;) {
            posted_.wait(lock, [&] { return is_over_ || !queue_.empty(); });
            if (queue_.empty()) {
                mx::clear_streams();
                return;
            }
            running_ = take_jobs();
            lock.unlock();
            const std::exception_ptr error = run_taken(running_);
            lock.lock();
            for (job * run : std::exchange(running_, {})) {
                run->error   = error;
                run->is_done = error != nullptr || run->call == nullptr || is_over(*run->call);
                if (!run->is_done) {
                    queue_.push_back(run);
                }
            }
            if (queue_.empty()) {
                mx::clear_cache();
            }
            done_.notify_all();
        }
    }

    static bool is_over(const Call & call) {
        if constexpr (requires { call.is_over(); }) {
            return call.is_over();
        }
        return true;
    }

    // Takes the first job. If it is a call, takes all other calls too.
    std::vector<job *> take_jobs() {
        std::vector<job *> jobs = { queue_.front() };
        queue_.erase(queue_.begin());
        if (jobs[0]->call != nullptr) {
            for (job * other : queue_) {
                if (other->call != nullptr) {
                    jobs.push_back(other);
                }
            }
            std::erase_if(queue_, [](const job * other) { return other->call != nullptr; });
        }
        return jobs;
    }

    // Returns the exception of the work, or nullptr.
    std::exception_ptr run_taken(const std::vector<job *> & jobs) {
        try {
            if (jobs[0]->call == nullptr) {
                jobs[0]->work();
                return nullptr;
            }
            calls taken;
            for (const job * taken_job : jobs) {
                taken.push_back(taken_job->call);
            }
            run_calls_(taken);
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    const std::function<void(const calls &)> run_calls_;
    std::mutex                               mutex_;
    std::condition_variable                  posted_, done_;
    std::vector<job *>                       queue_;
    std::vector<job *>                       running_; // jobs that the owner runs and has not ended
    bool                                     is_over_ = false;
    std::thread                              thread_; // starts last, because it uses the other members
};

} // namespace asr

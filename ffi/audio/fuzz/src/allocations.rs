//! Aborts the process if a closure allocates more memory than its limit.

use std::alloc::{GlobalAlloc, Layout, System};
use std::backtrace::Backtrace;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;
static LIVE: AtomicUsize = AtomicUsize::new(0);
static MAX: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Runs `body`, which may allocate at most `bytes` in addition to the current memory.
pub fn within(bytes: usize, body: impl FnOnce()) {
    MAX.store(LIVE.load(Relaxed).saturating_add(bytes), Relaxed);
    body();
    MAX.store(usize::MAX, Relaxed);
}

struct Counting;

// SAFETY: every method forwards its arguments to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both the old and the new block are counted, because they exist at the same time while the
        // content is copied.
        count(size);
        let block = unsafe { System.realloc(block, layout, size) };
        LIVE.fetch_sub(layout.size(), Relaxed);
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(block, layout) }
    }
}

fn count(bytes: usize) {
    let live = LIVE.fetch_add(bytes, Relaxed) + bytes;
    // The limit does not apply during a panic, because the report of the panic also needs memory.
    if live > MAX.load(Relaxed) && !std::thread::panicking() {
        MAX.store(usize::MAX, Relaxed);
        eprintln!("a block of {bytes} bytes makes {live} live\n{}", Backtrace::force_capture());
        std::process::abort();
    }
}

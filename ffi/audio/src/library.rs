//! Calls into the decoding libraries. Some damage makes them panic, which is then the file's failure
//! and not ours; what panicked is not used again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result};

pub fn call<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|panic| Error::invalid(format_args!("it is damaged ({})", panic_message(&*panic))))
}

pub fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic")
}

//! Calls the decoding libraries. They panic on some damaged files. This code converts the panic to
//! the error for a damaged file. The caller does not use that decoder again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result};

/// The panic hook prints the panic message to standard error. The error has a general message,
/// because the panic message would not help the client.
pub fn call<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| Error::invalid("it is damaged so badly that its decoder failed"))
}
